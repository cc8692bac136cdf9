"""What is wrong with something that somebody wrote, as values: where, what, and the closest right words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.text import cut, listed, visible

Place = tuple[str | int, ...]
"""Where in a value something is: the keys and positions that lead there."""
LONGEST_KEY: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong at a place, in a sentence."""

    at: Place
    says: str
    candidates: tuple[str, ...] = ()

    def under(self, place: Place) -> "Fault":
        """Return the same fault of a value that is a part of a larger one."""
        return Fault((*place, *self.at), self.says, self.candidates)


def place_text(at: Place) -> str:
    """Return a place as people write it: `steps[1].with.table`; "" for the whole value."""
    text = ""
    for step in at:
        text += f"[{step}]" if isinstance(step, int) else f".{cut(visible(step), LONGEST_KEY)}"
    return text.removeprefix(".")


def reached(value: JsonValue, at: Place) -> tuple[JsonValue, int]:
    """Follow a place as far as it goes in a value; return what stands there, and how many steps that were."""
    for count, step in enumerate(at):
        if isinstance(value, Mapping) and isinstance(step, str) and step in value:
            value = value[step]
            continue
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            continue
        return value, count
    return value, len(at)


def told(says: str, candidates: Sequence[str]) -> str:
    """Return a sentence with the closest right words after it."""
    return f"{says} Closest: {listed(candidates, 3)}." if candidates else says
