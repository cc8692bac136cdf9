"""Who goes next: the urgent first but nobody never, and principals in turn.

Nothing here waits or knows the time: a `Line` is a queue in an order of its own.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MAX_WAITING: Final = 1_000
"""How many may wait at one priority."""


class Priority(IntEnum):
    """How urgent a request is; the smaller number goes first."""

    INTERACTIVE = 0
    BULK = 1
    BACKGROUND = 2


PATIENCE: Final[Mapping[Priority, int]] = {Priority.BULK: 4, Priority.BACKGROUND: 19}
"""How many others may go first while one of this priority waits: at worst it is every fifth or twentieth."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Who asks, and how urgently."""

    priority: Priority = Priority.INTERACTIVE
    principal: str = ""


def next_priority(waiting: Collection[Priority], passed: Mapping[Priority, int]) -> Priority:
    """Return the priority to serve, given how often each was passed over since it was last served."""
    overdue = [rank for rank, patience in PATIENCE.items() if rank in waiting and passed[rank] >= patience]
    return min(overdue or waiting)


class Line(Generic[T]):
    """A bounded queue of things, each with the turn it waits for."""

    def __init__(self, most: int = MAX_WAITING) -> None:
        self._most = most
        self._waiting: dict[Priority, dict[str, deque[T]]] = {rank: {} for rank in Priority}
        self._passed: dict[Priority, int] = dict.fromkeys(Priority, 0)

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(self.held(rank) for rank in Priority)

    def __iter__(self) -> Iterator[T]:
        """Yield everything that waits in the order in which it would be served if nothing came or left."""
        rest = self._copy()
        while len(rest):
            yield rest.pop()

    def held(self, rank: Priority) -> int:
        """Return how many wait at a priority."""
        return sum(map(len, self._waiting[rank].values()))

    def push(self, turn: Turn, item: T) -> T | None:
        """Add an item and return the one that has to leave for it, if there is no room: perhaps itself.

        Room is made by the principal who takes most of it.
        """
        waiting = self._waiting[turn.priority]
        turned_away = None
        if self.held(turn.priority) >= self._most:
            greediest = max(waiting, key=lambda principal: len(waiting[principal]))
            if len(waiting[greediest]) <= len(waiting.get(turn.principal, ())) + 1:
                return item
            turned_away = waiting[greediest].pop()
        waiting.setdefault(turn.principal, deque()).append(item)
        return turned_away

    def pop(self) -> T:
        """Take out the next item; raises `ValueError` when nothing waits."""
        rank = next_priority([rank for rank in Priority if self._waiting[rank]], self._passed)
        waiting = self._waiting[rank]
        principal = next(iter(waiting))
        items = waiting.pop(principal)
        item = items.popleft()
        if items:
            waiting[principal] = items
        for other in Priority:
            served = other is rank or not self._waiting[other]
            self._passed[other] = 0 if served else self._passed[other] + 1
        return item

    def remove(self, turn: Turn, item: T) -> bool:
        """Take out this very item, and tell whether it was there."""
        waiting = self._waiting[turn.priority]
        items = waiting.get(turn.principal, deque())
        if item not in items:
            return False
        items.remove(item)
        if not items:
            del waiting[turn.principal]
        return True

    def _copy(self) -> "Line[T]":
        other: Line[T] = Line(self._most)
        other._waiting = {
            rank: {principal: deque(items) for principal, items in waiting.items()}
            for rank, waiting in self._waiting.items()
        }
        other._passed = dict(self._passed)
        return other
