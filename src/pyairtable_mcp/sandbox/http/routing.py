"""Finding the route of a request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Placed(Protocol):
    """Something with a method and a path, whose segments are words or `{names}`."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def path(self) -> str:
        """The path, from its first slash."""
        ...


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True, slots=True)
class _Pattern(Generic[P]):
    words: Sequence[tuple[int, str]]
    names: Sequence[tuple[int, str]]
    found: P


class Router(Generic[P]):
    """Routes by method and number of segments; among those that fit, the first of the table answers."""

    def __init__(self, routes: Iterable[P]) -> None:
        self._patterns: dict[tuple[str, int], list[_Pattern[P]]] = {}
        for route in routes:
            parts = list(enumerate(route.path.split("/")[1:]))
            words = [(place, part) for place, part in parts if not part.startswith("{")]
            names = [(place, part[1:-1]) for place, part in parts if part.startswith("{")]
            pattern = _Pattern(words, names, route)
            self._patterns.setdefault((route.method, len(parts)), []).append(pattern)

    def find(self, method: str, segments: Sequence[str]) -> tuple[P, Mapping[str, str]] | None:
        """Return the route and what its names stand for, or None; a name stands for no empty text."""
        for pattern in self._patterns.get((method, len(segments)), ()):
            if all(segments[place] == word for place, word in pattern.words):
                named = {name: segments[place] for place, name in pattern.names}
                if all(named.values()):
                    return pattern.found, named
        return None
