"""What is said of sagas on every floor: the states they can be in, and which of these are final."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The state of a saga.

    Of `planned` nothing was sent. `compensation_failed` is final for machines only: somebody has to look at
    what could not be taken back, and then retries or resolves it.
    """

    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"
    CANCELLED = "cancelled"


ACTIVE: Final = frozenset({Status.RUNNING, Status.COMPENSATING})
"""Somebody has to be working on these."""
FINISHED: Final = frozenset({Status.COMPLETED, Status.COMPENSATED, Status.CANCELLED})
"""Nothing follows on these."""
