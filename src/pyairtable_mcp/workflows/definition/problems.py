"""What is wrong with a definition, as values: line, path, a sentence, the closest right words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.faults import Place, place_text, told
from pyairtable_mcp.base.text import counted

SHOWN: Final = 20
"""Problems that an error tells."""
MOST: Final = 100
"""Problems of one kind that are looked for at all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `line` counts from 1, and is 0 where nothing was written in lines."""

    line: int
    at: Place
    says: str
    candidates: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where it is, as people write it: `steps[1].with.table`."""
        return place_text(self.at)

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        where = ", ".join(filter(None, [f"line {self.line}" if self.line else "", self.path]))
        says = told(self.says, self.candidates)
        return f"{where}: {says}" if where else says


def refusal(name: str, problems: Sequence[Problem]) -> InvalidArguments:
    """Return everything that is wrong with a definition as one error."""
    more = [f"… and {len(problems) - SHOWN} more."] if len(problems) > SHOWN else []
    lines = [*(one.sentence for one in problems[:SHOWN]), *more]
    candidates = next((one.candidates for one in problems if one.candidates), ())
    head = f"{name or 'The workflow'} has {counted(len(problems), 'problem')}"
    return InvalidArguments("\n".join([f"{head}:", *lines]), candidates=candidates)
