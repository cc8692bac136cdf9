"""People who sign in with a name and a password."""

from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.auth.audit import Audit
from pyairtable_mcp.auth.callers import place_of
from pyairtable_mcp.auth.passwords import Passwords
from pyairtable_mcp.auth.policies import Policies, policy_of
from pyairtable_mcp.auth.tokens import USER
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import BadValue, Refused, SignInRefused, TooMany, UnknownName
from pyairtable_mcp.base.policy import Principal
from pyairtable_mcp.base.text import closest, fold, quoted, visible
from pyairtable_mcp.store.audit_chain import AuditRow
from pyairtable_mcp.store.tries import Tries
from pyairtable_mcp.store.users import Ended, User
from pyairtable_mcp.store.users import Users as StoredUsers

TRIES: Final = 5
TRIES_SECONDS: Final = 60.0
_LONGEST_NAME: Final = 80


class Users:
    """The people this server knows; names are the same in any case."""

    def __init__(
        self,
        stored: StoredUsers,
        tries: Tries,
        passwords: Passwords,
        policies: Policies,
        *,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._stored = stored
        self._tries = tries
        self._passwords = passwords
        self._policies = policies
        self._audit = audit
        self._clock = clock

    async def add(self, name: str, password: str, policy: str = "") -> User:
        """Enter a person; raises `BadValue` for a name that cannot be had, `UnknownName` for the policy."""
        policy_of(self._policies, policy)
        own = fold(name)
        if not own or len(own) > _LONGEST_NAME or visible(own) != own:
            raise BadValue(f"A name has 1 to {_LONGEST_NAME} characters that can be seen.")
        digest, now = await self._passwords.digest(password), self._now()
        user = User(name=own, digest=digest, policy=policy, created=now, changed=now)
        if not await self._stored.add(user):
            raise BadValue(f"There is a user {quoted(own)} already.")
        return user

    async def listed(self) -> Sequence[User]:
        """Return everybody, by name."""
        return await self._stored.all()

    async def remove(self, name: str) -> Ended:
        """Forget a person and their linked account, end their tokens and grants; raises `UnknownName`."""
        own = fold(name)
        ended = await self._stored.remove(own, principal_id(own), self._now())
        if ended is None:
            raise await self._unknown(own)
        return ended

    async def set_password(self, name: str, password: str) -> Ended:
        """Give somebody another password, which every program has to be let in with again.

        Raises `UnknownName`, `BadValue`.
        """
        own, digest = fold(name), await self._passwords.digest(password)
        ended = await self._stored.renew(own, digest, principal_id(own), self._now())
        if ended is None:
            raise await self._unknown(own)
        return ended

    async def sign_in(self, name: str, password: str, address: str) -> Principal:
        """Return who somebody at a network address is.

        Raises `TooMany` after five tries a minute for the account or from the address, and `SignInRefused`;
        neither words nor time tell whether there is such an account. Each try is noted in the audit.
        """
        own = fold(name)[: _LONGEST_NAME + 1]
        outcome = "signed in"
        try:
            return await self._signed_in(own, password, address)
        except Refused as error:
            outcome = error.code
            raise
        finally:
            who = AuditRow(principal=principal_id(own), tool="sign_in", target=address, outcome=outcome)
            await self._audit.note(who)

    async def _signed_in(self, own: str, password: str, address: str) -> Principal:
        # Nobody has a name with characters that hide, and no store would keep some of them.
        own = visible(own)
        keys = (f"sign-in account {own}", f"sign-in address {place_of(address)}")
        wait = await self._tries.take(keys, self._now(), most=TRIES, seconds=TRIES_SECONDS)
        if wait:
            raise TooMany("There were too many tries to sign in.", seconds=wait)
        user = await self._stored.find(own)
        if not await self._passwords.fits(password, user.digest if user else "") or user is None:
            raise SignInRefused("The name or the password is wrong.")
        if self._passwords.is_outdated(user.digest):
            await self._stored.change(own, await self._passwords.digest(password), self._now())
        return await self.principal(own)

    async def known(self, name: str) -> User:
        """Return a person by name; raises `UnknownName`."""
        user = await self._stored.find(fold(name))
        if user is None:
            raise await self._unknown(fold(name))
        return user

    async def principal(self, name: str) -> Principal:
        """Return the principal a person is; raises `SignInRefused` when they or their policy are gone."""
        user = await self._stored.find(fold(name))
        if user is None:
            raise SignInRefused("This account is not there any more.")
        try:
            policy = policy_of(self._policies, user.policy)
        except UnknownName as problem:
            raise SignInRefused("The policy of this account is not there any more.") from problem
        return Principal(id=principal_id(name), policy=policy)

    async def _unknown(self, name: str) -> UnknownName:
        names = [user.name for user in await self._stored.all()]
        return UnknownName(f"There is no user {quoted(name)}.", candidates=closest(name, names) or names)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def principal_id(user: str) -> str:
    """Return the principal's id of a person."""
    return f"{USER}{fold(user)}"
