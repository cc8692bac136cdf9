"""Webhooks: what Airtable tells of changes, and whether a notification comes from Airtable.

A notification carries no data. It says that there is something to read, and the payloads are read from a
cursor on: whoever stores the cursor after what was dealt with loses nothing and does nothing twice.
"""

import base64
import binascii
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.gone import or_gone
from pyairtable_mcp.airtable.models import NewWebhook, Notification, Payload, Webhook
from pyairtable_mcp.airtable.shapes import list_of, model_of, models_of
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import BadValue

MAC_HEADER: Final = "X-Airtable-Content-MAC"
MAX_PAYLOADS: Final = 50
"""Payloads on one page (API reference, list webhook payloads)."""

Specification = Mapping[str, JsonValue]
"""What a webhook watches, in Airtable's own words (API reference: webhooks specification)."""


@dataclass(frozen=True, slots=True)
class PayloadPage:
    """Some payloads in their order, the cursor behind the last of them, and whether there may be more."""

    payloads: tuple[Payload, ...]
    cursor: int
    more: bool


async def create(channel: Channel, base: str, specification: Specification, url: str) -> NewWebhook:
    """Create a webhook that notifies `url`, or nobody when that is empty."""
    body: dict[str, JsonValue] = {"specification": dict(specification)}
    if url:
        body["notificationUrl"] = url
    ask = Ask(
        method="POST",
        segments=_webhooks(base),
        parse=model_of(NewWebhook),
        base=base,
        body=body,
        effect="once",
    )
    return await channel.ask(ask)


async def read(channel: Channel, base: str) -> tuple[Webhook, ...]:
    """Read the webhooks of a base."""
    ask = Ask(method="GET", segments=_webhooks(base), parse=models_of(Webhook, "webhooks"), base=base)
    return await channel.ask(ask)


async def delete(channel: Channel, base: str, webhook: str) -> None:
    """Delete a webhook; one that is gone after an unanswered try counts as deleted."""
    ask = Ask(
        method="DELETE",
        segments=_webhooks(base, webhook),
        parse=_nothing,
        base=base,
        effect="repeatable",
    )
    await or_gone(channel.ask(ask))


async def refresh(channel: Channel, base: str, webhook: str) -> str:
    """Keep a webhook for seven days from now and return when it ends; "" when it never does."""
    ask = Ask(
        method="POST",
        segments=_webhooks(base, webhook, "refresh"),
        parse=_expiration,
        base=base,
        effect="repeatable",
    )
    return await channel.ask(ask)


async def notify(channel: Channel, base: str, webhook: str, *, enable: bool) -> None:
    """Turn the notifications of a webhook on or off."""
    ask = Ask(
        method="POST",
        segments=_webhooks(base, webhook, "enableNotifications"),
        parse=_nothing,
        base=base,
        body={"enable": enable},
        effect="repeatable",
    )
    await channel.ask(ask)


async def read_payloads(
    channel: Channel, base: str, webhook: str, *, cursor: int, size: int = MAX_PAYLOADS
) -> PayloadPage:
    """Read one page of payloads from `cursor` (1 is the first) on; this also keeps the webhook alive."""
    ask = Ask(
        method="GET",
        segments=_webhooks(base, webhook, "payloads"),
        parse=_payload_page,
        base=base,
        query=(("cursor", str(cursor)), ("limit", str(size))),
    )
    return await channel.ask(ask)


async def payload_pages(
    channel: Channel, base: str, webhook: str, *, cursor: int
) -> AsyncIterator[PayloadPage]:
    """Yield page after page from `cursor` on, until there is no more; a cursor never goes back."""
    while True:
        page = await read_payloads(channel, base, webhook, cursor=cursor)
        yield page
        if not page.more or page.cursor <= cursor:
            return
        cursor = page.cursor


def is_genuine(body: bytes, macs: Sequence[bytes], secret: str) -> bool:
    """Tell whether a notification comes from who knows the webhook's secret.

    `body` is what came over the wire, untouched; `macs` are the values of all its `X-Airtable-Content-MAC`
    headers, of which there must be one; `secret` is the `mac_secret_base64` its creation was answered with.
    Raises `BadValue` for a secret that is none.
    """
    expected = b"hmac-sha256=" + hmac.new(_key(secret), body, sha256).hexdigest().encode("ascii")
    return len(macs) == 1 and hmac.compare_digest(macs[0], expected)


def read_notification(body: bytes) -> Notification:
    """Read a genuine notification; raises `BadValue` for one of another shape."""
    try:
        return Notification.model_validate_json(body)
    except ValueError as error:
        raise BadValue("This is not a webhook notification.") from error


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadValue("The webhook's MAC secret is not base64.") from error
    if not key:
        # Anybody can sign with an empty key.
        raise BadValue("The webhook's MAC secret is empty.")
    return key


def _webhooks(base: str, *rest: str) -> tuple[str, ...]:
    return ("bases", base, "webhooks", *rest)


def _nothing(_data: JsonValue) -> None:
    """Take any good answer; Airtable's has nothing in it."""


def _expiration(data: JsonValue) -> str:
    match data:
        case {"expirationTime": str(moment)}:
            return moment
        case {"expirationTime": None}:
            return ""
    raise BadShape("no expiration time")


def _payload_page(data: JsonValue) -> PayloadPage:
    match data:
        case {"cursor": int(cursor), "mightHaveMore": bool(more)}:
            given = list_of(data, "payloads")
            # The cursor is that of the next payload, so these are the ones before it.
            start = cursor - len(given)
            return PayloadPage(
                tuple(_payload(start + place, each) for place, each in enumerate(given)), cursor, more
            )
    raise BadShape("no page of payloads")


def _payload(cursor: int, data: JsonValue) -> Payload:
    match data:
        case dict():
            return Payload.model_validate({**data, "cursor": cursor})
    raise BadShape("not a payload")
