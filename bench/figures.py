"""A figure beside its bar, and a table of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, in `unit`; `bar` is the most it may be, None when it is only told."""

    what: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def missed(self) -> bool:
        """Tell whether the figure is above its bar."""
        return self.bar is not None and self.value > self.bar

    def row(self) -> str:
        """Return the figure as a line of the table."""
        bar = "" if self.bar is None else f"≤ {_number(self.bar)}"
        mark = "MISSED" if self.missed else "ok" if bar else ""
        return f"{self.what:<66} {_number(self.value):>8} {self.unit:<7}{bar:<9} {mark}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def show(title: str, figures: Iterable[Figure]) -> int:
    """Print figures under a title and return how many missed their bar."""
    print(f"\n{title}")
    missed = 0
    for figure in figures:
        print("  " + figure.row(), flush=True)
        missed += figure.missed
    return missed
