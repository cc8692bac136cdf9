"""Principals by their ids: what a saga that is taken up again knows of whoever began it."""

from pyairtable_mcp.auth.policies import Policies, policy_of
from pyairtable_mcp.auth.tokens import USER
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import UnknownName
from pyairtable_mcp.base.policy import Principal, narrowed
from pyairtable_mcp.store.api_tokens import ApiTokens
from pyairtable_mcp.store.users import Users

TOKEN = "token:"
OUTSIDE = "jwt:"


class Directory:
    """Finds users, tokens that stand for themselves, and those whom an issuer outside vouches for."""

    def __init__(
        self, tokens: ApiTokens, users: Users, policies: Policies, jwt_policy: str, clock: Clock
    ) -> None:
        self._tokens = tokens
        self._users = users
        self._policies = policies
        self._jwt_policy = jwt_policy
        self._clock = clock

    async def find(self, principal: str) -> Principal | None:
        """Return a principal within what binds it now; None when it is not there any more."""
        try:
            if principal.startswith(USER):
                return await self._user(principal)
            if principal.startswith(TOKEN):
                return await self._token(principal)
            if principal.startswith(OUTSIDE):
                return Principal(id=principal, policy=policy_of(self._policies, self._jwt_policy))
        except UnknownName:
            # What bound it is gone; nobody knows what it may.
            return None
        return None

    async def _user(self, principal: str) -> Principal | None:
        user = await self._users.find(principal.removeprefix(USER))
        return Principal(id=principal, policy=policy_of(self._policies, user.policy)) if user else None

    async def _token(self, principal: str) -> Principal | None:
        """Return whom live tokens of a name stand for: within the policies of all of them."""
        now = self._clock.now().timestamp()
        rows = [one for one in await self._tokens.all() if one.principal == principal and one.is_live(now)]
        if not rows:
            return None
        policy = policy_of(self._policies, rows[0].policy)
        for row in rows[1:]:
            policy = narrowed(policy, policy_of(self._policies, row.policy))
        scopes = frozenset.intersection(*(frozenset(row.scopes) for row in rows))
        return Principal(id=principal, scopes=scopes, policy=policy)
