"""Whether a failed try is sent again, and after what wait: one pure decision.

What may be repeated follows from what a repetition could do, not from hope: a request that never left
may always go again; one whose fate is unclear only when doing it twice equals doing it once.
"""

from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final, Literal

Effect = Literal["read", "repeatable", "once"]
"""`read` changes nothing; `repeatable` writes the same thing twice without harm; `once` would double it."""

MAX_TRIES: Final = 5
_FIRST_BACKOFF: Final = 0.5
_LONGEST_BACKOFF: Final = 8.0


class Fault(Enum):
    """How a try failed."""

    NOT_SENT = "not sent"
    LIMITED = "limited"
    """Turned away by the rate limit, before it was looked at."""
    UNCLEAR = "unclear"
    """Sent, and then silence, a server error or an unreadable answer."""
    UNUSABLE = "unusable"
    """As `UNCLEAR`, but the same would come back again."""
    FINAL = "final"
    """A definite refusal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A try that failed: the `number`-th (from 1), with `remaining` seconds left for the whole call."""

    number: int
    fault: Fault
    effect: Effect
    remaining: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again, and why."""

    reason: Literal["will not change", "could double it", "tries spent", "no time left"]


def next_move(attempt: Attempt, *, rng: Random, limit: int = MAX_TRIES) -> Wait | GiveUp:
    """Decide what follows a failed try.

    After the rate limit the wait is 0: the pacer keeps everybody silent for the penalty, this call
    included, and refuses at once when the penalty outlasts the call.
    """
    if attempt.fault in (Fault.FINAL, Fault.UNUSABLE):
        return GiveUp("will not change")
    if attempt.fault is Fault.UNCLEAR and attempt.effect == "once":
        return GiveUp("could double it")
    if attempt.number >= limit:
        return GiveUp("tries spent")
    if attempt.fault is Fault.LIMITED:
        return Wait(0.0)
    seconds = backoff(attempt.number, rng)
    return Wait(seconds) if seconds < attempt.remaining else GiveUp("no time left")


def backoff(number: int, rng: Random) -> float:
    """Return the wait after the `number`-th failure: doubling, 0.5 s to 8 s, less up to half by chance."""
    longest = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (number - 1))
    return rng.uniform(longest / 2, longest)
