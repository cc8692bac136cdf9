"""One request of Airtable's API, from what is asked to what is answered."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Base, BaseSchema
from pyairtable_mcp.airtable.paths import api_path
from pyairtable_mcp.airtable.wire import Parse, judge
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, NotConfigured
from pyairtable_mcp.net.http import Request, Response
from pyairtable_mcp.net.line import Priority, Turn
from pyairtable_mcp.net.pacing import Limit
from pyairtable_mcp.net.resend import Effect
from pyairtable_mcp.net.sender import DEADLINE, Call, Guard, Leave, Reply, Sender, Spent, Verdict, unguarded

T = TypeVar("T")

AIRTABLE: Final = "https://api.airtable.com"
_BASE: Final = "base:"
_TOKEN: Final = "token:"
_CONTENT: Final = "https://content.airtable.com"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where requests go: `api`, and `content` for uploaded files; both without a slash at the end."""

    api: str
    content: str

    @classmethod
    def of(cls, url: str) -> "Endpoints":
        """Return the endpoints behind an endpoint URL; Airtable's own takes files at another host.

        Raises `NotConfigured` unless it is a plain http or https URL.
        """
        if not _is_endpoint(url):
            raise NotConfigured(f"{url!r} is not an endpoint URL.", hint=f"It looks like {AIRTABLE}.")
        api = url.rstrip("/")
        return cls(api, _CONTENT if api == AIRTABLE else api)


@dataclass(frozen=True)
class Credential:
    """A token to call Airtable with; it never shows in a representation.

    Raises `NotConfigured` for one that no header can carry (a pasted line break, say).
    """

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        """Check that the token is printable ASCII without blanks."""
        if not re.fullmatch(r"[!-~]+", self.token):
            raise NotConfigured(
                "The Airtable token contains characters that no token has.",
                hint="Copy AIRTABLE_API_KEY again, without blanks or line breaks.",
            )

    @cached_property
    def key(self) -> str:
        """Return a name for this credential that does not reveal it."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """Requests a second for each base and for the token (0: unlimited), and the seconds one call may take."""

    per_base: int = 5
    per_token: int = 50
    seconds: float = DEADLINE


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseQuota:
    """How the allowance of a base stands, or of the token (`base` empty).

    `rate` is requests a second, 0 for no limit; `silent_for` the seconds that a 429 still keeps everybody
    waiting.
    """

    base: str
    rate: int
    waiting: int
    silent_for: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask(Generic[T]):
    """What is asked of Airtable.

    `segments` follow `/v0/`; `base` is the base whose allowance it counts against, or empty; `parse` reads
    the answer's JSON and raises `ValueError` if it lacks what it must contain.
    """

    method: str
    segments: Sequence[str]
    parse: Parse[T]
    base: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: JsonValue = None
    effect: Effect = "read"
    content: bool = False


class Admission(Protocol):
    """Looks at what is asked before it leaves, and shortens lists to what may be seen."""

    async def admit(self, channel: "Channel", ask: Ask[Any]) -> None:
        """Raise `Forbidden` when it is about something out of sight."""
        ...

    def knows(self, base: str) -> bool:
        """Tell whether a base may be seen, as far as that is known without asking."""
        ...

    def bases(self, found: Sequence[Base]) -> tuple[Base, ...]:
        """Return those bases that may be seen."""
        ...

    def schema(self, found: BaseSchema) -> BaseSchema:
        """Return a schema with those tables that may be seen."""
        ...


Wrote = Callable[[str], None]
"""Is told the base of every request that may have changed something, once it is over."""


def _nobody(_base: str) -> None:
    """Tell nobody."""


class Channel:
    """Asks Airtable in the name of one credential, and keeps account of what it cost."""

    def __init__(
        self,
        sender: Sender,
        credential: Credential | None,
        endpoints: Endpoints,
        terms: Terms,
        clock: Clock,
        *,
        wrote: Wrote = _nobody,
        priority: Priority = Priority.INTERACTIVE,
        guard: Guard = unguarded,
        sight: Admission | None = None,
        missing: AppError | None = None,
    ) -> None:
        self.guard = guard
        self.sight = sight
        self._missing = missing
        self._sender = sender
        self._credential = credential
        self._endpoints = endpoints
        self._terms = terms
        self._clock = clock
        self._wrote = wrote
        self._priority = priority
        self._leave: Leave | None = None
        self.spent = Spent()

    @property
    def principal(self) -> str:
        """Return a name for whose eyes the answers are; it belongs into every cache key."""
        return self._credential.key if self._credential else ""

    @property
    def turn(self) -> Turn:
        """Return who asks, and how urgently; what differs in this is never asked together."""
        return Turn(self._priority, self.principal)

    @property
    def clock(self) -> Clock:
        """Return the clock everything here goes by."""
        return self._clock

    @property
    def rate(self) -> int:
        """Return the requests a second that a base admits; 0 for no limit."""
        return self._terms.per_base

    def earliest(self) -> datetime:
        """Return a moment that Airtable's clock has surely reached by now."""
        return self._sender.earliest()

    def metered(
        self, spent: Spent, priority: Priority | None = None, guard: Guard | None = None
    ) -> "Channel":
        """Return the same channel with an account, and perhaps a priority and a guard, of its own.

        Leave that is held goes with it.
        """
        other = Channel(
            self._sender,
            self._credential,
            self._endpoints,
            self._terms,
            self._clock,
            wrote=self._wrote,
            priority=self._priority if priority is None else priority,
            guard=self.guard if guard is None else guard,
            sight=self.sight,
            missing=self._missing,
        )
        other._leave = self._leave
        other.spent = spent
        return other

    def aside(self) -> "Channel":
        """Return the same channel for something in between, which does not use up the leave that is held."""
        other = self.metered(self.spent)
        other._leave = None
        return other

    @asynccontextmanager
    async def slot(self, base: str) -> AsyncIterator["Channel"]:
        """Wait for leave to send one request about a base; give a channel whose first request has it.

        What is asked can so be decided when it can be sent. The seconds of a call begin to run now.
        """
        self.ready()
        begun = self._clock.monotonic()
        async with self._sender.leave(
            self._limits(base), self._terms.seconds, self.spent, self.turn
        ) as leave:
            waited = self._clock.monotonic() - begun
            held = self.metered(self.spent)
            held._terms = replace(self._terms, seconds=self._terms.seconds - waited)
            held._leave = leave
            yield held

    def quota(self) -> tuple[BaseQuota, ...]:
        """Return how the allowance of each base in use, and of this token, stands; () before any request."""
        own = f"{_TOKEN}{self.principal}"
        rates = {_BASE: self._terms.per_base, _TOKEN: self._terms.per_token}
        return tuple(
            BaseQuota(
                base=state.key.removeprefix(_BASE) if state.key.startswith(_BASE) else "",
                rate=rates[_TOKEN if state.key == own else _BASE],
                waiting=state.waiting,
                silent_for=state.silent_for,
            )
            for state in self._sender.limits()
            if state.key.startswith(_BASE) or state.key == own
        )

    def ready(self) -> Credential:
        """Return the credential; raises `NotConfigured`, or what was given for that, when there is none."""
        if self._credential is None and self._missing:
            raise self._missing.retold(self._missing.message)
        if self._credential is None:
            raise NotConfigured(
                "No Airtable token is set.",
                hint="Set AIRTABLE_API_KEY to a personal access token (airtable.com/create/tokens), "
                "or start with --sandbox to try it without an account.",
            )
        return self._credential

    def request(self, ask: Ask[T]) -> Request:
        """Return the request that would go out, the token included.

        Raises `BadValue` for a segment that is not one, `NotConfigured` without a token.
        """
        host = self._endpoints.content if ask.content else self._endpoints.api
        return Request(
            method=ask.method,
            url=host + api_path(*ask.segments),
            query=ask.query,
            json=ask.body,
            headers=(("Authorization", f"Bearer {self.ready().token}"),),
        )

    async def reply(self, ask: Ask[T]) -> Reply[T]:
        """Ask, and return the answer with whether an earlier try went unanswered; raises as `Sender.send`.

        Raises `Forbidden` for what is out of sight.
        """
        if self.sight:
            await self.sight.admit(self, ask)
        secret = self.ready().token

        def judged(response: Response) -> Verdict[T]:
            return judge(response, ask.parse, now=self._clock.now(), secret=secret)

        call = Call(
            request=self.request(ask),
            judge=judged,
            limits=self._limits(ask.base),
            effect=ask.effect,
            seconds=self._terms.seconds,
            turn=self.turn,
            leave=self._leave,
            guard=self.guard,
        )
        try:
            return await self._sender.send(call, self.spent)
        finally:
            # Also after a failure: an unanswered write may have been done.
            if ask.effect != "read" and ask.base:
                self._wrote(ask.base)

    async def ask(self, ask: Ask[T]) -> T:
        """Ask, and return what the answer says; raises as `Sender.send`."""
        return (await self.reply(ask)).value

    def _limits(self, base: str) -> tuple[Limit, ...]:
        token = Limit(f"{_TOKEN}{self.principal}", self._terms.per_token)
        return (Limit(f"{_BASE}{base}", self._terms.per_base), token) if base else (token,)


def _is_endpoint(url: str) -> bool:
    """Tell whether a URL names a web server, and nothing that our paths would collide with."""
    try:
        parts = urlsplit(url)
        addressed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and addressed and plain
