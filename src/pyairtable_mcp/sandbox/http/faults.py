"""Scripted faults: what the next matching requests meet instead of a plain answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.base.json_types import Json

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "answer": "`status`, `headers` and `body` or `text` take the place of the answer",
        "garbage": "bytes that are no JSON take its place, called JSON",
        "html": "a page takes its place, as a proxy would send it",
        "reset": "the connection is reset before the first byte",
        "cut": "the first `keep` bytes of the true answer, which promises all of them; then the end",
        "pass": "the true answer, late when there is a `delay`",
    }
)
"""The kinds of faults and what each does to the answer."""

_TRUE_ANSWER: Final = frozenset({"cut", "pass"})


class Disconnected(Exception):
    """The connection broke before an answer was sent whole."""


class Reset(Disconnected):
    """The connection is to be reset, before the first byte of an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for the next `times` requests of a method ("" for any) whose path holds a text.

    `route` further limits it to one line of the route table, such as `/v0/{base}/{table}`. `kind` is one of
    `KINDS`; of an `answer`, a status of 0 breaks the connection in the middle of a body. With `before_commit`
    false the request takes effect first: a lost reply; of kinds that need the true answer it always does.
    `delay` is in seconds of the sandbox's clock, spent where the fault strikes. `skip` lets that many
    matching requests pass first, `chance` is the share of the others that is met, drawn from `seed`; `times`
    0 never ends. Raises `ValueError` for what makes no sense.
    """

    method: str = ""
    path_contains: str = ""
    status: int = 503
    body: Json = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    before_commit: bool = True
    times: int = 1
    skip: int = 0
    kind: str = "answer"
    route: str = ""
    delay: float = 0.0
    keep: int = 0
    chance: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse unknown kinds and numbers out of range."""
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if self.status and not 200 <= self.status <= 599:
            raise ValueError("status must be 0 or between 200 and 599")
        if not 0.0 <= self.chance <= 1.0:
            raise ValueError("chance must be between 0 and 1")
        if min(self.times, self.skip, self.keep, self.delay) < 0:
            raise ValueError("times, skip, keep and delay must not be negative")

    def matches(self, method: str, path: str, route: str = "") -> bool:
        """Tell whether a request is one of those meant."""
        return (
            self.method.upper() in ("", method) and self.path_contains in path and self.route in ("", route)
        )

    @property
    def is_true(self) -> bool:
        """Whether what is sent is the true answer, or the beginning of it."""
        return self.kind in _TRUE_ANSWER

    @property
    def spares_the_handler(self) -> bool:
        """Whether the request takes no effect."""
        return self.before_commit and not self.is_true

    @property
    def status_sent(self) -> int:
        """The status of the answer that takes the true one's place, 0 when none is sent whole."""
        return 0 if self.kind == "reset" else self.status

    @property
    def loses_the_answer(self) -> bool:
        """Whether the sender never learns what the true answer was."""
        return self.kind != "pass"


@dataclass(slots=True)
class Waiting:
    """A fault in the queue: its number, how many matching requests it saw, how many met it."""

    number: int
    fault: Fault
    chances: Random
    seen: int = 0
    met: int = 0

    def strikes(self) -> bool:
        """Count one matching request and tell whether it meets the fault."""
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        if self.fault.chance < 1.0 and self.chances.random() >= self.fault.chance:
            return False
        self.met += 1
        return True

    @property
    def used_up(self) -> bool:
        """Whether it has met as many requests as it was meant for."""
        return 0 < self.fault.times <= self.met


class FaultQueue:
    """Faults in the order added; a request meets the first that matches and strikes."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self._added = 0

    def add(self, *faults: Fault) -> None:
        """Queue faults behind those already waiting; they are numbered from 1 on as they come."""
        for fault in faults:
            self._added += 1
            self._waiting[self._added] = Waiting(self._added, fault, Random(fault.seed))

    def clear(self) -> None:
        """Forget the faults still waiting."""
        self._waiting.clear()

    def remove(self, number: int) -> None:
        """Forget one fault; raise `KeyError` when it is not waiting."""
        del self._waiting[number]

    def __len__(self) -> int:
        """Return the number of faults not used up."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        """Iterate over the faults not used up, in order."""
        return iter(self._waiting.values())

    def take(self, method: str, path: str, route: str = "") -> Fault | None:
        """Return the fault this request meets, counting it as used, or None."""
        # A copy, because a test may add faults from another thread than the one that serves.
        for waiting in list(self._waiting.values()):
            if waiting.fault.matches(method, path, route) and waiting.strikes():
                if waiting.used_up:
                    self._waiting.pop(waiting.number, None)
                return waiting.fault
        return None
