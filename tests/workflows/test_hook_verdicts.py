"""Requests from outside: only who knows the secret is let in, within the window, with a body that fits."""

import ast
import inspect
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.workflows.definition.model import WebhookTrigger
from pyairtable_mcp.workflows.triggers import hooks
from pyairtable_mcp.workflows.triggers.hooks import MOST_BYTES, Headers, Verdict, judge, sign

SECRET = "c0ffee" * 10
BODY = b'{"invoice": 7, "paid": true}'
NOW = 1_780_000_000.0
SIGNED = WebhookTrigger()
BORNE = WebhookTrigger(auth="bearer")


def signature(value: str | bytes) -> Headers:
    return [(b"x-signature", value if isinstance(value, bytes) else value.encode("latin-1"))]


def judged(headers: Headers, body: bytes = BODY, now: float = NOW, secret: str = SECRET) -> Verdict:
    return judge(SIGNED, secret, headers, body, now)


def test_a_signed_request_is_let_in_with_its_body() -> None:
    came = judged(
        [*signature(sign(SECRET, BODY, NOW)), (b"content-type", b"application/json"), (b"cookie", b"x")]
    )
    assert (came.status, came.body) == (202, {"invoice": 7, "paid": True})
    assert came.headers == {"content-type": "application/json"}


def test_the_same_request_again_is_the_same_event_and_another_body_is_another() -> None:
    again = [judged(signature(sign(SECRET, BODY, NOW)), now=NOW + late).key for late in (0, 299)]
    assert len(set(again)) == 1
    assert judged(signature(sign(SECRET, b"{}", NOW)), b"{}").key not in again
    assert judged(signature(sign(SECRET, BODY, NOW + 1))).key not in again


def test_a_named_event_is_the_same_however_often_it_is_signed() -> None:
    keys = {judged(signature(sign(SECRET, BODY, NOW + late, "order-7"))).key for late in range(3)}
    assert keys == {"name:order-7"}


def test_a_name_cannot_be_put_on_or_taken_off() -> None:
    stamp, mac = sign(SECRET, BODY, NOW).split(",v1=")
    assert judged(signature(f"{stamp},k=order-8,v1={mac}")).status == 401
    stamp, name, mac = sign(SECRET, BODY, NOW, "order-7").replace("k=", "").replace("v1=", "").split(",")
    assert judged(signature(f"{stamp},v1={mac}")).status == 401
    moved = judged(signature(f"{stamp},v1={mac}"), name.encode() + b"." + BODY)
    assert (moved.status, moved.why) == (400, "The body is not JSON.")


@pytest.mark.parametrize("place", range(64))
def test_a_mac_with_any_digit_changed_is_refused(place: int) -> None:
    head, mac = sign(SECRET, BODY, NOW).split("v1=")
    for digit in "0123456789abcdef":
        forged = mac[:place] + digit + mac[place + 1 :]
        came = judged(signature(f"{head}v1={forged}"))
        assert came.status == (202 if forged == mac else 401)


@pytest.mark.parametrize("place", range(len(sign(SECRET, BODY, NOW))))
def test_a_header_with_any_bit_flipped_is_refused(place: int) -> None:
    good = sign(SECRET, BODY, NOW).encode()
    for bit in range(8):
        forged = bytearray(good)
        forged[place] ^= 1 << bit
        assert judged(signature(bytes(forged))).status == 401


def test_a_body_with_any_bit_flipped_is_refused() -> None:
    good = signature(sign(SECRET, BODY, NOW))
    for place in range(len(BODY)):
        for bit in range(8):
            forged = bytearray(BODY)
            forged[place] ^= 1 << bit
            assert judged(good, bytes(forged)).status == 401


@settings(max_examples=200)
@given(st.binary(max_size=120))
def test_no_other_header_is_let_in(value: bytes) -> None:
    assert judged(signature(value)).status == 401


FORGERIES: dict[str, Headers] = {
    "none": [],
    "empty": signature(""),
    "twice": [*signature(sign(SECRET, BODY, NOW))] * 2,
    "of another secret": signature(sign("other", BODY, NOW)),
    "of no secret": signature(sign("", BODY, NOW)),
    "upper case": signature(sign(SECRET, BODY, NOW).upper()),
    "blank before": signature(" " + sign(SECRET, BODY, NOW)),
    "line break behind": signature(sign(SECRET, BODY, NOW) + "\n"),
    "other digits": signature(sign(SECRET, BODY, NOW).encode().replace(b"t=1", b"t=\xb9")),
    "another scheme": signature(sign(SECRET, BODY, NOW).replace("v1=", "v0=")),
    "a stamp before the epoch": signature("t=-1,v1=" + "0" * 64),
    "a bearer's": [(b"authorization", f"Bearer {SECRET}".encode())],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_request_is_refused(name: str) -> None:
    assert judged(FORGERIES[name]).status == 401


def test_without_a_secret_nobody_is_let_in() -> None:
    assert judged(signature(sign("", BODY, NOW)), secret="").status == 401
    assert judge(BORNE, "", [(b"authorization", b"Bearer ")], BODY, NOW).status == 401


@pytest.mark.parametrize(
    ("late", "status"), [(-301, 401), (-300, 202), (300, 202), (301, 401), (86_400, 401)]
)
def test_a_request_is_refused_outside_its_window(late: int, status: int) -> None:
    assert judged(signature(sign(SECRET, BODY, NOW)), now=NOW + late).status == status


def test_a_bearer_is_let_in_and_names_its_events() -> None:
    good = (b"authorization", f"Bearer {SECRET}".encode())
    assert judge(BORNE, SECRET, [good], BODY, NOW).status == 202
    assert judge(BORNE, SECRET, [good], BODY, NOW).key == ""
    named = [good, (b"idempotency-key", b"order 7")]
    assert judge(BORNE, SECRET, named, BODY, NOW).status == 400
    assert judge(BORNE, SECRET, [good, (b"idempotency-key", b"order-7")], b"{}", NOW).key == "name:order-7"
    for place in range(len(good[1])):
        forged = bytearray(good[1])
        forged[place] ^= 1
        assert judge(BORNE, SECRET, [(good[0], bytes(forged))], BODY, NOW).status == 401
    assert judge(BORNE, SECRET, [good, good], BODY, NOW).status == 401


@pytest.mark.parametrize("body", [b"{", b"NaN", b"[1e999", b"\xff", b"{}{}", b"[" * 100_000])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    assert judged(signature(sign(SECRET, body, NOW)), body).status == 400


def test_an_empty_body_is_an_empty_object() -> None:
    assert judged(signature(sign(SECRET, b"", NOW)), b"").body == {}


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert judged([], b"x" * (MOST_BYTES + 1)).status == 413


SCHEMA: dict[str, JsonValue] = {
    "type": "object", "required": ["invoice"], "properties": {"invoice": {"type": "integer"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [(b'{"invoice": 7}', 202, ""), (b"{}", 422, "'invoice' is a required property"),
     (b'{"invoice": "7"}', 422, r"\$\.invoice"), (b"[]", 422, "is not of type 'object'")],
)  # fmt: skip
def test_a_body_has_to_fit_the_schema_and_is_told_what_does_not(body: bytes, status: int, why: str) -> None:
    trigger = WebhookTrigger(payload=SCHEMA)
    came = judge(trigger, SECRET, signature(sign(SECRET, body, NOW)), body, NOW)
    assert came.status == status
    assert re.search(why, came.why)


def test_secrets_are_compared_in_constant_time() -> None:
    tree = ast.parse(inspect.getsource(hooks))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls.count("hmac.compare_digest") == 2
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [one for one in compared if re.search(r"\b(mac|secret|expected)\b", one)]
