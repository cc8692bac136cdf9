"""Requests that come in from outside: whether one is genuine, new enough and fit; a pure verdict.

A signed request carries `X-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body>` with the secret
of the trigger. What is signed tells one event from another: the same request again, within the window, is the
same event. A sender that signs anew when it tries again names its event, `t=<seconds>,k=<name>,v1=<hex>` over
`<t>.<k>.<body>`; a name begins with a letter, as no JSON does that could be taken for one.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from pydantic import JsonValue
from referencing import Registry

from pyairtable_mcp.base.text import visible
from pyairtable_mcp.workflows.definition.model import WebhookTrigger

SIGNATURE: Final = b"x-signature"
MOST_BYTES: Final = 262_144
"""Bytes that the body of a request may have."""
_SIGNED: Final = re.compile(rb"t=(\d{1,12})(?:,k=([A-Za-z][A-Za-z0-9_-]{0,79}))?,v1=([0-9a-f]{64})", re.ASCII)
_NAME: Final = re.compile(r"[!-~]{1,200}", re.ASCII)
_TOLD: Final = frozenset({"content-type", "user-agent", "x-request-id", "x-event"})
"""The headers that a run is told."""
_SHOWN: Final = 300

_UNPROVEN: Final = (
    "There is no such webhook, or this does not prove to know its secret: by one signature, X-Signature: "
    "t=<seconds>,v1=<hex> over <t>.<body>, or by one Authorization: Bearer <secret>, as the trigger has it."
)
"""The same for each way in which it is not proved, so that nobody learns which webhooks there are."""

Headers = Sequence[tuple[bytes, bytes]]
"""Headers as they came, their names in lower case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a request: 202 and its event, or another status and why.

    `key` tells the event from any other one; it is empty when nothing does, and the request is an event of
    its own.
    """

    status: int
    why: str = ""
    key: str = ""
    body: JsonValue = None
    headers: Mapping[str, JsonValue] | None = None


def judge(trigger: WebhookTrigger, secret: str, headers: Headers, body: bytes, now: float) -> Verdict:
    """Judge a request by its bytes; `now` is in seconds since 1970.

    A trigger that is not there is judged as one whose `secret` is empty: nobody can prove to know it.
    """
    if len(body) > MOST_BYTES:
        return Verdict(status=413, why=f"The body is larger than {MOST_BYTES} bytes.")
    if not secret:
        return Verdict(status=401, why=_UNPROVEN)
    key = _signed(trigger, secret, headers, body, now) if trigger.auth == "hmac" else _borne(secret, headers)
    if isinstance(key, Verdict):
        return key
    try:
        read: JsonValue = json.loads(body, parse_constant=_no_number) if body.strip() else {}
    except (ValueError, RecursionError):
        return Verdict(status=400, why="The body is not JSON.")
    if why := _unfit(trigger.payload, read):
        return Verdict(status=422, why=why)
    return Verdict(status=202, key=key, body=read, headers=_told(headers))


def sign(secret: str, body: bytes, now: float, name: str = "") -> str:
    """Return the value of `X-Signature` for a body, as a sender makes it."""
    stamp = str(int(now)).encode()
    parts = [stamp, name.encode()] if name else [stamp]
    mac = _mac(secret, b".".join([*parts, body])).decode()
    return f"t={stamp.decode()},k={name},v1={mac}" if name else f"t={stamp.decode()},v1={mac}"


def _mac(secret: str, text: bytes) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode()


def _signed(trigger: WebhookTrigger, secret: str, headers: Headers, body: bytes, now: float) -> str | Verdict:
    given = _values(headers, SIGNATURE)
    found = _SIGNED.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        return Verdict(status=401, why=_UNPROVEN)
    stamp, name, mac = found.groups()
    signed = b".".join([stamp, name, body] if name else [stamp, body])
    if not hmac.compare_digest(_mac(secret, signed), mac):
        return Verdict(status=401, why=_UNPROVEN)
    if abs(now - int(stamp)) > trigger.window_seconds:
        return Verdict(status=401, why=f"It was signed more than {trigger.window_seconds} s from now.")
    return f"name:{name.decode()}" if name else f"signature:{mac.decode()}"


def _borne(secret: str, headers: Headers) -> str | Verdict:
    given = _values(headers, b"authorization")
    expected = b"Bearer " + secret.encode()
    if len(given) != 1 or not hmac.compare_digest(given[0], expected):
        return Verdict(status=401, why=_UNPROVEN)
    names = [value.decode("latin-1") for value in _values(headers, b"idempotency-key")]
    if not names:
        return ""
    if len(names) != 1 or not _NAME.fullmatch(names[0]):
        return Verdict(status=400, why="One Idempotency-Key of at most 200 visible characters is taken.")
    return f"name:{names[0]}"


def _unfit(schema: Mapping[str, JsonValue], body: JsonValue) -> str:
    """Say what of a body does not fit; "" when it does."""
    if not schema:
        return ""
    # With a registry of its own nothing that a schema refers to is fetched from anywhere.
    error = best_match(Draft202012Validator(schema, registry=Registry()).iter_errors(body))
    if error is None:
        return ""
    return f"{visible(error.json_path)}: {visible(error.message)[:_SHOWN]}."


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _told(headers: Headers) -> dict[str, JsonValue]:
    pairs = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in headers]
    return {key: value[:_SHOWN] for key, value in pairs if key in _TOLD}


def _no_number(word: str) -> JsonValue:
    raise ValueError(word)
