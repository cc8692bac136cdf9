"""On whose behalf a request acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "client": "user",
        "publicApi": "user",
        "formSubmission": "viewId",
        "formPageSubmission": "pageId",
        "automation": "automationId",
        "system": "",
        "sync": "",
        "anonymousUser": "",
        "unknown": "",
    }
)
"""The ways a change may come, each with what else is told of it (Airtable webhooks reference, action)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A user by id, and the way the request came: `publicApi`, or `client` for a person in the interface.

    The ways are those of `SOURCES`; `place` is the id of the form, page or automation where there is one.
    """

    user: str
    source: str = "publicApi"
    place: str = ""
