"""Webhooks of a base and the payloads they have collected."""

import base64
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.access.admission import Needs, permit
from pyairtable_mcp.sandbox.http.call import Call, flag
from pyairtable_mcp.sandbox.http.specification import read_specification
from pyairtable_mcp.sandbox.state.webhooks import Attempt, Watch, Webhook
from pyairtable_mcp.sandbox.webhooks.lifetimes import KEPT, living
from pyairtable_mcp.sandbox.webhooks.notifying import notify
from pyairtable_mcp.sandbox.wire import hidden, invalid, refusal

MOST: Final = 10
"""Webhooks a base may have (Airtable API reference, create a webhook)."""

MOST_OF_ONE: Final = 2
"""Webhooks an OAuth integration may have in a base (same place)."""

PAGE: Final = 50
"""Most payloads on one page (list webhook payloads)."""

_SCHEMA: Final = frozenset({"schema.bases:read"})
_SCOPES: Final = {
    "tableData": frozenset({"data.records:read"}),
    "tableFields": _SCHEMA,
    "tableMetadata": _SCHEMA,
}
"""What a token must be allowed to read before it hears of it (webhooks overview)."""


def list_webhooks(call: Call) -> Json:
    """Answer the webhooks of a base that the caller sees, without their secrets."""
    return {"webhooks": [_shown(each) for each in _seen(call)]}


def create_webhook(call: Call) -> Json:
    """Create a webhook and answer its secret; a first notification is due at once."""
    body, workspace = call.object({"notificationUrl", "specification"}), call.world.workspace
    url = body.get("notificationUrl") or ""
    if not isinstance(url, str) or (url and not re.match(r"https?://[^/\s]", url)):
        raise invalid("notificationUrl must be a web address")
    specification = body.get("specification")
    watch = read_specification(call.base, specification)
    _permit(call, watch)
    _make_room(call)
    now = workspace.clock.now()
    webhook = Webhook(
        id=workspace.new_id("ach"),
        specification=specification if isinstance(specification, Mapping) else {},
        watch=watch,
        url=url,
        secret=workspace.rng.randbytes(32),
        expires=now + KEPT,
        client=call.token.client_id,
    )
    call.base.webhooks[webhook.id] = webhook
    notify(workspace, webhook, now)
    call.touch_base()
    return {
        "id": webhook.id,
        "macSecretBase64": base64.b64encode(webhook.secret).decode("ascii"),
        "expirationTime": iso(webhook.expires),
    }


def delete_webhook(call: Call) -> Json:
    """Delete a webhook; the answer is empty."""
    del call.base.webhooks[_webhook(call).id]
    call.touch_base()
    return None


def refresh_webhook(call: Call) -> Json:
    """Let a webhook live for seven days from now; refuse one that is disabled."""
    webhook = _webhook(call)
    if not webhook.enabled:
        raise invalid("the webhook is disabled")
    _prolong(call, webhook)
    return {"expirationTime": iso(webhook.expires)}


def enable_notifications(call: Call) -> Json:
    """Turn notifications on or off; the answer is empty."""
    body = call.object({"enable"})
    if "enable" not in body:
        raise invalid("enable must be true or false")
    webhook = _webhook(call)
    webhook.notifies = flag(body, "enable")
    if not webhook.notifies:
        webhook.ping = None
    call.touch_base()
    return None


def list_payloads(call: Call) -> Json:
    """Answer a page of payloads from a cursor on; this also lets the webhook live longer."""
    given = dict(call.query)
    if set(given) - {"cursor", "limit"}:
        raise invalid("unknown parameter")
    cursor, size = _number(given, "cursor", 1, 10**9), _number(given, "limit", PAGE, PAGE)
    webhook = _webhook(call)
    _permit(call, webhook.watch)
    if webhook.enabled:
        _prolong(call, webhook)
    first = webhook.payloads[0].cursor if webhook.payloads else webhook.next
    skipped = max(0, cursor - first)
    page = list(islice(webhook.payloads, skipped, skipped + size))
    return {
        "payloads": [each.body for each in page],
        "cursor": page[-1].cursor + 1 if page else cursor,
        "mightHaveMore": len(webhook.payloads) > skipped + size,
    }


def _prolong(call: Call, webhook: Webhook) -> None:
    webhook.expires = call.world.workspace.clock.now() + KEPT
    call.touch_base()


def _webhook(call: Call) -> Webhook:
    found = next((each for each in _seen(call) if each.id == call.path["webhook"]), None)
    if found is None:
        raise hidden()
    return found


def _seen(call: Call) -> Sequence[Webhook]:
    """Return the webhooks there are; an OAuth integration sees only its own (webhooks overview)."""
    client = call.token.client_id
    found = living(call.base, call.world.workspace.clock.now())
    return [each for each in found if client in ("", each.client)]


def _make_room(call: Call) -> None:
    """Refuse one webhook too many; disabled ones do not count."""
    enabled = [each for each in living(call.base, call.world.workspace.clock.now()) if each.enabled]
    if len(enabled) >= MOST:
        raise refusal("TOO_MANY_WEBHOOKS_IN_BASE", f"A base may have {MOST} webhooks")
    client = call.token.client_id
    if client and sum(each.client == client for each in enabled) >= MOST_OF_ONE:
        raise refusal(
            "TOO_MANY_WEBHOOKS_IN_BASE", f"An integration may have {MOST_OF_ONE} webhooks in a base"
        )


def _permit(call: Call, watch: Watch) -> None:
    """Refuse with 403 a token that may not read what a webhook watches."""
    scopes = [_SCOPES[each] for each in sorted(watch.types)]
    permit(call.world.workspace, call.token, Needs(scopes, "none"), None)


def _number(given: Mapping[str, str], key: str, default: int, most: int) -> int:
    text = given.get(key, str(default))
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise invalid(f"{key} must be between 1 and {most}")
    return int(text)


def _shown(webhook: Webhook) -> JsonObject:
    return {
        "id": webhook.id,
        "specification": webhook.specification,
        "notificationUrl": webhook.url or None,
        "cursorForNextPayload": webhook.next,
        "lastNotificationResult": _result(webhook.last) if webhook.last else None,
        "areNotificationsEnabled": webhook.notifies,
        "lastSuccessfulNotificationTime": iso(webhook.succeeded) if webhook.succeeded else None,
        "isHookEnabled": webhook.enabled,
        "expirationTime": iso(webhook.expires),
    }


def _result(attempt: Attempt) -> JsonObject:
    """Return the metadata of the last notification (webhooks reference, notification)."""
    shown: dict[str, Json] = {
        "success": not attempt.error,
        "completionTimestamp": iso(attempt.completed),
        "durationMs": attempt.milliseconds,
        "retryNumber": attempt.retry,
    }
    if attempt.error:
        shown["error"] = {"message": attempt.error}
        shown["willBeRetried"] = attempt.again
    return shown
