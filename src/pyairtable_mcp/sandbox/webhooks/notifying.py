"""When a webhook's notifications are due: one waits at a time and tells of everything up to then.

Airtable retries with growing waits and gives up after about a day; notifications are off from then on until
they are enabled again. The waits are the sandbox's own.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from pyairtable_mcp.sandbox.state.model import Workspace
from pyairtable_mcp.sandbox.state.webhooks import Attempt, Ping, Webhook

RETRIES: Final = 13
"""Most retries of a notification; the waits before them add up to about 23 hours."""

FIRST_WAIT: Final = 10.0
"""Seconds before the first retry; each later wait is twice as long."""

JITTER: Final = 0.1
"""By what share a wait may be shorter or longer."""


def notify(workspace: Workspace, webhook: Webhook, now: datetime) -> None:
    """Let a notification of everything told so far be due, if the webhook wants any."""
    if webhook.notifies and webhook.url:
        fresh = Ping(made=now, due=now, about=webhook.next - 1)
        waiting = webhook.ping
        webhook.ping = replace(fresh, due=waiting.due, retry=waiting.retry) if waiting else fresh
        workspace.bell.set()


def wait_before(retry: int, rng: Random) -> float | None:
    """Return the seconds to wait before a retry, counted from 1; None when there are no more."""
    if retry > RETRIES:
        return None
    return FIRST_WAIT * 2.0 ** (retry - 1) * rng.uniform(1 - JITTER, 1 + JITTER)


def settle(webhook: Webhook, sent: Ping, error: str, milliseconds: float, now: datetime, rng: Random) -> None:
    """Write down how an attempt went ("" for well) and decide what comes next."""
    waiting = webhook.ping
    wait = wait_before(sent.retry + 1, rng) if error and waiting else None
    webhook.last = Attempt(now, milliseconds, sent.retry, error, again=wait is not None)
    if not error:
        webhook.succeeded = now
    if waiting is None:
        return
    if wait is not None:
        webhook.ping = replace(waiting, due=now + timedelta(seconds=wait), retry=sent.retry + 1)
    elif error:
        webhook.ping, webhook.notifies = None, False
    else:
        changed = waiting.about != sent.about
        webhook.ping = replace(waiting, due=now, retry=0) if changed else None
