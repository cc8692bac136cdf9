"""The sandbox as one object: a workspace, the app that serves it, and what was asked of it."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Self

from starlette.types import ASGIApp

from pyairtable_mcp.base.clock import Clock, SystemClock
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.access.consenting import consent, register, unregister
from pyairtable_mcp.sandbox.access.giving import add_user, issue_token, share
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.control.app import ControlApp
from pyairtable_mcp.sandbox.control.clock import AdjustableClock
from pyairtable_mcp.sandbox.control.steering import Control, Steered
from pyairtable_mcp.sandbox.filling import Filling
from pyairtable_mcp.sandbox.http.app import build_app
from pyairtable_mcp.sandbox.http.call import World
from pyairtable_mcp.sandbox.http.faults import FaultQueue
from pyairtable_mcp.sandbox.http.files import FileServer
from pyairtable_mcp.sandbox.http.front import Front
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, Writes
from pyairtable_mcp.sandbox.http.rate import Quota, RateLaw
from pyairtable_mcp.sandbox.keeping.opening import open_keeper
from pyairtable_mcp.sandbox.records.cursors import IDLE_SECONDS, Cursors
from pyairtable_mcp.sandbox.records.syncing import set_up_sync
from pyairtable_mcp.sandbox.state.access import Integration, Level, Token
from pyairtable_mcp.sandbox.state.model import User, Workspace
from pyairtable_mcp.sandbox.webhooks.delivering import Courier
from pyairtable_mcp.sandbox.webhooks.posting import Post, post

DEFAULT_TOKEN = "patSandbox"
"""The token a sandbox accepts when none is given."""


class Sandbox:
    """An Airtable of one's own, in memory, and with `file` in that SQLite file as well.

    `seed` names what it holds at first, or is a `Filling` that says more; a file that holds a workspace
    already is read and not filled again. `rate` is the requests per second each base admits, 0 for no limit
    (per user it is always 50), `quota` the calls a month the workspace admits, 0 for no limit; `law` and
    `quota` may be changed later. `cursor_idle` is the seconds an unused page cursor lives. `tokens` act for
    the owner with every scope; `issue_token` makes others. `post` sends the notifications of webhooks, while
    `delivering`. With `control` the control API answers under `/_control`, to whoever knows the
    `control_secret` if there is one, and `clock` is one that can be adjusted. Raises `KeyError` for an
    unknown seed, `BadLoad` for what cannot be loaded, `BadFile` for a file it cannot use. Close it, or use it
    as a context, to let go of the file.
    """

    def __init__(
        self,
        seed: str | Filling = "studio",
        *,
        clock: Clock | None = None,
        rng: Random | None = None,
        rate: int = 5,
        tokens: frozenset[str] = frozenset({DEFAULT_TOKEN}),
        quota: int = 0,
        cursor_idle: float = IDLE_SECONDS,
        file: Path | None = None,
        post: Post = post,
        control: bool = False,
        control_secret: str = "",
    ) -> None:
        time = AdjustableClock(clock or SystemClock())
        self.clock: Clock = time if control else time.inner
        self.tokens = tokens
        self.workspace = Workspace(self.clock, rng or Random())
        self._keeper = open_keeper(file, self.workspace, _filling(seed).fill)
        self._let_in(self.workspace)
        self.faults = FaultQueue()
        self._post = post
        world = World(self.workspace, Formulas(), Cursors(self.clock, cursor_idle), self._keeper)
        self.law = RateLaw(rate)
        self.quota = Quota(self.clock, quota)
        self._front = Front(world, self.clock, self.law, self.quota, self.faults)
        self.app: ASGIApp = FileServer(build_app(self._front), self.workspace)
        self._control: Control | None = None
        if control:
            parts = Steered(world, self._front, time, self.law, self.quota, self.faults, self._fill)
            self._control = Control(parts)
            self.app = ControlApp(self.app, self._control, self._front, control_secret)

    def _fill(self, workspace: Workspace, seed: str) -> None:
        Filling(seed).fill(workspace)
        self._let_in(workspace)

    def _let_in(self, workspace: Workspace) -> None:
        for value in self.tokens:
            workspace.tokens[value] = Token(value, workspace.owner, EVERY)

    @property
    def has_control(self) -> bool:
        """Whether it was made with `control`."""
        return self._control is not None

    @property
    def control(self) -> Control:
        """What can be done that no client of Airtable can; raise `RuntimeError` if it was not asked for."""
        if self._control is None:
            raise RuntimeError("this sandbox was made without control=True")
        return self._control

    def close(self) -> None:
        """Let go of the file."""
        self._keeper.close()

    def __enter__(self) -> Self:
        """Return the sandbox."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """Send the notifications of webhooks while the block runs; what is due waits for the next one."""
        courier = asyncio.create_task(Courier(self.workspace, self._post).run())
        try:
            yield
        finally:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, in order of arrival; clear the list to start counting anew."""
        return self._front.requests

    @property
    def writes(self) -> Writes:
        """Every request that changed something, in the order in which they took effect."""
        return self._front.writes

    @property
    def people(self) -> Mapping[str, User]:
        """The users of the workspace by id; `workspace.owner` owns the tokens it began with."""
        return self.workspace.users

    def add_user(self, name: str, email: str) -> User:
        """Add a person, who sees no base yet."""
        return add_user(self.workspace, name, email)

    def share(self, base_id: str, user_id: str, level: Level) -> None:
        """Give a user a level in a base, `none` to keep them out; raise `KeyError` for an unknown one."""
        share(self.workspace, base_id, user_id, level, by=self.workspace.owner)

    def issue_token(
        self,
        *,
        user: str = "",
        scopes: Collection[str] = EVERY,
        bases: Collection[str] | None = None,
        expires: datetime | None = None,
    ) -> str:
        """Return a new token that acts as a user (by id or e-mail, the owner when ""), in these bases or all.

        Raises `KeyError` for an unknown user, base or scope.
        """
        return issue_token(self.workspace, user or self.workspace.owner, scopes, bases, expires).value

    def sync_table(self, base_id: str, table: str, *, unique: str) -> str:
        """Let a table follow a CSV whose rows a column tells apart; return the id it is posted under.

        Raises `KeyError` for an unknown base, table or column.
        """
        return set_up_sync(self.workspace, base_id, table, unique).id

    def register_integration(
        self, name: str, redirect_uris: Collection[str], scopes: Collection[str], *, with_secret: bool = False
    ) -> Integration:
        """Add an OAuth integration, with a secret or without; raise `KeyError` for a scope that is none."""
        return register(self.workspace, name, redirect_uris, scopes, with_secret=with_secret)

    def unregister_integration(self, client_id: str) -> None:
        """Remove an integration with everything users granted it; raise `KeyError` when there is none."""
        unregister(self.workspace, client_id)

    def consent(self, url: str, *, user: str = "", bases: Collection[str] | None = None) -> str:
        """Grant what an authorization URL asks for, and return the address a browser would be sent to.

        `user` (by id or e-mail, the owner when "") grants it in `bases`, or all. Raises `NoClient` or
        `Turned` for a URL that cannot be granted, `KeyError` for an unknown user or base.
        """
        return consent(self.workspace, url, user or self.workspace.owner, bases)


def _filling(seed: str | Filling) -> Filling:
    return Filling(seed) if isinstance(seed, str) else seed
