"""What a command of sagas ends with."""

from typing import Final

DONE: Final = 0
"""It is done."""
NOT_DONE: Final = 1
"""It was refused, or failed and was taken back."""
WAITS: Final = 3
"""A person has to approve it first."""
