"""Scripted faults: what the next matching requests meet instead of a plain answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyairtable_mcp.base.json_types import Json


class Disconnected(Exception):
    """The connection broke before an answer was sent."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for the next `times` requests of a method ("" for any) whose path holds a text.

    `status` and `body` replace the answer; a `text` replaces it with something that is no JSON; a status of
    0 breaks the connection. With `before_commit` false the request takes effect first: a lost reply.
    `skip` lets that many matching requests pass first.
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

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of those meant."""
        return self.method.upper() in ("", method) and self.path_contains in path


class FaultQueue:
    """Faults in the order added; a request consumes the first that matches it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._used: list[int] = []

    def add(self, *faults: Fault) -> None:
        """Queue faults behind those already waiting."""
        self._faults.extend(faults)
        self._used.extend(0 for _ in faults)

    def clear(self) -> None:
        """Forget the faults still waiting."""
        self._faults.clear()
        self._used.clear()

    def __len__(self) -> int:
        """Return the number of faults not used up."""
        return len(self._faults)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault this request meets, counting it as used, or None."""
        for index, fault in enumerate(self._faults):
            if not fault.matches(method, path):
                continue
            self._used[index] += 1
            if self._used[index] <= fault.skip:
                continue
            if self._used[index] >= fault.skip + fault.times:
                del self._faults[index], self._used[index]
            return fault
        return None
