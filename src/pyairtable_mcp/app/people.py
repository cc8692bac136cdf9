"""The people of a store, for a process that serves nobody but the operator: it acts on what they began."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.mandates import Mandates, Standing
from pyairtable_mcp.base.settings import Settings

if TYPE_CHECKING:
    # Only their names are needed here: what they cost to import is paid when somebody's saga is met.
    from pyairtable_mcp.auth.opening import Identities
    from pyairtable_mcp.store.store import Store


class StoredPeople:
    """Knows them as the endpoint does, if it has the same settings."""

    def __init__(
        self, settings: Settings, store: "Callable[[], Awaitable[Store]]", clock: Clock, rng: Random
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._rng = rng
        self._identities: Identities | None = None

    async def standing(self, principal: str, mandates: Mandates) -> Standing:
        """Return in whose name something goes on.

        Raises `NotConfigured` for a policy that this process does not know: the endpoint may well do so.
        """
        found = await (await self._known()).standing(principal, mandates)
        if found.lacking:
            raise NotConfigured(
                f"This was begun by {principal}. {found.lacking}",
                hint="Give this command the settings of the server, above all PYAIRTABLE_MCP_AUTH_POLICIES.",
            )
        return found

    async def token(self, principal: str) -> str:
        """Return the Airtable token of a principal; raises an `AppError` when it has none."""
        return await (await self._known()).token(principal)

    async def close(self) -> None:
        """Let renewals of tokens that are under way come home."""
        if self._identities is not None:
            await self._identities.close()

    async def _known(self) -> "Identities":
        store = await self._store()
        if self._identities is None:
            from pyairtable_mcp.auth.opening import identities

            self._identities = identities(self._settings, store, self._clock, self._rng)
        return self._identities
