"""pyairtable reads and writes records."""

from typing import Any

import pytest
import requests
from pyairtable import Api

from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault, Sandbox
from tests.clients.conftest import STUDIO, Served
from tests.sandbox.serving import serving


def ids(records: list[Any]) -> list[str]:
    return [str(each["id"]) for each in records]


def test_all_iterate_and_first_agree(served: Served) -> None:
    table = served.table("Tasks")
    everything = table.all()
    pages = list(table.iterate(page_size=50))
    first = table.first()
    assert len(everything) == 900
    assert [len(page) for page in pages] == [50] * 18
    assert [each for page in pages for each in page] == everything
    assert first == everything[0]
    assert table.first(formula="{Name} = 'No such task'") is None


def test_a_record_is_got_by_table_name_and_by_table_id(served: Served) -> None:
    record = served.table("Clients").all(max_records=1)[0]
    key = served.base.schema().table("Clients").id
    assert served.table("Clients").get(record["id"]) == record
    assert served.api.table(STUDIO, key).get(record["id"]) == record


def test_fields_sort_view_and_limits_are_obeyed(served: Served) -> None:
    table = served.table("Tasks")
    found = table.all(
        fields=["Name", "Priority"], sort=["-Priority", "Name"], view="Open tasks", max_records=120
    )
    assert len(found) == 120
    assert {key for each in found for key in each["fields"]} <= {"Name", "Priority"}
    order = [(-each["fields"].get("Priority", 0), each["fields"]["Name"].lower()) for each in found]
    assert order == sorted(order)


def test_cells_are_spelled_when_strings_are_asked_for(served: Served) -> None:
    options: dict[str, Any] = {"cell_format": "string", "time_zone": "Europe/Paris", "user_locale": "fr"}
    table = served.table("Tasks")
    (found,) = table.all(max_records=1, formula="{Billable}", **options)
    assert found["fields"]["Billable"] == "checked"
    assert {type(cell) for cell in found["fields"].values()} == {str}
    assert table.get(found["id"], **options) == found


def test_fields_are_keyed_by_id_for_one_call_or_for_the_whole_api(served: Served) -> None:
    record = served.table("Clients").all(max_records=1, use_field_ids=True)[0]
    by_id = Api(DEFAULT_TOKEN, endpoint_url=served.url, use_field_ids=True, retry_strategy=None)
    table = by_id.table(STUDIO, "Clients")
    assert table.get(record["id"]) == record
    name = served.base.schema().table("Clients").field("Name").id
    made = table.create({name: "By id"})
    assert made["fields"][name] == "By id"
    assert table.update(made["id"], {"Name": "By name"})["fields"][name] == "By name"
    assert table.batch_update([{"id": made["id"], "fields": {}}])[0]["fields"][name] == "By name"
    by_id.session.close()


def test_comments_are_counted_when_asked(served: Served) -> None:
    table = served.table("Clients")
    first, second = ids(table.all(max_records=2))
    table.add_comment(first, "One")
    found: list[Any] = table.all(max_records=2, count_comments=True)
    assert [(each["id"], each["commentCount"]) for each in found] == [(first, 1), (second, 0)]


def test_a_record_is_created_changed_replaced_and_deleted(served: Served) -> None:
    table = served.table("Clients")
    made = table.create({"Name": "From pyairtable", "Status": "Lead"})
    assert table.get(made["id"])["fields"]["Status"] == "Lead"
    assert table.update(made["id"], {"Status": "Active"})["fields"]["Status"] == "Active"
    assert "Status" not in table.update(made["id"], {"Name": "Only"}, replace=True)["fields"]
    assert table.delete(made["id"]) == {"id": made["id"], "deleted": True}
    with pytest.raises(requests.HTTPError, match="NOT_FOUND"):
        table.get(made["id"])


def test_batches_of_any_size_go_ten_at_a_time(served: Served) -> None:
    table = served.table("Clients")
    made = table.batch_create([{"Name": f"Batch {number}"} for number in range(23)])
    changed = table.batch_update([{"id": key, "fields": {"City": "Bonn"}} for key in ids(made)])
    replaced = table.batch_update(
        [{"id": key, "fields": {"Name": "Only"}} for key in ids(made)], replace=True
    )
    deleted = table.batch_delete(ids(made))
    assert {each["fields"]["City"] for each in changed} == {"Bonn"}
    assert not any("City" in each["fields"] for each in replaced)
    assert ids(deleted) == ids(made)
    assert len(table.all()) == 60
    methods = [line.split()[0] for line in served.asked()]
    assert [methods.count(each) for each in ("POST", "PATCH", "PUT", "DELETE")] == [3, 3, 3, 3]


def test_typecast_makes_options_and_reads_numbers(served: Served) -> None:
    table = served.table("Clients")
    row: dict[str, Any] = {"Name": "Cast", "Status": "Dormant", "Rating": "4"}
    with pytest.raises(requests.HTTPError, match="INVALID_MULTIPLE_CHOICE_OPTIONS"):
        table.create(row)
    made = table.create(row, typecast=True)
    assert (made["fields"]["Status"], made["fields"]["Rating"]) == ("Dormant", 4)
    assert table.update(made["id"], {"Rating": "2"}, typecast=True)["fields"]["Rating"] == 2


def test_upserts_tell_the_created_from_the_updated(served: Served) -> None:
    table = served.table("Clients")
    rows = [{"fields": {"Name": f"Upserted {number}", "City": "Ulm"}} for number in range(12)]
    first = table.batch_upsert(rows, key_fields=["Name"])
    again = table.batch_upsert([*rows, {"fields": {"Name": "One more"}}], key_fields=["Name"])
    assert (len(first["createdRecords"]), len(first["updatedRecords"])) == (12, 0)
    assert (len(again["createdRecords"]), len(again["updatedRecords"])) == (1, 12)
    by_id = table.batch_upsert(
        [{"id": first["createdRecords"][0], "fields": {"Name": "Renamed"}}], key_fields=["Name"], replace=True
    )
    assert by_id["updatedRecords"] == [first["createdRecords"][0]]
    assert "City" not in by_id["records"][0]["fields"]


def test_a_file_is_uploaded_and_appended(served: Served) -> None:
    table = served.table("Projects")
    key = table.create({"Name": "With a file"})["id"]
    field = served.base.schema().table("Projects").field("Files")
    table.upload_attachment(key, "Files", "first.txt", content="Hello")
    found: Any = table.upload_attachment(key, field.id, "second.bin", content=b"\x00\x01", content_type="x/y")
    files = found["fields"][field.id]
    assert [(each["filename"], each["size"], each["type"]) for each in files] == [
        ("first.txt", 5, "text/plain"),
        ("second.bin", 2, "x/y"),
    ]
    kept: Any = table.get(key)["fields"]["Files"]
    assert [each["id"] for each in kept] == [each["id"] for each in files]
    assert [line for line in served.asked() if "uploadAttachment" in line] == [
        f"POST /v0/{STUDIO}/{key}/Files/uploadAttachment 200",
        f"POST /v0/{STUDIO}/{key}/{field.id}/uploadAttachment 200",
    ]


def test_a_file_above_five_megabytes_is_refused(served: Served) -> None:
    key = served.table("Projects").create({"Name": "Heavy"})["id"]
    with pytest.raises(requests.HTTPError, match="413"):
        served.table("Projects").upload_attachment(
            key, "Files", "big.bin", content=b"x" * (5 * 1024 * 1024 + 1)
        )


def test_refusals_are_errors_that_name_their_kind(served: Served) -> None:
    for refused, kind in (
        (lambda: served.table("Nope").all(), "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
        (lambda: served.table("Clients").create({"Nope": 1}), "UNKNOWN_FIELD_NAME"),
        (lambda: served.table("Clients").all(view="Nope"), "VIEW_NAME_NOT_FOUND"),
        (lambda: served.table("Clients").all(formula="{"), "INVALID_FILTER_BY_FORMULA"),
        (lambda: served.table("Clients").batch_delete(["recNone0000000000"]), "ROW_DOES_NOT_EXIST"),
    ):
        with pytest.raises(requests.HTTPError, match=kind):
            refused()


def test_a_broken_connection_is_an_error(served: Served) -> None:
    served.sandbox.faults.add(Fault(status=0))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        served.api.whoami()


def test_a_429_is_waited_out_and_asked_again() -> None:
    sandbox = Sandbox(rate=0)
    sandbox.faults.add(Fault(status=429, times=2))
    with serving(sandbox) as line:
        api = Api(DEFAULT_TOKEN, endpoint_url=str(line["url"]))
        assert len(api.table(STUDIO, "Clients").all(max_records=1)) == 1
        api.session.close()
    assert [each.status for each in sandbox.requests] == [429, 429, 200]
