"""API tokens: made at the command line, shown once, good until they expire or are rotated or revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from pyairtable_mcp.auth.bearers import Bearer
from pyairtable_mcp.auth.policies import Policies, policy_of
from pyairtable_mcp.auth.secrets import Secret, id_in, is_secret_of, minted
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import BadValue, InvalidToken, UnknownName
from pyairtable_mcp.base.policy import SCOPES, Principal, narrowed
from pyairtable_mcp.base.text import closest, fold, listed, quoted
from pyairtable_mcp.store.api_tokens import ApiToken, ApiTokens
from pyairtable_mcp.store.users import Users

PREFIX: Final = "pamcp"
ACCESS: Final = "pamca"
"""How an access token of our own authorization server begins."""
API: Final = "api:"
"""How a mandate's name of a token begins that is one of these."""
GRANT: Final = "grant:"
"""The same for a token of our own authorization server: it names the grant."""
USER: Final = "user:"
"""How the id of a principal begins that is a person; those of tokens begin with `token:`."""
_TOUCH_SECONDS: Final = 60.0
"""How old the note of a token's last use may be before it is written anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A token somebody wants, good for `seconds`, 0 for ever; `user` is whom it stands for, if anybody."""

    name: str
    scopes: Sequence[str] = SCOPES
    policy: str = ""
    seconds: float = 0.0
    user: str = ""


class Tokens:
    """The API tokens of this server."""

    def __init__(
        self, stored: ApiTokens, users: Users, policies: Policies, clock: Clock, rng: Random
    ) -> None:
        self._stored = stored
        self._users = users
        self._policies = policies
        self._clock = clock
        self._rng = rng

    async def create(self, wish: Wish) -> Secret:
        """Make a token; the text in the answer is nowhere else.

        Raises `UnknownName` for a policy that is not there, `BadValue` for a scope that is not there and
        for a name that a live token has.
        """
        policy_of(self._policies, wish.policy)
        secret, row = self._made(wish)
        if not await self._stored.add(row):
            raise BadValue(
                f"There is a token {quoted(wish.name)} already.",
                hint="Rotate or revoke it, or take another name.",
            )
        return secret

    async def rotate(self, name: str, *, overlap: float, seconds: float | None = None) -> Secret:
        """Make the next token of a name; the one before stays good for `overlap` seconds.

        The new one lives `seconds`, or as long as the old one did. Raises `UnknownName`.
        """
        now = self._now()
        old = next((one for one in await self._stored.all() if one.name == name and one.is_live(now)), None)
        if old is None:
            raise await self._unknown(name)
        life = seconds if seconds is not None else (old.expires - old.created if old.expires else 0.0)
        secret, row = self._made(
            Wish(name=name, scopes=old.scopes, policy=old.policy, seconds=life), principal=old.principal
        )
        if not await self._stored.replace(row, now + overlap):
            raise await self._unknown(name)
        return secret

    async def revoke(self, name: str) -> int:
        """End the tokens of a name, or the one of an id; return how many were live. Raises `UnknownName`."""
        count = await self._stored.revoke(name, self._now())
        if not count:
            raise await self._unknown(name)
        return count

    async def listed(self) -> Sequence[ApiToken]:
        """Return every token there was, by name, the youngest first."""
        return await self._stored.all()

    async def verify(self, text: str) -> Bearer:
        """Return whom a token stands for; raises `InvalidToken`."""
        own = id_in(text, PREFIX)
        if not own:
            raise InvalidToken("This is not a token of this server.")
        row = await self._stored.find(own)
        if row is None or not is_secret_of(text, row.digest):
            raise InvalidToken("This token is not known.")
        now = self._now()
        if row.revoked:
            raise InvalidToken("This token was revoked.")
        if not row.is_live(now):
            raise InvalidToken("This token has expired.")
        if now - row.used >= _TOUCH_SECONDS:
            await self._stored.touch(row.id, now)
        return Bearer(principal=await self._principal(row), expires=row.expires)

    async def _principal(self, row: ApiToken) -> Principal:
        """Return whom a token stands for; a user's token may do nothing the user may not."""
        try:
            policy = policy_of(self._policies, row.policy)
            if row.principal.startswith(USER):
                user = await self._users.find(row.principal.removeprefix(USER))
                if user is None:
                    raise InvalidToken("The user of this token is not there any more.")
                policy = narrowed(policy_of(self._policies, user.policy), policy)
        except UnknownName as problem:
            raise InvalidToken("A policy of this token is not there any more.") from problem
        return Principal(
            id=row.principal,
            client=f"token {row.name}",
            scopes=frozenset(row.scopes),
            policy=policy,
            token=f"{API}{row.id}",
            token_policy=row.policy,
        )

    def _made(self, wish: Wish, principal: str = "") -> tuple[Secret, ApiToken]:
        if not wish.name.strip() or len(wish.name) > 80:
            raise BadValue("A token has a name of 1 to 80 characters.")
        if unknown := [scope for scope in wish.scopes if scope not in SCOPES]:
            near = closest(unknown[0], SCOPES, count=1) or SCOPES
            raise BadValue(
                f"There is no scope {quoted(unknown[0])}.", hint=f"Scopes: {listed(SCOPES)}.", candidates=near
            )
        secret, now = minted(PREFIX, self._rng), self._now()
        row = ApiToken(
            id=secret.id,
            name=wish.name,
            digest=secret.digest,
            principal=principal or (f"{USER}{fold(wish.user)}" if wish.user else f"token:{wish.name}"),
            scopes=tuple(wish.scopes),
            policy=wish.policy,
            created=now,
            expires=now + wish.seconds if wish.seconds else 0.0,
        )
        return secret, row

    async def _unknown(self, name: str) -> UnknownName:
        now = self._now()
        names = {one.name for one in await self._stored.all() if one.is_live(now)}
        near = closest(name, names) or sorted(names)
        return UnknownName(f"There is no live token {quoted(name)}.", candidates=near)

    def _now(self) -> float:
        return self._clock.now().timestamp()
