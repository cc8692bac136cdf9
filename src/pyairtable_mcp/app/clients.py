"""As whom Airtable is asked, and under which settings: the operator's client, and one for each principal."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Protocol

from cachetools import LRUCache

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.sight import Sees
from pyairtable_mcp.app.upstream import Upstream
from pyairtable_mcp.base.bounding import bounded
from pyairtable_mcp.base.errors import AppError, NotConfigured, NotLinked
from pyairtable_mcp.base.mandates import Mandates, Standing
from pyairtable_mcp.base.policy import Action, Decision, Named, Policy, Principal, Resource, allowed, sees
from pyairtable_mcp.base.settings import Settings

MOST = 1_000


@dataclass(frozen=True)
class Client:
    """A client of Airtable, whose it is, and the settings that hold for them.

    The policy of the principal holds what the settings forbid as well. `stopped` says why nothing new may be
    begun in its name, "" when it may.
    """

    airtable: Airtable
    settings: Settings
    principal: Principal
    stopped: str = ""

    def within(self, scopes: frozenset[str]) -> "Client":
        """Return the same client for a call with a token of some scopes."""
        return replace(self, principal=replace(self.principal, scopes=scopes))

    def permit(self, action: Action) -> Decision:
        """Tell whether whoever this is may do something."""
        return allowed(self.principal, action)


class People(Protocol):
    """Knows the principals of this server."""

    def standing(self, principal: str, mandates: Mandates) -> Awaitable[Standing]:
        """Return in whose name something goes on that a principal began with these mandates."""
        ...

    def token(self, principal: str) -> Awaitable[str]:
        """Return the Airtable token of a principal; raises an `AppError` when it has none."""
        ...


class Clients:
    """The clients of a process; one that is `serving` others than the operator has all that they need."""

    def __init__(self, upstream: Upstream, settings: Settings, people: People, *, serving: bool) -> None:
        self._serving = serving
        self._upstream = upstream
        self._airtables = upstream.airtables
        self._people = people
        self._held: LRUCache[str, tuple[str, Client]] = LRUCache(MOST)
        self.operator = _client(self._airtables.client(upstream.token), settings, Principal(id=""))

    async def by_id(self, principal: str, mandates: Mandates = ()) -> Client:
        """Return the client of a principal by its id, for what was begun with these mandates.

        Who is not known any more has begun what still has to end well: that is taken back as the operator.
        Raises an `AppError` when it has no token, unless nobody else could act in its name better.
        """
        if not principal:
            return self.operator
        standing = await self._people.standing(principal, mandates)
        if standing.principal is None:
            return replace(self.operator, stopped=standing.stopped)
        try:
            found = await self.of(standing.principal)
        except (NotLinked, NotConfigured) as error:
            if not self._serving:
                raise
            # Looking at what was begun needs no token; going on with it tells what is missing.
            found = self.without(standing.principal, error)
        return replace(found, stopped=standing.stopped)

    async def of(self, principal: Principal) -> Client:
        """Return the client of a principal; raises an `AppError` when it has no token."""
        # A sandbox knows one token.
        token = self._upstream.token if self._upstream.here else await self._people.token(principal.id)
        key = f"{principal.id} {principal.policy!r}"
        held = self._held.get(key)
        if held and held[0] == token:
            # Whoever has the same policy may have other scopes.
            return held[1].within(principal.scopes)
        # Another token reads anew: it may be another account.
        made = self._made(self._airtables.client(token, _sight_of(principal)), principal)
        self._held[key] = (token, made)
        return made

    def without(self, principal: Principal, error: AppError) -> Client:
        """Return a client whose every call raises `error`, for a principal without a token."""
        return self._made(self._airtables.client("", missing=error), principal)

    def _made(self, airtable: Airtable, principal: Principal) -> Client:
        return _client(airtable, bounded(self.operator.settings, principal.policy), principal)


def _client(airtable: Airtable, settings: Settings, principal: Principal) -> Client:
    policy = Policy(
        read_only=settings.read_only, toolsets=frozenset(settings.toolsets), within=principal.policy
    )
    return Client(airtable, settings, replace(principal, policy=policy))


def _sight_of(principal: Principal) -> Sees | None:
    """Return what a principal may see; None when that is everything."""
    if all(part.reach is None for part in principal.policy.parts()):
        return None

    def shown(base: Named, table: Named | None) -> bool:
        return sees(principal, Resource(base=base, table=table))

    return shown
