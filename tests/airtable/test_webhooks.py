"""Webhooks over the client, and telling a genuine notification from a forged one."""

import ast
import base64
import hashlib
import hmac
import inspect
from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import NewWebhook, PayloadPage, is_genuine, read_notification, webhooks
from pyairtable_mcp.base.errors import BadValue, Forbidden, OutcomeUnknown, Unavailable
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair

EVERYTHING: dict[str, JsonValue] = {"options": {"filters": {"dataTypes": ["tableData"]}}}
SECRET = base64.b64encode(b"super duper secret").decode()
BODY = b'{"base":{"id":"app1"},"webhook":{"id":"ach1"},"timestamp":"2026-01-01T00:00:00.000Z","x":"\xff"}'
MAC = b"hmac-sha256=" + hmac.new(b"super duper secret", BODY, hashlib.sha256).hexdigest().encode()


async def created(pair: Pair) -> NewWebhook:
    return await pair.at.create_webhook(pair.base, EVERYTHING, notification_url="https://example.com/x")


async def pages(pair: Pair, webhook: str, cursor: int = 1) -> list[PayloadPage]:
    return [page async for page in pair.at.webhook_payloads(pair.base, webhook, cursor=cursor)]


async def test_a_webhook_is_made_listed_refreshed_silenced_and_deleted(pair: Pair) -> None:
    made = await created(pair)
    assert made.mac_secret_base64
    assert made.mac_secret_base64 not in repr(made)
    await pair.clock.advance(3_600.0)
    assert await pair.at.refresh_webhook(pair.base, made.id) > made.expiration_time
    await pair.at.notify_webhook(pair.base, made.id, enable=False)
    (listed,) = await pair.at.webhooks(pair.base)
    assert (listed.id, listed.notification_url) == (made.id, "https://example.com/x")
    assert (listed.are_notifications_enabled, listed.is_hook_enabled) == (False, True)
    assert listed.specification == EVERYTHING
    assert listed.cursor_for_next_payload == 1
    await pair.at.notify_webhook(pair.base, made.id, enable=True)
    await pair.at.delete_webhook(pair.base, made.id)
    assert await pair.at.webhooks(pair.base) == ()
    with pytest.raises(Forbidden):
        await pair.at.delete_webhook(pair.base, made.id)


async def test_a_webhook_nobody_is_notified_of_has_no_address(pair: Pair) -> None:
    await pair.at.create_webhook(pair.base, EVERYTHING)
    (listed,) = await pair.at.webhooks(pair.base)
    assert listed.notification_url == ""


async def test_payloads_are_read_page_by_page_from_a_cursor_to_the_end(pair: Pair) -> None:
    hook = await created(pair)
    name = pair.tasks.primary_field_id
    for number in range(7):
        await pair.at.create_records(
            pair.base, pair.tasks.id, [{name: f"{number} {each}"} for each in range(20)]
        )
    pair.asked()
    assert [len(page.payloads) for page in await pages(pair, hook.id)] == [14]
    assert pair.asked() == ["GET 200"]
    (page,) = await pages(pair, hook.id, cursor=12)
    assert [each.cursor for each in page.payloads] == [12, 13, 14]
    assert [each.base_transaction_number for each in page.payloads] == [12, 13, 14]
    assert (page.cursor, page.more) == (15, False)
    change = page.payloads[0].changed_tables_by_id[pair.tasks.id]
    assert isinstance(change, dict)
    made = change["createdRecordsById"]
    assert isinstance(made, dict)
    assert len(made) == 10
    (nothing,) = await pages(pair, hook.id, cursor=15)
    assert (nothing.payloads, nothing.cursor) == ((), 15)


async def test_more_than_a_page_of_payloads_takes_more_requests(pair: Pair) -> None:
    hook = await created(pair)
    name = pair.tasks.primary_field_id
    for number in range(101):
        await pair.run(pair.at.create_records(pair.base, pair.tasks.id, [{name: str(number)}]))
    pair.asked()
    found = await pair.run(pages(pair, hook.id))
    assert [(len(page.payloads), page.cursor, page.more) for page in found] == [
        (50, 51, True), (50, 101, True), (1, 102, False),
    ]  # fmt: skip
    assert pair.asked() == ["GET 200"] * 3


async def test_reading_can_stop_after_any_page(pair: Pair) -> None:
    hook = await created(pair)
    body: JsonValue = {"payloads": [], "cursor": 9, "mightHaveMore": True}
    pair.sandbox.faults.add(Fault(status=200, body=body))
    async for page in pair.at.webhook_payloads(pair.base, hook.id):
        assert page.cursor == 9
        break
    assert len(pair.asked()) == 2


async def test_a_cursor_that_does_not_move_ends_the_reading(pair: Pair) -> None:
    hook = await created(pair)
    body: JsonValue = {"payloads": [], "cursor": 3, "mightHaveMore": True}
    pair.sandbox.faults.add(Fault(status=200, body=body, times=9))
    (page,) = await pages(pair, hook.id, cursor=3)
    assert page.more


async def test_a_payload_that_airtable_could_not_make_says_why(pair: Pair) -> None:
    hook = await created(pair)
    payload: JsonValue = {"error": True, "code": "INVALID_HOOK", "newKey": 1, "timestamp": None}
    pair.sandbox.faults.add(
        Fault(status=200, body={"payloads": [payload], "cursor": 2, "mightHaveMore": False})
    )
    (page,) = await pages(pair, hook.id)
    assert (page.payloads[0].error, page.payloads[0].code, page.payloads[0].cursor) == (
        True,
        "INVALID_HOOK",
        1,
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"payloads": []}, {"payloads": [], "cursor": "1", "mightHaveMore": False},
     {"payloads": [1], "cursor": 2, "mightHaveMore": False}, {"cursor": 2, "mightHaveMore": False}],
)  # fmt: skip
async def test_a_page_of_another_shape_is_no_answer(pair: Pair, body: JsonValue) -> None:
    hook = await created(pair)
    pair.sandbox.faults.add(Fault(status=200, body=body, times=9))
    with pytest.raises(Unavailable):
        await pair.run(pages(pair, hook.id))


@pytest.mark.parametrize(("body", "until"), [({"expirationTime": None}, ""), ({"expirationTime": "t"}, "t")])
async def test_a_webhook_may_never_end(pair: Pair, body: JsonValue, until: str) -> None:
    hook = await created(pair)
    pair.sandbox.faults.add(Fault(status=200, body=body))
    assert await pair.at.refresh_webhook(pair.base, hook.id) == until


async def test_a_refresh_that_says_nothing_is_of_unknown_outcome(pair: Pair) -> None:
    hook = await created(pair)
    pair.sandbox.faults.add(Fault(status=200, body={}, times=9))
    with pytest.raises(OutcomeUnknown):
        await pair.run(pair.at.refresh_webhook(pair.base, hook.id))


async def test_a_webhook_whose_creation_was_not_answered_is_not_made_twice(pair: Pair) -> None:
    pair.sandbox.faults.add(Fault(status=0, before_commit=False))
    with pytest.raises(OutcomeUnknown):
        await created(pair)
    assert len(await pair.at.webhooks(pair.base)) == 1


async def test_a_deletion_whose_answer_was_lost_is_done_and_another_refusal_is_not(pair: Pair) -> None:
    first, second = await created(pair), await created(pair)
    pair.sandbox.faults.add(Fault("DELETE", status=0, before_commit=False))
    await pair.run(pair.at.delete_webhook(pair.base, first.id))
    pair.sandbox.faults.add(Fault("DELETE", status=0, before_commit=True, times=9))
    with pytest.raises(OutcomeUnknown):
        await pair.run(pair.at.delete_webhook(pair.base, second.id))
    pair.sandbox.faults.clear()
    assert [each.id for each in await pair.at.webhooks(pair.base)] == [second.id]


def test_a_notification_with_its_own_mac_is_genuine() -> None:
    assert is_genuine(BODY, [MAC], SECRET)


def flipped(place: int, bit: int) -> bytes:
    changed = bytearray(MAC)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_one_bit_changed_anywhere_in_the_mac_is_refused() -> None:
    taken = [
        (place, bit)
        for place in range(len(MAC))
        for bit in range(8)
        if is_genuine(BODY, [flipped(place, bit)], SECRET)
    ]
    assert taken == []


def test_one_bit_changed_anywhere_in_the_body_is_refused() -> None:
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        assert not is_genuine(bytes(changed), [MAC], SECRET)


DIGEST = MAC.partition(b"=")[2]
FORGERIES: dict[str, Sequence[bytes]] = {
    "no header": [],
    "empty": [b""],
    "the name alone": [b"hmac-sha256="],
    "the digest alone": [DIGEST],
    "another algorithm": [b"hmac-sha1=" + DIGEST],
    "upper case": [b"hmac-sha256=" + DIGEST.upper()],
    "base64": [b"hmac-sha256=" + base64.b64encode(bytes.fromhex(DIGEST.decode()))],
    "cut": [MAC[:-1]],
    "lengthened": [MAC + b"0"],
    "blank before": [b" " + MAC],
    "blank behind": [MAC + b" "],
    "line break behind": [MAC + b"\n"],
    "not ASCII": [MAC[:-1] + b"\xff"],
    "full-width digits": [b"hmac-sha256=" + b"\xef\xbc\x90" * 64],
    "two headers": [MAC, MAC],
    "a right one and a wrong one": [MAC, b"hmac-sha256=" + b"0" * 64],
    "both in one": [MAC + b", " + MAC],
    "of another secret": [b"hmac-sha256=" + hmac.new(b"other", BODY, hashlib.sha256).hexdigest().encode()],
    "keyed with the base64 text": [
        b"hmac-sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest().encode()
    ],
    "of no key": [b"hmac-sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest().encode()],
    "of another body": [
        b"hmac-sha256=" + hmac.new(b"super duper secret", b"{}", hashlib.sha256).hexdigest().encode()
    ],
    "a hash without a key": [b"hmac-sha256=" + hashlib.sha256(BODY).hexdigest().encode()],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_mac_is_refused(name: str) -> None:
    assert not is_genuine(BODY, FORGERIES[name], SECRET)


@pytest.mark.parametrize("secret", ["", "====", "not base64!", "ä", "c3VwZXI"])
def test_a_secret_that_is_none_is_refused_instead_of_signing_with_it(secret: str) -> None:
    with pytest.raises(BadValue, match="MAC secret"):
        is_genuine(BODY, [MAC], secret)


async def test_macs_of_two_webhooks_are_not_taken_for_each_other(pair: Pair) -> None:
    first, second = await created(pair), await created(pair)
    key = base64.b64decode(first.mac_secret_base64)
    mac = b"hmac-sha256=" + hmac.new(key, BODY, hashlib.sha256).hexdigest().encode()
    assert is_genuine(BODY, [mac], first.mac_secret_base64)
    assert not is_genuine(BODY, [mac], second.mac_secret_base64)


def test_macs_are_compared_in_constant_time() -> None:
    tree = ast.parse(inspect.getsource(webhooks.is_genuine))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert calls.count("hmac.compare_digest") == 1
    assert compared == ["len(macs) == 1"]


def test_a_notification_names_base_and_webhook() -> None:
    body = b'{"base":{"id":"app1"},"webhook":{"id":"ach1"},"timestamp":"2026-01-01T00:00:00.000Z","more":1}'
    news = read_notification(body)
    assert (news.base.id, news.webhook.id, news.timestamp) == ("app1", "ach1", "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", BODY, b'{"base":"app1","webhook":"ach1","timestamp":"t"}']
)
def test_a_notification_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(BadValue, match="not a webhook notification"):
        read_notification(body)
