"""What can be wrong with an expression."""

from collections.abc import Sequence


class BadExpression(Exception):
    """An expression that cannot be read or computed: why, and the closest right words."""

    def __init__(self, says: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(says)
        self.says = says
        self.candidates = tuple(candidates)
