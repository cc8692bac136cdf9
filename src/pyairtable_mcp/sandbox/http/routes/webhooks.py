"""Webhooks of a base and the payloads they have collected."""

import base64
import re
from collections.abc import Mapping
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.http.call import Call, checked, flag
from pyairtable_mcp.sandbox.state.webhooks import Watch, Webhook
from pyairtable_mcp.sandbox.webhooks.announcing import KEPT, living
from pyairtable_mcp.sandbox.wire import hidden, invalid, refusal

MOST: Final = 10
"""Webhooks a base may have (Airtable support, webhooks)."""

PAGE: Final = 50
"""Most payloads on one page."""

_TYPES: Final = frozenset({"tableData", "tableFields", "tableMetadata"})
_KINDS: Final = frozenset({"add", "remove", "update"})
_FILTERS: Final = frozenset(
    {
        "dataTypes",
        "recordChangeScope",
        "changeTypes",
        "fromSources",
        "sourceOptions",
        "watchDataInFieldIds",
        "watchSchemasOfFieldIds",
    }
)
_INCLUDES: Final = frozenset(
    {"includeCellValuesInFieldIds", "includePreviousCellValues", "includePreviousFieldDefinitions"}
)


def list_webhooks(call: Call) -> Json:
    """Answer the webhooks of a base, without their secrets."""
    return {"webhooks": [_shown(each) for each in living(call.base, call.world.workspace.clock.now())]}


def create_webhook(call: Call) -> Json:
    """Create a webhook and answer its secret."""
    body, workspace = call.object({"notificationUrl", "specification"}), call.world.workspace
    url = body.get("notificationUrl") or ""
    if not isinstance(url, str) or (url and not re.match(r"https?://[^/\s]", url)):
        raise invalid("notificationUrl must be a web address")
    specification = body.get("specification")
    watch = _watch(call, specification)
    now = workspace.clock.now()
    if len(list(living(call.base, now))) >= MOST:
        raise refusal("TOO_MANY_WEBHOOKS_IN_BASE", f"A base may have {MOST} webhooks")
    webhook = Webhook(
        id=workspace.new_id("ach"),
        specification=specification if isinstance(specification, Mapping) else {},
        watch=watch,
        url=url,
        secret=workspace.rng.randbytes(32),
        expires=now + KEPT,
    )
    call.base.webhooks[webhook.id] = webhook
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
    """Let a webhook live for seven days from now."""
    webhook = _webhook(call)
    webhook.expires = call.world.workspace.clock.now() + KEPT
    call.touch_base()
    return {"expirationTime": iso(webhook.expires)}


def enable_notifications(call: Call) -> Json:
    """Turn notifications on or off; the answer is empty."""
    body = call.object({"enable"})
    if "enable" not in body:
        raise invalid("enable must be true or false")
    _webhook(call).notifies = flag(body, "enable")
    call.touch_base()
    return None


def list_payloads(call: Call) -> Json:
    """Answer a page of payloads from a cursor on; this also lets the webhook live longer."""
    given = dict(call.query)
    if set(given) - {"cursor", "limit"}:
        raise invalid("unknown parameter")
    cursor, size = _number(given, "cursor", 1, 10**9), _number(given, "limit", PAGE, PAGE)
    webhook = _webhook(call)
    webhook.expires = call.world.workspace.clock.now() + KEPT
    call.touch_base()
    found = [each for each in webhook.payloads if each.cursor >= cursor]
    page = found[:size]
    return {
        "payloads": [each.body for each in page],
        "cursor": page[-1].cursor + 1 if page else max(cursor, webhook.next),
        "mightHaveMore": len(found) > size,
    }


def _webhook(call: Call) -> Webhook:
    living(call.base, call.world.workspace.clock.now())
    webhook = call.base.webhooks.get(call.path["webhook"])
    if webhook is None:
        raise hidden()
    return webhook


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
        "lastNotificationResult": None,
        "areNotificationsEnabled": webhook.notifies,
        "lastSuccessfulNotificationTime": None,
        "isHookEnabled": True,
        "expirationTime": iso(webhook.expires),
    }


def _watch(call: Call, specification: Json) -> Watch:
    """Read a specification; refuse what it does not have, and what the sandbox cannot watch."""
    options = checked(checked(specification, {"options"}).get("options"), {"filters", "includes"})
    filters = checked(options.get("filters"), _FILTERS)
    includes = checked(options.get("includes") or {}, _INCLUDES)
    types = _words(filters, "dataTypes", _TYPES)
    if not types:
        raise invalid("dataTypes must name what to watch")
    scope = filters.get("recordChangeScope") or ""
    if not isinstance(scope, str) or (scope and scope not in call.base.tables):
        raise invalid("recordChangeScope must be the id of a table")
    known = frozenset(key for table in call.base.tables.values() for key in table.fields)
    everything = includes.get("includeCellValuesInFieldIds") == "all"
    return Watch(
        records="tableData" in types,
        scope=scope,
        fields=frozenset(_words(filters, "watchDataInFieldIds", known)),
        kinds=frozenset(_words(filters, "changeTypes", _KINDS)),
        sources=frozenset(_words(filters, "fromSources")),
        previous=flag(includes, "includePreviousCellValues"),
        unchanged=None if everything else _words(includes, "includeCellValuesInFieldIds", known),
    )


def _words(body: JsonObject, key: str, known: frozenset[str] | None = None) -> list[str]:
    """Return a list of words of a body, empty when missing; refuse unknown ones."""
    given = body.get(key) or []
    words = [each for each in given if isinstance(each, str)] if isinstance(given, list) else None
    if words is None or (isinstance(given, list) and len(words) < len(given)):
        raise invalid(f"{key} must be a list of texts")
    if known is not None and not known.issuperset(words):
        raise invalid(f"{key} names something unknown")
    return words
