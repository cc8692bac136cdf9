"""What can be wrong with a formula before it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

ProblemKind: TypeAlias = Literal["syntax", "function", "field", "arguments"]
"""What a problem is about: the text itself, an unknown name, or a call with the wrong arguments."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: its sort, a sentence, the character it stands at (from 0), the name meant."""

    kind: ProblemKind
    message: str
    at: int | None = None
    name: str = ""


class BadFormula(Exception):
    """The text is no formula of this table; the message names what is wrong, `problems` every part of it."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @property
    def position(self) -> int | None:
        """The character, counted from 0, where the first problem stands; None when it is the whole text."""
        return next((each.at for each in self.problems if each.at is not None), None)

    def unknown(self, kind: ProblemKind) -> list[str]:
        """Return the unknown names of one sort, each once, in the order of the text."""
        return list(dict.fromkeys(each.name for each in self.problems if each.kind == kind and each.name))


def syntax(message: str, at: int | None = None) -> BadFormula:
    """Return the error for a text that cannot be read."""
    return BadFormula(message, [Problem("syntax", message, at)])
