"""Delivering notifications: signed, in order for each webhook, tried again when they do not arrive."""

import asyncio
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Final

from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.state.model import Base, Workspace
from pyairtable_mcp.sandbox.state.webhooks import Ping, Webhook
from pyairtable_mcp.sandbox.webhooks.notifying import settle
from pyairtable_mcp.sandbox.webhooks.posting import Post

ARRIVED: Final = frozenset({200, 204})
"""Statuses a receiver answers with when all is well (Airtable webhooks overview)."""


def signature(body: bytes, secret: bytes) -> str:
    """Return the value of the header `X-Airtable-Content-MAC` for a body."""
    return f"hmac-sha256={hmac.digest(secret, body, 'sha256').hex()}"


class Courier:
    """Sends what is due, one notification of a webhook at a time; what waits stays in the workspace."""

    def __init__(self, workspace: Workspace, post: Post) -> None:
        self._workspace = workspace
        self._post = post
        self._busy: set[str] = set()
        # Of its own, so that the ids of a seeded sandbox do not depend on who listens.
        self._dice = Random(0)

    async def run(self) -> None:
        """Deliver until cancelled."""
        bell = self._workspace.bell
        async with asyncio.TaskGroup() as group:
            while True:
                bell.clear()
                now, soonest = self._workspace.clock.now(), None
                for base, webhook, ping in self._waiting():
                    if ping.due <= now:
                        self._busy.add(webhook.id)
                        group.create_task(self._deliver(base, webhook, ping))
                    else:
                        soonest = min(soonest or ping.due, ping.due)
                await self._rest(bell, soonest)

    def _waiting(self) -> Iterator[tuple[Base, Webhook, Ping]]:
        for base in self._workspace.bases.values():
            for webhook in base.webhooks.values():
                if webhook.ping and webhook.id not in self._busy:
                    yield base, webhook, webhook.ping

    async def _rest(self, bell: asyncio.Event, until: datetime | None) -> None:
        """Return when the bell rings, or at a moment."""
        waits: list[asyncio.Future[bool]] = [asyncio.ensure_future(bell.wait())]
        if until:
            seconds = (until - self._workspace.clock.now()).total_seconds()
            waits.append(asyncio.ensure_future(self._sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _sleep(self, seconds: float) -> bool:
        await self._workspace.clock.sleep(seconds)
        return True

    async def _deliver(self, base: Base, webhook: Webhook, ping: Ping) -> None:
        clock = self._workspace.clock
        started = clock.monotonic()
        error = await self._attempt(base, webhook, ping)
        took = (clock.monotonic() - started) * 1000
        settle(webhook, ping, error, round(took, 3), clock.now(), self._dice)
        self._workspace.changes.bases.add(base.id)
        self._busy.discard(webhook.id)
        self._workspace.bell.set()

    async def _attempt(self, base: Base, webhook: Webhook, ping: Ping) -> str:
        """Send one notification; return what went wrong, "" for nothing."""
        content = {"base": {"id": base.id}, "webhook": {"id": webhook.id}, "timestamp": iso(ping.made)}
        body = json.dumps(content, separators=(",", ":")).encode("ascii")
        headers = {
            "Content-Type": "application/json",
            "X-Airtable-Content-MAC": signature(body, webhook.secret),
        }
        try:
            status = await self._post(webhook.url, headers, body)
        except OSError as error:
            return str(error) or type(error).__name__
        return "" if status in ARRIVED else f"The receiver answered with status {status}"
