"""Several refusals told at once, so that the caller can put all of them right in one go."""

from collections.abc import Sequence

from pyairtable_mcp.base.errors import AppError, Refused
from pyairtable_mcp.base.text import listed

SHOWN = 5


class Problems:
    """Collects refusals with the place each was found at."""

    def __init__(self) -> None:
        self._found: list[tuple[str, AppError]] = []

    def add(self, where: str, problem: AppError) -> None:
        """Remember `problem`, found at `where`, e.g. `records[3]`."""
        self._found.append((where, problem))

    def raise_any(self) -> None:
        """Raise what was found as one error of the first one's class; do nothing when all is well."""
        if not self._found:
            return
        where, first = self._found[0]
        if len(self._found) == 1:
            raise first.retold(f"{where}: {first.message}")
        raise first.retold(_together(self._found), hint="Nothing was sent.")


def _together(found: Sequence[tuple[str, AppError]]) -> str:
    lines = [f"{where}: {_with_help(problem)}" for where, problem in found[:SHOWN]]
    more = f" … and {len(found) - SHOWN} more." if len(found) > SHOWN else ""
    return f"{len(found)} problems. " + " ".join(lines) + more


def _with_help(problem: AppError) -> str:
    near = f" Closest: {listed(problem.candidates[:3])}." if problem.candidates else ""
    return problem.message + near if isinstance(problem, Refused) else problem.message
