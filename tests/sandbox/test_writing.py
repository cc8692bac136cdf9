"""Creating, changing, upserting and deleting records."""

import pytest

from .driving import STUDIO, Driver, cells, some

CLIENTS = f"{STUDIO}/Clients"


async def ids(studio: Driver, table: str, count: int = 1) -> list[str]:
    return [str(each["id"]) for each in (await studio("GET", f"{STUDIO}/{table}", maxRecords=count)).records]


async def test_one_record_is_created_changed_replaced_and_deleted(studio: Driver) -> None:
    made = await studio("POST", CLIENTS, {"fields": {"Name": "New", "Rating": 4, "City": "Ulm"}})
    path = f"{CLIENTS}/{made.body['id']}"
    assert made.body["createdTime"] == "2026-01-01T00:00:00.000Z"
    changed = await studio("PATCH", path, {"fields": {"City": None, "VIP": True}})
    assert "City" not in changed.fields
    assert (changed.fields["Rating"], changed.fields["VIP"]) == (4, True)
    replaced = await studio("PUT", path, {"fields": {"Name": "Newer"}})
    assert "Rating" not in replaced.fields
    assert replaced.fields["Name"] == "Newer"
    gone = await studio("DELETE", path)
    assert gone.body == {"id": made.body["id"], "deleted": True}
    assert (await studio("GET", path)).status == 404
    assert (await studio("PATCH", path, {"fields": {}})).status == 404
    assert (await studio("DELETE", path)).status == 404


async def test_ten_at_a_time_and_not_eleven(studio: Driver) -> None:
    rows = [{"fields": {"Name": f"Batch {n}"}} for n in range(11)]
    assert (await studio("POST", CLIENTS, {"records": rows})).kind == "INVALID_RECORDS"
    made = await studio("POST", CLIENTS, {"records": rows[:10], "returnFieldsByFieldId": True})
    assert len(made.records) == 10
    assert all(key.startswith("fld") for key in cells(made.records[0]))
    keys = [str(each["id"]) for each in made.records]
    patch = [{"id": key, "fields": {"City": "Bonn"}} for key in keys]
    changed = await studio("PATCH", CLIENTS, {"records": patch})
    assert {cells(each)["City"] for each in changed.records} == {"Bonn"}
    replaced = await studio("PUT", CLIENTS, {"records": [{"id": keys[0], "fields": {"Name": "Only"}}]})
    assert "City" not in cells(replaced.records[0])
    deleted = await studio("DELETE", CLIENTS, records=keys)
    assert deleted.body == {"records": [{"id": key, "deleted": True} for key in keys]}
    assert len((await studio("GET", CLIENTS)).records) == 60


async def test_one_bad_row_fails_its_whole_request(studio: Driver) -> None:
    rows = [{"fields": {"Name": "Fine", "Status": "Brand new"}}, {"fields": {"Name": "Bad", "Rating": 99}}]
    found = await studio("POST", CLIENTS, {"records": rows, "typecast": True})
    assert (found.status, found.kind) == (422, "INVALID_VALUE_FOR_COLUMN")
    assert not await studio.find("Clients", "OR({Name}='Fine', {Name}='Bad')")
    tables = (await studio("GET", "/v0/meta/bases/appStudio00000001/tables")).body["tables"]
    assert "Brand new" not in str(tables)


async def test_a_refused_change_leaves_every_row_and_its_links_as_they_were(studio: Driver) -> None:
    first, second = await ids(studio, "Projects", 2)
    before = (await studio("GET", f"{STUDIO}/Projects/{first}")).body
    clients = (await studio("GET", CLIENTS)).body
    rows = [
        {"id": first, "fields": {"Client": [], "Progress": 0.5}},
        {"id": second, "fields": {"Client": ["recNoneXXXXXXXXXX"]}},
    ]
    found = await studio("PATCH", f"{STUDIO}/Projects", {"records": rows})
    assert found.kind == "ROW_DOES_NOT_EXIST"
    assert (await studio("GET", f"{STUDIO}/Projects/{first}")).body == before
    assert (await studio("GET", CLIENTS)).body == clients


async def test_links_are_kept_in_step_on_both_sides(studio: Driver) -> None:
    project = (await ids(studio, "Projects"))[0]
    old, new = (await ids(studio, "Clients", 2))[:2]
    assert project in some((await studio("GET", f"{CLIENTS}/{old}")).fields["Projects"])
    await studio("PATCH", f"{STUDIO}/Projects/{project}", {"fields": {"Client": [new]}})
    assert project not in some((await studio("GET", f"{CLIENTS}/{old}")).fields["Projects"])
    assert project in some((await studio("GET", f"{CLIENTS}/{new}")).fields["Projects"])
    await studio("PATCH", f"{CLIENTS}/{new}", {"fields": {"Projects": []}})
    assert "Client" not in (await studio("GET", f"{STUDIO}/Projects/{project}")).fields


async def test_a_deleted_record_leaves_no_link_behind(studio: Driver) -> None:
    client = (await ids(studio, "Clients"))[0]
    projects = (await studio("GET", f"{CLIENTS}/{client}")).fields["Projects"]
    assert isinstance(projects, list)
    await studio("DELETE", f"{CLIENTS}/{client}")
    for each in projects:
        assert "Client" not in (await studio("GET", f"{STUDIO}/Projects/{each}")).fields


async def test_rollups_counts_and_lookups_follow_what_is_written(studio: Driver) -> None:
    client = (await studio("POST", CLIENTS, {"fields": {"Name": "Fresh", "City": "Bern"}})).body["id"]
    project = await studio(
        "POST", f"{STUDIO}/Projects", {"fields": {"Name": "P", "Client": [client], "Budget": 10}}
    )
    assert project.fields["Client city"] == ["Bern"]
    assert project.fields["Over budget"] == 0
    bill = {
        "Number": "X",
        "Amount": 12.5,
        "Client": [client],
        "Project": [project.body["id"]],
        "Tax rate": 0.2,
    }
    invoice = await studio("POST", f"{STUDIO}/Invoices", {"fields": bill})
    assert invoice.fields["Total"] == 15
    found = (await studio("GET", f"{CLIENTS}/{client}")).fields
    assert (found["Project count"], found["Total billed"]) == (1, 12.5)
    assert (await studio("GET", f"{STUDIO}/Projects/{project.body['id']}")).fields["Over budget"] == 1


async def test_an_unknown_option_is_refused_unless_typecast_creates_it(studio: Driver) -> None:
    row = {"fields": {"Name": "N", "Status": "Dormant"}}
    refused = await studio("POST", CLIENTS, row)
    assert (refused.status, refused.kind) == (422, "INVALID_MULTIPLE_CHOICE_OPTIONS")
    assert "Dormant" in refused.message
    made = await studio("POST", CLIENTS, {**row, "typecast": True})
    assert made.fields["Status"] == "Dormant"
    assert (await studio("POST", CLIENTS, row)).status == 200
    for given, told in ((" Dormant ", "Dormant"), ("dormant", "dormant")):
        found = await studio("POST", CLIENTS, {"fields": {"Name": "M", "Status": given}, "typecast": True})
        assert found.fields["Status"] == told


async def test_linked_names_are_taken_and_made_under_typecast_only(studio: Driver) -> None:
    fields = {"Name": "By name", "Client": ["Globex", "Newcomer"]}
    refused = await studio("POST", f"{STUDIO}/Projects", {"fields": fields})
    assert (refused.status, refused.kind) == (422, "INVALID_RECORD_ID")
    made = await studio("POST", f"{STUDIO}/Projects", {"fields": fields, "typecast": True})
    assert len(some(made.fields["Client"])) == 2
    assert len(await studio.find("Clients", "{Name}='Newcomer'")) == 1
    text = await studio(
        "POST", f"{STUDIO}/Projects", {"fields": {"Name": "T", "Client": "Globex Ltd"}, "typecast": True}
    )
    assert len(some(text.fields["Client"])) == 1


@pytest.mark.parametrize("field", ["Ref", "Created", "Project count", "Total billed"])
async def test_computed_fields_refuse_to_be_written(studio: Driver, field: str) -> None:
    found = await studio("POST", CLIENTS, {"fields": {"Name": "N", field: 1}})
    assert (found.status, found.kind) == (422, "INVALID_VALUE_FOR_COLUMN")
    assert "computed" in found.message


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (None, "INVALID_REQUEST_UNKNOWN"),
        ([], "INVALID_REQUEST_UNKNOWN"),
        ({}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": []}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": {}, "extra": 1}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": {}, "typecast": "yes"}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": {}, "returnFieldsByFieldId": "yes"}, "INVALID_REQUEST_UNKNOWN"),
        ({"records": []}, "INVALID_RECORDS"),
        ({"records": {}}, "INVALID_REQUEST_UNKNOWN"),
        ({"records": [1]}, "INVALID_REQUEST_UNKNOWN"),
        ({"records": [{"fields": {}, "id": "rec1"}]}, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": {"Nmae": 1}}, "UNKNOWN_FIELD_NAME"),
        ({"fields": {"Name": 1}}, "INVALID_VALUE_FOR_COLUMN"),
        ({"fields": {"Name": "x" * 100_001}}, "INVALID_VALUE_FOR_COLUMN"),
    ],
)
async def test_creations_of_the_wrong_shape_are_refused(studio: Driver, body: object, kind: str) -> None:
    found = await studio("POST", CLIENTS, body)
    assert (found.status, found.kind) == (422, kind)
    assert len((await studio("GET", CLIENTS)).records) == 60


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([{"fields": {}}], "INVALID_REQUEST_UNKNOWN"),
        ([{"id": 1, "fields": {}}], "INVALID_REQUEST_UNKNOWN"),
        ([{"id": "recXXXXXXXXXXXXXX", "fields": {}}], "ROW_DOES_NOT_EXIST"),
        ([{"id": "recXXXXXXXXXXXXXX"}], "ROW_DOES_NOT_EXIST"),
    ],
)
async def test_changes_of_the_wrong_shape_are_refused(studio: Driver, rows: object, kind: str) -> None:
    found = await studio("PATCH", CLIENTS, {"records": rows})
    assert (found.status, found.kind) == (422, kind)


async def test_a_record_may_be_changed_only_once_in_a_request(studio: Driver) -> None:
    (key,) = await ids(studio, "Clients")
    row = {"id": key, "fields": {"City": "A"}}
    assert (await studio("PATCH", CLIENTS, {"records": [row, row]})).status == 422


async def test_deletions_of_the_wrong_shape_are_refused_whole(studio: Driver) -> None:
    (key,) = await ids(studio, "Clients")
    assert (await studio("DELETE", CLIENTS, records=[key, "recXXXXXXXXXXXXXX"])).kind == "ROW_DOES_NOT_EXIST"
    assert (await studio("DELETE", CLIENTS, records=[key, key])).status == 422
    assert (await studio("DELETE", CLIENTS)).kind == "INVALID_RECORDS"
    assert (await studio.ask("DELETE", CLIENTS, params=[("records", key)])).kind == "INVALID_RECORDS"
    assert (await studio("DELETE", CLIENTS, records=[key], other="1")).status == 422
    assert (await studio("GET", f"{CLIENTS}/{key}")).status == 200


async def test_an_upsert_creates_what_is_new_and_changes_what_is_there(studio: Driver) -> None:
    rows = [
        {"fields": {"Name": "Globex", "City": "Springfield"}},
        {"fields": {"Name": "Unheard of", "City": "Nowhere"}},
    ]
    body = {"records": rows, "performUpsert": {"fieldsToMergeOn": ["Name"]}}
    found = await studio("PATCH", CLIENTS, body)
    assert len(some(found.body["createdRecords"])) == len(some(found.body["updatedRecords"])) == 1
    assert [cells(each)["City"] for each in found.records] == ["Springfield", "Nowhere"]
    again = await studio("PATCH", CLIENTS, body)
    assert again.body["createdRecords"] == []


async def test_an_upsert_that_matches_two_records_fails_whole(studio: Driver) -> None:
    rows = [{"fields": {"Name": "Somebody new"}}, {"fields": {"Name": "Alex Kim", "Active": True}}]
    found = await studio(
        "PATCH", f"{STUDIO}/People", {"records": rows, "performUpsert": {"fieldsToMergeOn": ["Name"]}}
    )
    assert found.status == 422
    assert not await studio.find("People", "{Name}='Somebody new'")
    keys = {"fieldsToMergeOn": ["Name", "Email"]}
    row = {"fields": {"Name": "Alex Kim", "Email": "a.kim@studio.example", "Role": "Producer"}}
    told = await studio("PATCH", f"{STUDIO}/People", {"records": [row], "performUpsert": keys})
    assert len(some(told.body["updatedRecords"])) == 1


async def test_an_upsert_compares_sets_of_options_whatever_their_order(studio: Driver) -> None:
    merge = {"fieldsToMergeOn": ["Name", "Tags"]}
    for tags, created in ((["web", "print"], 1), (["print", "web"], 0), (["web"], 1)):
        row = {"fields": {"Name": "Tagged", "Tags": tags}}
        found = await studio("PATCH", f"{STUDIO}/Projects", {"records": [row], "performUpsert": merge})
        assert len(some(found.body["createdRecords"])) == created


async def test_an_upsert_by_id_does_not_match(studio: Driver) -> None:
    (key,) = await ids(studio, "People")
    row = {"id": key, "fields": {"Name": "Alex Kim"}}
    found = await studio(
        "PATCH", f"{STUDIO}/People", {"records": [row], "performUpsert": {"fieldsToMergeOn": ["Name"]}}
    )
    assert found.body["updatedRecords"] == [key]


async def test_an_upsert_replaces_by_put_and_merges_on_options_and_dates(studio: Driver) -> None:
    row = {"fields": {"Name": "Globex", "Status": "Active"}}
    keys = {"fieldsToMergeOn": ["Name", "Status"]}
    found = await studio("PUT", CLIENTS, {"records": [row], "performUpsert": keys})
    assert len(some(found.body["updatedRecords"])) == 1
    assert "Industry" not in cells(found.records[0])


@pytest.mark.parametrize(
    "merge",
    [
        [],
        {},
        {"fieldsToMergeOn": []},
        {"fieldsToMergeOn": ["Name", "City", "Phone", "Status"]},
        {"fieldsToMergeOn": ["Nmae"]},
        {"fieldsToMergeOn": [1]},
        {"fieldsToMergeOn": ["Ref"]},
        {"fieldsToMergeOn": ["Projects"]},
        {"fieldsToMergeOn": ["Name", "Name"]},
        {"fieldsToMergeOn": ["City"]},
        {"fieldsToMergeOn": ["Name"], "more": 1},
    ],
)
async def test_upserts_of_the_wrong_shape_are_refused(studio: Driver, merge: object) -> None:
    found = await studio("PATCH", CLIENTS, {"records": [{"fields": {"Name": "N"}}], "performUpsert": merge})
    assert found.status == 422
    assert not await studio.find("Clients", "{Name}='N'")
