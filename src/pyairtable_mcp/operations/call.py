"""What one use case is given: the client, the settings, the time, and a base class for its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydantic import BaseModel, ConfigDict

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.policy import Action, Decision
from pyairtable_mcp.base.settings import Settings


class Args(BaseModel):
    """The typed arguments of one use case; unknown ones are refused, never dropped.

    What checks them is built when they are first needed, because starting up must not pay for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


Report = Callable[[int, int, float], None]
"""Is told how many records are through, of how many, and about how many seconds the rest will take."""


def unheard(_done: int, _total: int, _seconds_left: float) -> None:
    """Report to nobody."""


Permit = Callable[[Action], Decision]
"""Tells whether whoever calls may do something."""


def anything(_action: Action) -> Decision:
    """Permit everything."""
    return Decision(True)


@dataclass(frozen=True, kw_only=True)
class Call:
    """Request scope: everything one call may touch, and what it may do.

    `stopped` says why nothing new may be begun by it, "" when it may; what was begun can be taken back.
    """

    airtable: Airtable
    settings: Settings
    clock: Clock
    rng: Random
    report: Report = unheard
    permit: Permit = anything
    stopped: str = ""
