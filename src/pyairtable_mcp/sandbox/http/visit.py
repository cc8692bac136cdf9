"""A request to one of the few places that ask for no token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyairtable_mcp.sandbox.http.answer import Answer
from pyairtable_mcp.sandbox.http.call import World


@dataclass(frozen=True, slots=True)
class Visit:
    """What such a place sees of a request; `authorization` is its header, "" when there is none."""

    world: World
    query: Sequence[tuple[str, str]]
    authorization: str
    raw: bytes


Visited: TypeAlias = Callable[[Visit], Answer]
