"""The sandbox as one object: a workspace, the app that serves it, and what was asked of it."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Self

from starlette.types import ASGIApp

from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.http.app import build_app
from pyairtable_mcp.sandbox.http.call import World
from pyairtable_mcp.sandbox.http.faults import FaultQueue
from pyairtable_mcp.sandbox.http.files import FileServer
from pyairtable_mcp.sandbox.http.front import Front
from pyairtable_mcp.sandbox.http.ledger import RequestRecord
from pyairtable_mcp.sandbox.http.rate import RateLaw
from pyairtable_mcp.sandbox.keeping.opening import open_keeper
from pyairtable_mcp.sandbox.records.cursors import IDLE_SECONDS, Cursors
from pyairtable_mcp.sandbox.seeds import SEEDS
from pyairtable_mcp.sandbox.state.model import User, Workspace

DEFAULT_TOKEN = "patSandbox"
"""The token a sandbox accepts when none is given."""


class Sandbox:
    """An Airtable of one's own, in memory, and with `file` in that SQLite file as well.

    A file that holds a workspace already is read and not filled again: `seed` is for a new one. `rate` is
    the requests per second each base admits, 0 for no limit (per token it is always 50); `cursor_idle` the
    seconds an unused page cursor lives. Raises `KeyError` for an unknown seed, `BadFile` for a file it cannot
    use. Close it, or use it as a context, to let go of the file.
    """

    def __init__(
        self,
        seed: str = "studio",
        *,
        clock: Clock | None = None,
        rng: Random | None = None,
        rate: int = 5,
        tokens: frozenset[str] = frozenset({DEFAULT_TOKEN}),
        cursor_idle: float = IDLE_SECONDS,
        file: Path | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.tokens = tokens
        self.workspace = Workspace(self.clock, rng or Random())
        self._keeper = open_keeper(file, self.workspace, SEEDS[seed])
        self.faults = FaultQueue()
        world = World(self.workspace, Formulas(), Cursors(self.clock, cursor_idle), self._keeper)
        self._front = Front(world, tokens, self.clock, RateLaw(rate), self.faults)
        self.app: ASGIApp = FileServer(build_app(self._front), self.workspace)

    def close(self) -> None:
        """Let go of the file."""
        self._keeper.close()

    def __enter__(self) -> Self:
        """Return the sandbox."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, in order of arrival; clear the list to start counting anew."""
        return self._front.requests

    @property
    def people(self) -> Mapping[str, User]:
        """The users of the workspace by id; the tokens belong to `workspace.owner`."""
        return self.workspace.users
