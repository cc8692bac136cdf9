"""What can be wrong with an expression."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where in the value (`records[0].Name`), what, and the closest right words."""

    at: str
    says: str
    candidates: tuple[str, ...] = ()


class BadExpression(Exception):
    """An expression that cannot be read or computed."""

    def __init__(self, says: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(says)
        self.says = says
        self.candidates = tuple(candidates)
