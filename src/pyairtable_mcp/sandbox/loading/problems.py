"""Everything wrong with what is to be loaded, collected and told at once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.base.text import closest
from pyairtable_mcp.sandbox.wire import ApiError

_TOLD: Final = 100
"""Problems spelled out in one message."""


class BadLoad(Exception):
    """What was to be loaded is not loaded; `problems` are lines that say where and what."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - _TOLD
        rest = [f"and {more} more"] if more > 0 else []
        super().__init__("\n".join([*self.problems[:_TOLD], *rest]))


class Problems:
    """Collects problems; each has a place, like `studio.json: table 'Clients', field 'Status'`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, place: str, what: str) -> None:
        """Note a problem."""
        self._lines.append(f"{place}: {what}")

    def unknown(self, place: str, what: str, word: str, known: Iterable[str]) -> None:
        """Note a word that names nothing, and which words look most like it."""
        self.add(place, f"there is no {what} {word!r}{suggestion(word, known)}")

    @contextmanager
    def noting(self, place: str) -> Iterator[None]:
        """Note the refusal the block ends with as a problem."""
        try:
            yield
        except ApiError as refused:
            self.add(place, _message(refused.body))

    def stop_here(self) -> None:
        """Raise `BadLoad` when there are problems."""
        if self._lines:
            raise BadLoad(self._lines)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._lines)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that tells which known words look most like one, "" when none does."""
    alike = closest(word, known)
    return f"; closest: {', '.join(repr(each) for each in alike)}" if alike else ""


def _message(body: Mapping[str, Json]) -> str:
    error = body.get("error")
    text = error.get("message") if isinstance(error, Mapping) else error
    return str(text).removeprefix("Invalid request: ")
