"""What every renderer is given: the limits of one answer."""

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


def fitting(lines: list[str], budget: int) -> int:
    """Return how many of `lines` fit into `budget` tokens; at least one."""
    used = 0
    for count, line in enumerate(lines):
        used += tokens(line) + 1
        if used > budget and count:
            return count
    return len(lines)
