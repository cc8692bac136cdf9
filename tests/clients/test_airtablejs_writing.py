"""airtable.js writes: tables create, update, replace and destroy; so do records it holds."""

from typing import Any

from tests.clients.conftest import Served


def clients(served: Served) -> list[dict[str, Any]]:
    return [dict(each) for each in served.table("Clients").all()]


def test_one_record_is_created_changed_replaced_and_destroyed(served: Served) -> None:
    (made,) = served.js().run(
        {"table": "Clients", "call": "create", "with": [{"Name": "One", "City": "Ulm"}]}
    )
    key = made.value["id"]
    changed, replaced, destroyed, gone = served.js().run(
        {"table": "Clients", "call": "update", "with": [key, {"Rating": 4}]},
        {"table": "Clients", "call": "replace", "with": [key, {"Name": "Only"}]},
        {"table": "Clients", "call": "destroy", "with": [key]},
        {"table": "Clients", "call": "find", "with": [key]},
    )
    assert (changed.value["fields"]["City"], changed.value["fields"]["Rating"]) == ("Ulm", 4)
    assert replaced.value["fields"]["Name"] == "Only"
    assert not {"City", "Rating"} & set(replaced.value["fields"])
    assert destroyed.value["id"] == key
    assert gone.error == ("NOT_FOUND", "Could not find what you are looking for", 404)


def test_several_records_are_created_changed_replaced_and_destroyed(served: Served) -> None:
    rows = [{"fields": {"Name": f"Row {number}", "City": "Ulm"}} for number in range(10)]
    (made,) = served.js().run({"table": "Clients", "call": "create", "with": [rows]})
    keys = [each["id"] for each in made.value]
    changed, replaced, destroyed = served.js().run(
        {
            "table": "Clients",
            "call": "update",
            "with": [[{"id": key, "fields": {"Rating": 2}} for key in keys]],
        },
        {"table": "Clients", "call": "replace", "with": [[{"id": keys[0], "fields": {"Name": "Only"}}]]},
        {"table": "Clients", "call": "destroy", "with": [keys]},
    )
    assert {each["fields"]["City"] for each in changed.value} == {"Ulm"}
    assert {each["fields"]["Rating"] for each in changed.value} == {2}
    assert "City" not in replaced.value[0]["fields"]
    assert [each["id"] for each in destroyed.value] == keys
    assert len(clients(served)) == 60
    assert {line.split()[1] for line in served.asked()} == {"/v0/appStudio00000001/Clients"}


def test_the_older_style_with_callbacks_says_the_same(served: Served) -> None:
    (made,) = served.js().run(
        {"table": "Clients", "call": "create", "with": [{"Name": "Called"}], "callback": True}
    )
    key = made.value["id"]
    changed, destroyed = served.js().run(
        {"table": "Clients", "call": "update", "with": [key, {"City": "Ulm"}], "callback": True},
        {"table": "Clients", "call": "destroy", "with": [key], "callback": True},
    )
    assert changed.value["fields"]["City"] == "Ulm"
    assert destroyed.value["id"] == key


def test_typecast_makes_options_that_are_not_there(served: Served) -> None:
    row = {"Name": "Cast", "Status": "Dormant", "Rating": "3"}
    refused, made, changed = served.js().run(
        {"table": "Clients", "call": "create", "with": [row]},
        {"table": "Clients", "call": "create", "with": [row, {"typecast": True}]},
        {
            "table": "Clients",
            "call": "create",
            "with": [[{"fields": {"Name": "Cast too", "Status": "Dormant"}}], {"typecast": True}],
        },
    )
    assert refused.error[0] == "INVALID_MULTIPLE_CHOICE_OPTIONS"
    assert (made.value["fields"]["Status"], made.value["fields"]["Rating"]) == ("Dormant", 3)
    assert changed.value[0]["fields"]["Status"] == "Dormant"


def test_a_record_updates_and_replaces_its_own_fields(served: Served) -> None:
    key = served.table("Clients").create({"Name": "Held", "City": "Ulm", "Rating": 3})["id"]
    record = {"table": "Clients", "record": key}
    patched, same, put, saved = served.js().run(
        {**record, "call": "patchUpdate", "with": [{"City": "Bonn"}]},
        {**record, "call": "updateFields", "with": [{"Rating": "5"}, {"typecast": True}]},
        {**record, "call": "putUpdate", "with": [{"Name": "Put", "VIP": True}]},
        {**record, "fields": {"Name": "Saved"}, "call": "save"},
    )
    assert (patched.value["fields"]["City"], patched.value["fields"]["Rating"]) == ("Bonn", 3)
    assert same.value["fields"]["Rating"] == 5
    assert put.value["fields"]["VIP"] is True
    assert "City" not in put.value["fields"]
    assert saved.value["fields"]["Name"] == "Saved"
    assert "VIP" not in saved.value["fields"]


def test_a_record_destroys_itself(served: Served) -> None:
    key = served.table("Clients").create({"Name": "Doomed"})["id"]
    destroyed, gone = served.js().run(
        {"table": "Clients", "record": key, "call": "destroy"},
        {"table": "Clients", "record": key, "call": "fetch"},
    )
    assert destroyed.value["id"] == key
    assert gone.error[2] == 404


def test_links_selects_people_and_files_are_written_as_documented(served: Served) -> None:
    client = served.table("Clients").all(max_records=1)[0]["id"]
    row = {
        "Name": "Whole",
        "Client": [client],
        "Status": "Planned",
        "Owner": {"id": "usrMeiTanaka00001"},
        "Tags": ["web"],
        "Start": "2026-02-03",
        "Budget": 1250.5,
        "Progress": 0.25,
        "Files": [{"url": "https://files.example.com/plan.pdf", "filename": "plan.pdf"}],
    }
    (made,) = served.js().run({"table": "Projects", "call": "create", "with": [row, {"typecast": True}]})
    fields = made.value["fields"]
    assert fields["Client"] == [client]
    assert fields["Owner"] == {
        "id": "usrMeiTanaka00001",
        "email": "mei.tanaka@example.com",
        "name": "Mei Tanaka",
    }
    assert {key: fields[key] for key in ("Tags", "Start", "Budget", "Progress")} == {
        "Tags": ["web"],
        "Start": "2026-02-03",
        "Budget": 1250.5,
        "Progress": 0.25,
    }
    assert fields["Files"][0]["filename"] == "plan.pdf"
    assert fields["Files"][0]["id"].startswith("att")


def test_upserts_go_through_a_request_by_hand(served: Served) -> None:
    body = {
        "performUpsert": {"fieldsToMergeOn": ["Name"]},
        "records": [{"fields": {"Name": "Globex", "City": "Here"}}, {"fields": {"Name": "Brand new"}}],
    }
    (found,) = served.js().run({"request": {"method": "patch", "path": "/Clients", "body": body}})
    assert (len(found.value["body"]["createdRecords"]), len(found.value["body"]["updatedRecords"])) == (1, 1)
