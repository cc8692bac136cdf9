"""Chance as an adversary: an Airtable whose requests fail at random, before or after they take effect."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from pyairtable_mcp.base.clock import Clock

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

READ_TIMEOUT: Final = 30.0
_LIMITED: Final = json.dumps({"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Slow down"}]}).encode()
_HTML: Final = b"<html><body>Bad gateway</body></html>"


class Broken(Exception):
    """The connection broke off."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What one request meets: whether it takes effect, and what comes back (status 0: nothing)."""

    name: str
    commits: bool
    status: int = 0
    body: bytes = b""
    seconds: float = 0.0
    truncated: bool = False


MISHAPS: Final = (
    Mishap("429", commits=False, status=429, body=_LIMITED),
    Mishap("500 before", commits=False, status=500),
    Mishap("500 after", commits=True, status=500),
    Mishap("502 before", commits=False, status=502, body=_HTML),
    Mishap("502 after", commits=True, status=502, body=_HTML),
    Mishap("503 before", commits=False, status=503),
    Mishap("503 after", commits=True, status=503),
    Mishap("timeout before", commits=False, seconds=READ_TIMEOUT),
    Mishap("timeout after", commits=True, seconds=READ_TIMEOUT),
    Mishap("reset before", commits=False),
    Mishap("reset after", commits=True),
    Mishap("truncated body", commits=True, status=200, truncated=True),
    Mishap("HTML before", commits=False, status=200, body=_HTML),
    Mishap("HTML after", commits=True, status=200, body=_HTML),
)


class Flaky:
    """An ASGI application whose requests meet a mishap with probability `share`; `met` counts them.

    Every answer takes between 50 and 500 ms, so that requests overlap.
    """

    def __init__(self, app: App, clock: Clock, rng: Random, share: float) -> None:
        self.share = share
        self.met: Counter[str] = Counter()
        self.requests = 0
        self._app = app
        self._clock = clock
        self._rng = rng

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it."""
        self.requests += 1
        mishap = self._rng.choice(MISHAPS) if self._rng.random() < self.share else None
        await self._clock.sleep(self._rng.uniform(0.025, 0.25))
        if mishap is None:
            await self._app(scope, receive, send)
            await self._clock.sleep(self._rng.uniform(0.025, 0.25))
            return
        self.met[mishap.name] += 1
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        if mishap.commits:
            await self._app(scope, receive, keep)
        await self._clock.sleep(mishap.seconds)
        await _tell(mishap, answer, send)


async def _tell(mishap: Mishap, answer: list[Message], send: Send) -> None:
    if not mishap.status:
        raise Broken(mishap.name)
    if mishap.truncated:
        body = b"".join(message.get("body", b"") for message in answer)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body[: len(body) // 2]})
        return
    await send({"type": "http.response.start", "status": mishap.status, "headers": []})
    await send({"type": "http.response.body", "body": mishap.body})
