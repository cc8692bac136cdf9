"""pyairtable writes comments and keeps webhooks."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pyairtable.models import Webhook

from tests.clients.conftest import Served

SPECIFICATION: dict[str, Any] = {"options": {"filters": {"dataTypes": ["tableData"]}}}
WHERE = "http://127.0.0.1:9/ping"


def client(served: Served) -> str:
    return str(served.table("Clients").all(max_records=1)[0]["id"])


def test_a_comment_is_written_changed_listed_and_deleted(served: Served) -> None:
    table, key = served.table("Clients"), client(served)
    comment = table.add_comment(key, "Hello @[usrMeiTanaka00001]")
    assert comment.author.id == "usrSamRivera00001"
    assert comment.created_time == datetime(2026, 1, 1, tzinfo=UTC)
    assert comment.last_updated_time is None
    mentioned = comment.mentioned["usrMeiTanaka00001"]
    assert (mentioned.display_name, mentioned.type) == ("Mei Tanaka", "user")
    comment.text = "Changed"
    comment.save()
    (listed,) = table.comments(key)
    assert (listed.text, listed.last_updated_time) == ("Changed", datetime(2026, 1, 1, tzinfo=UTC))
    comment.delete()
    assert table.comments(key) == []


def test_comments_of_many_pages_are_all_listed_the_newest_first(served: Served) -> None:
    table, key = served.table("Clients"), client(served)
    for number in range(103):
        table.add_comment(key, f"Comment {number}")
    assert [each.text for each in table.comments(key)] == [
        f"Comment {number}" for number in range(102, -1, -1)
    ]


def test_a_comment_on_no_record_is_refused(served: Served) -> None:
    with pytest.raises(requests.HTTPError, match="404"):
        served.table("Clients").add_comment("recNone0000000000", "Nobody hears")


def added(served: Served, **more: Any) -> Webhook:
    made = served.base.add_webhook(WHERE, {"options": {**SPECIFICATION["options"], **more}})
    assert len(made.mac_secret_base64) >= 40
    return served.base.webhook(made.id)


def test_a_webhook_is_added_listed_and_deleted(served: Served) -> None:
    hook = added(served)
    assert hook.notification_url == WHERE
    assert (hook.are_notifications_enabled, hook.is_hook_enabled, hook.cursor_for_next_payload) == (
        True,
        True,
        1,
    )
    assert hook.expiration_time == datetime(2026, 1, 8, tzinfo=UTC)
    assert hook.specification.options.filters.data_types == ["tableData"]
    hook.delete()
    assert served.base.webhooks() == []


def test_notifications_are_switched_off_and_on_and_the_life_is_extended(served: Served) -> None:
    hook = added(served)
    hook.disable_notifications()
    assert not served.base.webhook(hook.id).are_notifications_enabled
    hook.enable_notifications()
    assert served.base.webhook(hook.id).are_notifications_enabled
    hook.extend_expiration()
    assert str(hook.expiration_time).startswith("2026-01-08")


def test_payloads_tell_what_was_created_changed_and_destroyed(served: Served) -> None:
    hook = added(served, includes={"includePreviousCellValues": True})
    table = served.table("Clients")
    schema = served.base.schema().table("Clients")
    name = schema.field("Name").id
    made = table.create({"Name": "Watched"})
    table.update(made["id"], {"Name": "Renamed"})
    table.delete(made["id"])
    created, changed, destroyed = (each.changed_tables_by_id[schema.id] for each in hook.payloads())
    assert created.created_records_by_id[made["id"]].cell_values_by_field_id[name] == "Watched"
    change = changed.changed_records_by_id[made["id"]]
    assert change.current.cell_values_by_field_id == {name: "Renamed"}
    assert change.previous
    assert change.previous.cell_values_by_field_id == {name: "Watched"}
    assert destroyed.destroyed_record_ids == [made["id"]]


def test_payloads_say_who_did_it_and_in_which_order(served: Served) -> None:
    hook = added(served)
    for number in range(3):
        served.table("Clients").create({"Name": f"Row {number}"})
    payloads = list(hook.payloads())
    assert [each.cursor for each in payloads] == [1, 2, 3]
    numbers = [each.base_transaction_number for each in payloads]
    assert numbers == sorted(set(numbers))
    assert {each.payload_format for each in payloads} == {"v0"}
    source = payloads[0].action_metadata
    assert source
    assert source.source == "publicApi"
    assert source.source_metadata["user"]["id"] == "usrSamRivera00001"
    assert [each.cursor for each in hook.payloads(cursor=3)] == [3]
    assert [each.cursor for each in hook.payloads(limit=2)] == [1, 2]
    assert served.base.webhook(hook.id).cursor_for_next_payload == 4


def test_payloads_of_many_pages_come_all(served: Served) -> None:
    hook = added(served)
    for number in range(53):
        served.table("Clients").create({"Name": f"Row {number}"})
    served.asked()
    assert len(list(hook.payloads())) == 53
    assert len(served.asked()) == 2


def test_an_eleventh_webhook_is_refused(served: Served) -> None:
    for _ in range(10):
        added(served)
    with pytest.raises(requests.HTTPError, match="TOO_MANY_WEBHOOKS_IN_BASE"):
        added(served)
