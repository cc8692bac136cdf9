"""What every renderer is given: the limits of one answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import tokens
from pyairtable_mcp.surface.render.fence import fence

HARD_TOKENS: Final = 20_000


@dataclass(frozen=True)
class Paper:
    """The space an answer may take: its target and ceiling in tokens, and how cells are shown."""

    target: int
    cell: int
    zone: ZoneInfo
    rng: Random

    @classmethod
    def of(cls, settings: Settings, rng: Random) -> "Paper":
        """Return the paper that the settings allow."""
        limits = settings.limits
        return cls(limits.result_tokens, limits.cell_characters, ZoneInfo(settings.time_zone), rng)

    def fenced(self, lines: list[str]) -> str:
        """Return lines of data inside a fence."""
        return fence("\n".join(lines), self.rng)


def fitting(lines: Iterable[str], budget: int) -> list[str]:
    """Return the first lines that fit into `budget` tokens; at least one. No line after them is made."""
    taken: list[str] = []
    for line in lines:
        budget -= tokens(line) + 1
        if budget < 0 and taken:
            break
        taken.append(line)
    return taken
