"""What payloads tell: computed cells, views, tables, fields, where a change came from, how hooks end."""

from collections import deque
from dataclasses import replace
from typing import Any

import pytest
from pyairtable.models.webhook import WebhookPayload

from pyairtable_mcp.sandbox.state.model import Field
from pyairtable_mcp.sandbox.state.webhooks import Payload
from pyairtable_mcp.sandbox.webhooks.lifetimes import PAYLOADS

from .driving import STUDIO, Driver
from .hooks import acting, base_of, field_id, field_of, hook, payloads, table_id, table_of, told

SCHEMA = "/v0/meta/bases/appStudio00000001/tables"
EVERYTHING = {"dataTypes": ["tableData", "tableFields", "tableMetadata"]}


async def first(studio: Driver, table: str, formula: str = "") -> Any:
    asked = {"filterByFormula": formula} if formula else {}
    return (await studio("GET", f"{STUDIO}/{table}", maxRecords=1, **asked)).records[0]


async def test_what_is_computed_from_a_change_is_told_wherever_it_shows(studio: Driver) -> None:
    path = await hook(studio, includePreviousCellValues=True)
    client = await first(studio, "Clients", "AND({Projects} != '', {City} != '')")
    city = field_id(studio, "Clients", "City")
    await studio("PATCH", f"{STUDIO}/Clients/{client['id']}", {"fields": {"City": "Elsewhere"}})
    (clients,) = await told(studio, path, "Clients")
    assert list(clients["changedRecordsById"]) == [client["id"]]
    (projects,) = await told(studio, path, "Projects")
    seen = projects["changedRecordsById"]
    assert sorted(seen) == sorted(client["fields"]["Projects"])
    looked_up = field_id(studio, "Projects", "Client city")
    for change in seen.values():
        assert change == {
            "current": {"cellValuesByFieldId": {looked_up: lookup(client["id"], "Elsewhere")}},
            "previous": {"cellValuesByFieldId": {looked_up: lookup(client["id"], client["fields"]["City"])}},
        }
    assert clients["changedRecordsById"][client["id"]]["current"] == {
        "cellValuesByFieldId": {city: "Elsewhere"}
    }


def lookup(key: str, value: object) -> dict[str, object]:
    return {"linkedRecordIds": [key], "valuesByLinkedRecordId": {key: [value]}}


async def test_a_chain_of_computed_fields_is_told_to_its_end(studio: Driver) -> None:
    path = await hook(studio, {"watchDataInFieldIds": [field_id(studio, "Projects", "Over budget")]})
    project = await first(studio, "Projects", "AND({Over budget} = 0, {Invoices} != '', {Budget})")
    invoice = project["fields"]["Invoices"][0]
    await studio("PATCH", f"{STUDIO}/Invoices/{invoice}", {"fields": {"Amount": 10_000_000}})
    (projects,) = await told(studio, path, "Projects")
    assert projects["changedRecordsById"] == {
        project["id"]: {"current": {"cellValuesByFieldId": {field_id(studio, "Projects", "Over budget"): 1}}}
    }


async def test_computed_values_that_stay_the_same_are_not_told(studio: Driver) -> None:
    path = await hook(studio)
    project = await first(studio, "Projects", "{Invoices} != ''")
    await studio("PATCH", f"{STUDIO}/Projects/{project['id']}", {"fields": {"Brief": "Other words"}})
    (projects,) = await told(studio, path, "Projects")
    brief = field_id(studio, "Projects", "Brief")
    current = projects["changedRecordsById"][project["id"]]["current"]["cellValuesByFieldId"]
    assert current == {brief: "Other words\n"}


async def test_deleting_and_making_records_is_told_in_what_is_computed_from_them(studio: Driver) -> None:
    path = await hook(studio)
    client = await first(studio, "Clients", "{Project count} > 1")
    count = client["fields"]["Project count"]
    body = {"fields": {"Name": "One more", "Client": [client["id"]]}}
    made = await studio("POST", f"{STUDIO}/Projects", body)
    await studio("DELETE", f"{STUDIO}/Projects/{made.body['id']}")
    more, less = await told(studio, path, "Clients")
    counted = field_id(studio, "Clients", "Project count")
    assert [
        change["changedRecordsById"][client["id"]]["current"]["cellValuesByFieldId"][counted]
        for change in (more, less)
    ] == [count + 1, count]


async def test_a_computed_field_that_is_made_or_changed_is_told_with_every_record(studio: Driver) -> None:
    path = await hook(studio, EVERYTHING, includePreviousCellValues=True)
    clients = table_of(studio, "Clients")
    name = clients.primary.id
    with acting(studio) as transaction:
        field = Field(
            "fldTwice000000001", "Twice", "formula", {"isValid": True}, formula="{" + name + "} & '!'"
        )
        transaction.add_field(clients, field)
    with acting(studio) as transaction:
        transaction.change_field(clients, field, replace(field, formula="{" + name + "} & '?'"))
    made, changed = await told(studio, path, "Clients")
    assert made["createdFieldsById"] == {"fldTwice000000001": {"name": "Twice", "type": "formula"}}
    assert len(made["changedRecordsById"]) == len(changed["changedRecordsById"]) == 60
    one = next(iter(clients.records.values()))
    change = changed["changedRecordsById"][one.id]
    assert change["previous"]["cellValuesByFieldId"] == {"fldTwice000000001": f"{one.cells[name]}!"}
    assert change["current"]["cellValuesByFieldId"] == {"fldTwice000000001": f"{one.cells[name]}?"}


async def test_many_records_are_told_in_several_payloads_of_one_transaction(studio: Driver) -> None:
    path = await hook(studio, {"recordChangeScope": table_id(studio, "Timesheets")})
    sheets = table_of(studio, "Timesheets")
    with acting(studio) as transaction:
        for record in list(sheets.records.values())[:1001]:
            transaction.set_cell(record, field_of(studio, "Timesheets", "Note"), "Checked")
    first_part, second_part = await payloads(studio, path)
    assert first_part["baseTransactionNumber"] == second_part["baseTransactionNumber"] == 1
    sizes = [
        len(each["changedTablesById"][sheets.id]["changedRecordsById"]) for each in (first_part, second_part)
    ]
    assert sizes == [1000, 1]


async def test_a_view_tells_who_enters_changes_and_leaves(studio: Driver) -> None:
    projects = table_of(studio, "Projects")
    view = projects.view_by("Active projects")
    assert view
    path = await hook(studio, {"recordChangeScope": view.id}, includePreviousCellValues=True)
    made = await studio("POST", f"{STUDIO}/Projects", {"fields": {"Name": "Quiet", "Status": "Planned"}})
    place = f"{STUDIO}/Projects/{made.body['id']}"
    for cells in ({"Status": "In progress"}, {"Name": "Loud"}, {"Status": "Done"}, {"Name": "Unheard"}):
        await studio("PATCH", place, {"fields": cells})
    born = await studio("POST", f"{STUDIO}/Projects", {"fields": {"Name": "Born", "Status": "In Review"}})
    await studio("DELETE", f"{STUDIO}/Projects/{born.body['id']}")
    await studio("DELETE", place)
    heard = await told(studio, path, "Projects")
    assert all(list(each) == ["changedViewsById"] for each in heard)
    entered, changed, left, came, went = (each["changedViewsById"][view.id] for each in heard)
    name, status = projects.primary.id, field_id(studio, "Projects", "Status")
    cells = entered["createdRecordsById"][made.body["id"]]["cellValuesByFieldId"]
    assert (cells[name], cells[status]["name"]) == ("Quiet", "In progress")
    assert changed["changedRecordsById"][made.body["id"]] == {
        "current": {"cellValuesByFieldId": {name: "Loud"}},
        "previous": {"cellValuesByFieldId": {name: "Quiet"}},
    }
    assert left == {"destroyedRecordIds": [made.body["id"]]}
    assert list(came["createdRecordsById"]) == [born.body["id"]]
    assert went == {"destroyedRecordIds": [born.body["id"]]}


async def test_a_view_tells_only_the_fields_it_shows_and_the_kinds_asked_for(studio: Driver) -> None:
    people = table_of(studio, "People")
    view = next(iter(people.views.values()))
    view.visible = (people.primary.id,)
    path = await hook(studio, {"recordChangeScope": view.id, "changeTypes": ["update"]})
    person = await first(studio, "People")
    place = f"{STUDIO}/People/{person['id']}"
    await studio("PATCH", place, {"fields": {"Email": "new@example.com"}})
    await studio("PATCH", place, {"fields": {"Name": "Somebody", "Email": "newer@example.com"}})
    await studio("DELETE", place)
    (change,) = await told(studio, path, "People")
    (only,) = change["changedViewsById"][view.id]["changedRecordsById"].values()
    assert only == {"current": {"cellValuesByFieldId": {people.primary.id: "Somebody"}}}


async def test_forms_are_not_watched(studio: Driver) -> None:
    next(iter(table_of(studio, "People").views.values())).type = "form"
    view = next(iter(table_of(studio, "People").views))
    with pytest.raises(AssertionError, match="cannot be watched"):
        await hook(studio, {"recordChangeScope": view})


async def test_tables_and_fields_made_and_changed_are_told(studio: Driver) -> None:
    path = await hook(studio, EVERYTHING, includePreviousFieldDefinitions=True)
    people = table_id(studio, "People")
    fields = [
        {"name": "Title", "type": "singleLineText"},
        {"name": "By", "type": "multipleRecordLinks", "options": {"linkedTableId": people}},
    ]
    made: Any = (await studio("POST", SCHEMA, {"name": "Notes", "description": "Any", "fields": fields})).body
    await studio("PATCH", f"{SCHEMA}/{made['id']}", {"name": "Remarks"})
    await studio("PATCH", f"{SCHEMA}/{made['id']}", {"description": "Any"})
    title = made["fields"][0]["id"]
    await studio("PATCH", f"{SCHEMA}/{made['id']}/fields/{title}", {"name": "Heading"})
    more = (await studio("POST", f"{SCHEMA}/{made['id']}/fields", {"name": "When", "type": "email"})).body
    table, renamed, field, added = await payloads(studio, path)
    inverse = table_of(studio, "People").field_by("Notes")
    assert inverse
    assert table["createdTablesById"] == {
        made["id"]: {
            "metadata": {"name": "Notes", "description": "Any"},
            "fieldsById": {
                each["id"]: {"name": each["name"], "type": each["type"]} for each in made["fields"]
            },
        }
    }
    assert table["changedTablesById"] == {
        people: {"createdFieldsById": {inverse.id: {"name": "Notes", "type": "multipleRecordLinks"}}}
    }
    assert renamed["changedTablesById"][made["id"]] == {
        "changedMetadata": {
            "current": {"name": "Remarks", "description": "Any"},
            "previous": {"name": "Notes", "description": "Any"},
        }
    }
    assert field["changedTablesById"][made["id"]] == {
        "changedFieldsById": {title: {"current": {"name": "Heading"}, "previous": {"name": "Title"}}}
    }
    assert added["changedTablesById"][made["id"]] == {
        "createdFieldsById": {more["id"]: {"name": "When", "type": "email"}}
    }
    for each in (table, renamed, field, added):
        WebhookPayload.model_validate(each)


async def test_other_options_of_a_field_are_told_and_cells_that_lose_theirs(studio: Driver) -> None:
    path = await hook(studio, EVERYTHING, includePreviousCellValues=True)
    status = field_of(studio, "Invoices", "Status")
    listed: Any = status.options["choices"]
    paid = next(each for each in listed if each["name"] == "Paid")
    holding = [
        r.id for r in table_of(studio, "Invoices").records.values() if r.cells.get(status.id) == paid["id"]
    ]
    kept = {"choices": [each for each in listed if each is not paid]}
    place = f"{SCHEMA}/{table_id(studio, 'Invoices')}/fields/{status.id}"
    assert (await studio("PATCH", place, {"options": kept})).status == 200
    (told_of,) = await told(studio, path, "Invoices")
    assert told_of["changedFieldsById"] == {
        status.id: {"current": {"name": "Status", "type": "singleSelect"}}
    }
    assert sorted(told_of["changedRecordsById"]) == sorted(holding)
    change = told_of["changedRecordsById"][holding[0]]
    assert change["previous"]["cellValuesByFieldId"][status.id] == paid
    assert change["current"]["cellValuesByFieldId"][status.id] is None


async def test_a_webhook_hears_of_the_structure_what_it_asked_for(studio: Driver) -> None:
    clients, city = table_id(studio, "Clients"), field_id(studio, "Clients", "City")
    paths = {
        "data": await hook(studio),
        "fields": await hook(studio, {"dataTypes": ["tableFields"]}),
        "metadata": await hook(studio, {"dataTypes": ["tableMetadata"]}),
        "schemas": await hook(studio, {"dataTypes": ["tableFields"], "watchSchemasOfFieldIds": [city]}),
        "other": await hook(studio, {**EVERYTHING, "recordChangeScope": table_id(studio, "People")}),
        "removals": await hook(studio, {**EVERYTHING, "changeTypes": ["remove"]}),
    }
    await studio("PATCH", f"{SCHEMA}/{clients}", {"name": "Customers"})
    await studio("PATCH", f"{SCHEMA}/{clients}/fields/{city}", {"name": "Town"})
    await studio("POST", f"{SCHEMA}/{clients}/fields", {"name": "More", "type": "email"})
    await studio("POST", SCHEMA, {"name": "Notes", "fields": [{"name": "A", "type": "email"}]})
    with acting(studio) as transaction:
        transaction.remove_field(table_of(studio, "Customers"), field_of(studio, "Customers", "Phone"))
        transaction.remove_table(table_of(studio, "Notes"))
    heard = {}
    for key, path in paths.items():
        heard[key] = [
            next(name for name in each if name.endswith(("ById", "Ids")))
            + "".join(sorted(k for t in each.get("changedTablesById", {}).values() for k in t))
            for each in await payloads(studio, path)
        ]
    changed = "changedTablesById"
    assert heard == {
        "data": [],
        "fields": [
            f"{changed}changedFieldsById", f"{changed}createdFieldsById", "createdTablesById",
            "destroyedTableIdsdestroyedFieldIds",
        ],
        "metadata": [f"{changed}changedMetadata", "createdTablesById", "destroyedTableIds"],
        "schemas": [f"{changed}changedFieldsById"],
        "other": [],
        "removals": ["destroyedTableIdsdestroyedFieldIds"],
    }  # fmt: skip


async def test_a_refused_change_of_a_table_is_not_told(studio: Driver) -> None:
    path = await hook(studio, EVERYTHING)
    refused = await studio("POST", SCHEMA, {"name": "Clients", "fields": [{"name": "A", "type": "email"}]})
    assert refused.status == 422
    assert await payloads(studio, path) == []
    assert base_of(studio).transactions == 0


@pytest.mark.parametrize(
    ("source", "place", "metadata"),
    [
        ("formSubmission", "viwForm0000000001", {"viewId": "viwForm0000000001"}),
        ("formPageSubmission", "pagForm0000000001", {"pageId": "pagForm0000000001"}),
        ("automation", "wflAuto0000000001", {"automationId": "wflAuto0000000001"}),
        ("system", "", None),
        ("sync", "", None),
        ("anonymousUser", "", None),
    ],
)
async def test_a_payload_says_where_a_change_came_from(
    studio: Driver, source: str, place: str, metadata: object
) -> None:
    path = await hook(studio, {"fromSources": [source]})
    people = table_of(studio, "People")
    for each in ("client", source):
        with acting(studio, each, place if each == source else "") as transaction:
            transaction.add_record(people, {people.primary.id: "New"})
    (payload,) = await payloads(studio, path)
    expected = {"source": source, "sourceMetadata": metadata} if metadata else {"source": source}
    assert payload["actionMetadata"] == expected
    WebhookPayload.model_validate(payload)


async def test_a_person_in_the_interface_is_named(studio: Driver) -> None:
    path = await hook(studio)
    people = table_of(studio, "People")
    with acting(studio) as transaction:
        transaction.add_record(people, {people.primary.id: "New"})
    (payload,) = await payloads(studio, path)
    assert payload["actionMetadata"]["source"] == "client"
    assert payload["actionMetadata"]["sourceMetadata"]["user"]["name"] == "Mei Tanaka"


async def test_submissions_are_narrowed_to_one_form_or_page(studio: Driver) -> None:
    options = {"formSubmission": {"viewId": "viwForm0000000001"}, "formPageSubmission": {"pageId": "pagA"}}
    path = await hook(studio, {"sourceOptions": options})
    people = table_of(studio, "People")
    for source, place in (
        ("formSubmission", "viwForm0000000001"), ("formSubmission", "viwForm0000000002"),
        ("formPageSubmission", "pagA"), ("formPageSubmission", "pagB"), ("client", ""),
    ):  # fmt: skip
        with acting(studio, source, place) as transaction:
            transaction.add_record(people, {people.primary.id: "New"})
    assert [each["actionMetadata"]["source"] for each in await payloads(studio, path)] == [
        "formSubmission", "formPageSubmission", "client",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "gone",
    [
        "scope",
        "view",
        "table of the view",
        "watched cells",
        "watched schema",
        "included",
        "nothing of its own",
    ],
)
async def test_a_webhook_that_loses_what_it_names_ends_with_an_error(studio: Driver, gone: str) -> None:
    clients, phone = table_of(studio, "Clients"), field_id(studio, "Clients", "Phone")
    filters: dict[str, dict[str, object]] = {
        "scope": {"recordChangeScope": clients.id},
        "view": {"recordChangeScope": next(iter(clients.views))},
        "table of the view": {"recordChangeScope": next(iter(clients.views))},
        "watched cells": {"watchDataInFieldIds": [phone]},
        "watched schema": {"dataTypes": ["tableFields"], "watchSchemasOfFieldIds": [phone]},
    }
    includes = {"includeCellValuesInFieldIds": [phone]} if gone == "included" else {}
    path = await hook(studio, filters.get(gone), **includes)
    with acting(studio) as transaction:
        if gone in ("scope", "table of the view"):
            transaction.remove_table(clients)
        elif gone == "view":
            transaction.remove_view(clients, next(iter(clients.views.values())))
        else:
            transaction.remove_field(clients, clients.fields[phone])
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "Later"}})
    heard = await payloads(studio, path)
    listed: Any = (await studio("GET", path.rsplit("/", 1)[0])).body["webhooks"]
    if gone == "nothing of its own":
        assert [each.get("error") for each in heard] == [None]
        assert listed[0]["isHookEnabled"] is True
        return
    assert heard == [
        {
            "timestamp": "2026-01-01T00:00:00.000Z",
            "baseTransactionNumber": 1,
            "payloadFormat": "v0",
            "error": True,
            "code": "INVALID_FILTERS",
        }
    ]
    assert WebhookPayload.model_validate(heard[0]).error_code == "INVALID_FILTERS"
    assert listed[0]["isHookEnabled"] is False
    assert (await studio("POST", f"{path}/refresh")).kind == "INVALID_REQUEST_UNKNOWN"


async def test_payloads_beyond_the_bound_push_out_the_oldest(studio: Driver) -> None:
    path = await hook(studio)
    kept = next(iter(base_of(studio).webhooks.values()))
    now = studio.clock.now()
    kept.payloads = deque(Payload(number, now, {}) for number in range(1, PAYLOADS + 1))
    kept.next = PAYLOADS + 1
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "One more"}})
    assert (len(kept.payloads), kept.payloads[0].cursor) == (PAYLOADS, 2)
    page: Any = (await studio("GET", f"{path}/payloads", cursor=1)).body
    assert (len(page["payloads"]), page["cursor"], page["mightHaveMore"]) == (50, 52, True)
    assert (await studio("GET", f"{path}/payloads", cursor=PAYLOADS + 1)).body["mightHaveMore"] is False
