"""As whom Airtable is asked, and under which settings: the operator's client, and one for each principal."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Protocol

from cachetools import LRUCache

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.sight import Sees
from pyairtable_mcp.app.upstream import Upstream
from pyairtable_mcp.base.bounding import bounded
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.policy import Action, Decision, Named, Policy, Principal, Resource, allowed, sees
from pyairtable_mcp.base.settings import Settings

MOST = 1_000


@dataclass(frozen=True)
class Client:
    """A client of Airtable, whose it is, and the settings that hold for them.

    The policy of the principal holds what the settings forbid as well.
    """

    airtable: Airtable
    settings: Settings
    principal: Principal

    def within(self, scopes: frozenset[str]) -> "Client":
        """Return the same client for a call with a token of some scopes."""
        return replace(self, principal=replace(self.principal, scopes=scopes))

    def permit(self, action: Action) -> Decision:
        """Tell whether whoever this is may do something."""
        return allowed(self.principal, action)


class People(Protocol):
    """Knows the principals of this server."""

    def find(self, principal: str) -> Awaitable[Principal | None]:
        """Return a principal by its id, as it is now; None when it is not known any more."""
        ...

    def token(self, principal: str) -> Awaitable[str]:
        """Return the Airtable token of a principal; raises an `AppError` when it has none."""
        ...


class Clients:
    """The clients of a process; without `people` everybody is the operator."""

    def __init__(self, upstream: Upstream, settings: Settings, people: People | None = None) -> None:
        self._upstream = upstream
        self._airtables = upstream.airtables
        self._people = people
        self._held: LRUCache[str, tuple[str, Client]] = LRUCache(MOST)
        self.operator = _client(self._airtables.client(upstream.token), settings, Principal(id=""))

    async def by_id(self, principal: str) -> Client:
        """Return the client of a principal by its id.

        Who is not known any more has begun what still has to end well: that is done as the operator.
        """
        found = await self._people.find(principal) if self._people and principal else None
        return await self.of(found) if found else self.operator

    async def of(self, principal: Principal) -> Client:
        """Return the client of a principal; raises an `AppError` when it has no token."""
        if self._people is None:
            return self.operator
        # A sandbox knows one token.
        token = self._upstream.token if self._upstream.here else await self._people.token(principal.id)
        key = f"{principal.id} {principal.policy!r}"
        held = self._held.get(key)
        if held and held[0] == token:
            return held[1]
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
