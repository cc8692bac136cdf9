"""Principals by their ids: what a saga that is taken up again knows of whoever began it."""

from dataclasses import replace

from pyairtable_mcp.auth.policies import Policies, policy_of
from pyairtable_mcp.auth.tokens import API, GRANT, USER
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import UnknownName
from pyairtable_mcp.base.mandates import Mandates, Standing
from pyairtable_mcp.base.policy import Principal, narrowed
from pyairtable_mcp.store.api_tokens import ApiTokens
from pyairtable_mcp.store.oauth import OAuth
from pyairtable_mcp.store.users import Users

TOKEN = "token:"
OUTSIDE = "jwt:"


class Directory:
    """Finds users, tokens that stand for themselves, and those whom an issuer outside vouches for."""

    def __init__(
        self,
        tokens: ApiTokens,
        users: Users,
        grants: OAuth,
        policies: Policies,
        jwt_policy: str,
        clock: Clock,
    ) -> None:
        self._grants = grants
        self._tokens = tokens
        self._users = users
        self._policies = policies
        self._jwt_policy = jwt_policy
        self._clock = clock

    async def standing(self, principal: str, mandates: Mandates) -> Standing:
        """Return in whose name something goes on that was begun with these mandates, and whether it may."""
        try:
            found = await self._found(principal)
        except UnknownName as error:
            return Standing(None, "The policy of whoever began this is not there any more.", error.message)
        if found is None:
            return Standing(None, "Whoever began this is not known here any more.")
        for mandate in mandates:
            if await self._is_revoked(mandate.token):
                return Standing(found, "The token this was begun with was revoked.")
            try:
                policy = policy_of(self._policies, mandate.policy)
            except UnknownName as error:
                why = "The policy of the token this was begun with is not there any more."
                return Standing(found, why, error.message)
            scopes = found.scopes & set(mandate.scopes)
            found = replace(found, scopes=scopes, policy=narrowed(found.policy, policy))
        return Standing(found)

    async def _is_revoked(self, token: str) -> bool:
        if token.startswith(API):
            row = await self._tokens.find(token.removeprefix(API))
            return row is not None and bool(row.revoked)
        if token.startswith(GRANT):
            grant = await self._grants.grant(token.removeprefix(GRANT))
            return grant is not None and bool(grant["ended"])
        return False

    async def _found(self, principal: str) -> Principal | None:
        if principal.startswith(USER):
            return await self._user(principal)
        if principal.startswith(TOKEN):
            return await self._token(principal)
        if principal.startswith(OUTSIDE):
            return Principal(id=principal, policy=policy_of(self._policies, self._jwt_policy))
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
