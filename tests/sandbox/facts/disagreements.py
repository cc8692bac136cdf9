"""Where the sandbox does not do what the documentation says, and why: shown in docs/sandbox.md too."""

from collections.abc import Mapping
from typing import Final

DISAGREEMENTS: Final[Mapping[str, str]] = {
    "A body that is no JSON is a bad request": (
        "422 INVALID_REQUEST_BODY, which the live API is seen to answer where its reference says 400"
    ),
}
"""The name of a fact, and what is done instead."""
