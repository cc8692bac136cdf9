"""Which of several runs with the same key may run; decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyairtable_mcp.store.workflow_values import Admission, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a new run and why, and of those before it: which give way, and which are stopped."""

    admission: Admission
    reason: str = ""
    replaced: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()


def verdict(rule: Rule, running: Sequence[str], waiting: Sequence[str]) -> Verdict:
    """Return what becomes of a new run, given the sagas that run and those that wait under its key."""
    before = (*running, *waiting)
    if not before:
        return Verdict(admission="admitted")
    if rule == "skip":
        return Verdict(admission="skipped", reason=f"{before[0]} of the same key was not over")
    if rule == "queue":
        return Verdict(admission="waiting", reason=f"{before[0]} of the same key is not over")
    return Verdict(
        admission="waiting" if running else "admitted",
        reason=f"{running[0]}, which it replaces, is not over" if running else "",
        replaced=tuple(waiting),
        stopped=tuple(running),
    )
