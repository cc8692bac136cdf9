"""In whose name sagas are worked on that nobody waits for, as the engine is told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.operations.call import Call

NewCall = Callable[[str, Mandates], Awaitable[Call]]
"""Gives request scope in the name of a principal, for what was begun with some mandates."""
Stopped = Callable[[str, Mandates], Awaitable[str]]
"""Tells why what a principal began with some mandates may not go on, "" when it may."""


@dataclass(frozen=True, kw_only=True)
class InNames:
    """How a process works in the names of principals.

    One that is not for `everybody` takes up by itself what the operator began, and nothing else: it may not
    have what the others need.
    """

    new_call: NewCall
    stopped: Stopped
    everybody: bool
