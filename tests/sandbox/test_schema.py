"""The metadata API: who, which bases, what they are made of, and changing that."""

import pytest

from pyairtable_mcp.sandbox.state.model import Base

from .driving import EMPTY, STUDIO, Driver, cells, some

META = "/v0/meta/bases/appEmpty000000001"
NAME = {"name": "Name", "type": "singleLineText"}


async def make(empty: Driver, *fields: object, name: str = "Things") -> dict[str, object]:
    made = await empty("POST", f"{META}/tables", {"name": name, "fields": [NAME, *fields]})
    assert made.status == 200, made.body
    return made.body


def fields_of(table: dict[str, object]) -> dict[str, dict[str, object]]:
    found = [each for each in some(table["fields"]) if isinstance(each, dict)]
    return {str(each["name"]): each for each in found}


async def studio_tables(studio: Driver) -> dict[str, dict[str, object]]:
    answer = await studio("GET", "/v0/meta/bases/appStudio00000001/tables", include="visibleFieldIds")
    return {str(each["name"]): each for each in some(answer.body["tables"]) if isinstance(each, dict)}


async def test_the_token_is_told_whose_it_is(studio: Driver) -> None:
    found = (await studio("GET", "/v0/meta/whoami")).body
    assert (found["id"], found["email"]) == ("usrSamRivera00001", "sam.rivera@example.com")


async def test_bases_are_listed_with_permissions(studio: Driver) -> None:
    found = (await studio("GET", "/v0/meta/bases")).body
    assert found == {
        "bases": [
            {"id": "appStudio00000001", "name": "Studio", "permissionLevel": "create"},
            {"id": "appArchive0000001", "name": "Archive", "permissionLevel": "create"},
        ]
    }
    assert (await studio("GET", "/v0/meta/bases", offset="appArchive0000001")).body["bases"] == some(
        found["bases"]
    )[1:]
    assert (await studio("GET", "/v0/meta/bases", offset="appNope")).status == 422
    assert (await studio("GET", "/v0/meta/bases", nonsense="1")).status == 422


async def test_a_thousand_bases_make_a_page(studio: Driver) -> None:
    workspace = studio.sandbox.workspace
    workspace.bases.update({key: Base(key, "One of many") for key in (f"app{n:014d}" for n in range(1_000))})
    first = await studio("GET", "/v0/meta/bases")
    assert len(some(first.body["bases"])) == 1_000
    second = await studio("GET", "/v0/meta/bases", offset=first.body["offset"])
    assert len(some(second.body["bases"])) == 2
    assert "offset" not in second.body


async def test_collaborators_are_listed_with_e_mails(studio: Driver) -> None:
    answer = await studio("GET", "/v0/meta/bases/appStudio00000001", include=["collaborators", "interfaces"])
    found = answer.body["individualCollaborators"]
    assert isinstance(found, dict)
    people = [each for each in some(found["workspaceCollaborators"]) if isinstance(each, dict)]
    assert {str(each["email"]) for each in people} >= {"mei.tanaka@example.com", "priya.nair@example.com"}
    assert answer.body["interfaces"] == {}
    assert (await studio("GET", "/v0/meta/bases/appStudio00000001", include="everything")).status == 422


async def test_the_schema_shows_options_as_airtable_does(studio: Driver) -> None:
    tables = await studio_tables(studio)
    clients, projects = fields_of(tables["Clients"]), fields_of(tables["Projects"])
    assert tables["Clients"]["primaryFieldId"] == clients["Name"]["id"]
    link = projects["Client"]["options"]
    assert link == {
        "prefersSingleRecordLink": True,
        "linkedTableId": tables["Clients"]["id"],
        "isReversed": False,
        "inverseLinkFieldId": clients["Projects"]["id"],
    }
    lookup = projects["Client city"]["options"]
    assert isinstance(lookup, dict)
    assert lookup["recordLinkFieldId"] == projects["Client"]["id"]
    assert lookup["result"] == {"type": "singleLineText"}
    formula = projects["Over budget"]["options"]
    assert isinstance(formula, dict)
    assert formula["formula"] == f"IF({{{projects['Billed']['id']}}} > {{{projects['Budget']['id']}}}, 1, 0)"
    assert formula["referencedFieldIds"] == [projects["Billed"]["id"], projects["Budget"]["id"]]
    rollup = projects["Billed"]["options"]
    assert isinstance(rollup, dict)
    assert "formula" not in rollup
    views = [each for each in some(tables["Tasks"]["views"]) if isinstance(each, dict)]
    assert [each["name"] for each in views] == ["All", "Open tasks"]
    assert len(some(views[0]["visibleFieldIds"])) == 14


async def test_a_lookup_whose_target_is_gone_has_no_result(studio: Driver) -> None:
    base = studio.sandbox.workspace.bases["appStudio00000001"]
    clients = base.table_by("Clients")
    assert clients is not None
    city = clients.field_by("City")
    assert city is not None
    del clients.fields[city.id]
    projects = fields_of((await studio_tables(studio))["Projects"])
    lookup = projects["Client city"]["options"]
    assert isinstance(lookup, dict)
    assert lookup["result"] is None
    assert "Client city" not in cells((await studio("GET", f"{STUDIO}/Projects", maxRecords=1)).records[0])


async def test_a_table_is_made_renamed_and_described(empty: Driver) -> None:
    table = await make(empty)
    assert [each["name"] for each in some(table["views"]) if isinstance(each, dict)] == ["Grid view"]
    path = f"{META}/tables/{table['id']}"
    changed = await empty("PATCH", path, {"name": "Stuff", "description": "What we have"})
    assert (changed.body["name"], changed.body["description"]) == ("Stuff", "What we have")
    assert (await empty("PATCH", path, {"description": None})).body.get("description") is None
    assert (await empty("GET", f"{EMPTY}/Stuff")).status == 200
    assert (await empty("PATCH", path, {"name": "STUFF"})).status == 200
    await make(empty, name="Other")
    assert (await empty("PATCH", path, {"name": "other"})).kind == "DUPLICATE_TABLE_NAME"


async def test_a_base_is_made_with_its_tables(empty: Driver) -> None:
    body = {"workspaceId": "wspSandbox0000001", "name": "Fresh", "tables": [{"name": "T", "fields": [NAME]}]}
    made = await empty("POST", "/v0/meta/bases", body)
    assert made.status == 200, made.body
    assert (await empty("POST", f"/v0/{made.body['id']}/T", {"fields": {"Name": "x"}})).status == 200
    assert len(some((await empty("GET", "/v0/meta/bases")).body["bases"])) == 2
    for key, wrong in (
        ("name", ""),
        ("tables", []),
        ("tables", [{"name": "T"}]),
        ("workspaceId", "w"),
        ("x", 1),
    ):
        assert (await empty("POST", "/v0/meta/bases", {**body, key: wrong})).status == 422
    assert len(some((await empty("GET", "/v0/meta/bases")).body["bases"])) == 2


async def test_a_field_is_made_renamed_and_described(empty: Driver) -> None:
    table = await make(empty)
    path = f"{META}/tables/{table['id']}/fields"
    made = await empty("POST", path, {"name": "Price", "type": "number", "options": {"precision": 1}})
    assert (made.body["type"], made.body["options"]) == ("number", {"precision": 1})
    changed = await empty("PATCH", f"{path}/{made.body['id']}", {"name": "Cost", "description": "in euros"})
    assert (changed.body["name"], changed.body["description"]) == ("Cost", "in euros")
    assert (await empty("PATCH", f"{path}/Cost", {"options": {"precision": 3}})).body["options"] == {
        "precision": 3
    }
    assert (await empty("PATCH", f"{path}/Cost", {"name": "Name"})).kind == "DUPLICATE_OR_EMPTY_FIELD_NAME"
    assert (await empty("PATCH", f"{path}/Cost", {})).status == 422
    assert (await empty("PATCH", f"{path}/fldNope", {"name": "X"})).status == 404
    assert (await empty("PATCH", f"{path}/Name", {"options": {"a": 1}})).kind == "INVALID_REQUEST_UNKNOWN"


async def test_options_are_added_renamed_and_removed(empty: Driver) -> None:
    choices = [{"name": "A"}, {"name": "B", "color": "redBright"}]
    kinds = [
        {"name": kind, "type": kind, "options": {"choices": choices}}
        for kind in ("singleSelect", "multipleSelects")
    ]
    table = await make(empty, *kinds)
    await empty(
        "POST",
        f"{EMPTY}/Things",
        {"fields": {"Name": "x", "singleSelect": "A", "multipleSelects": ["A", "B"]}},
    )
    for kind, before, after in (("singleSelect", "A", None), ("multipleSelects", ["A", "B"], ["Bee"])):
        made = fields_of(table)[kind]["options"]
        assert isinstance(made, dict)
        first, second = [each for each in some(made["choices"]) if isinstance(each, dict)]
        assert second["color"] == "redBright"
        path = f"{META}/tables/Things/fields/{kind}"
        added = await empty("PATCH", path, {"options": {"choices": [first, second, {"name": "C"}]}})
        assert added.status == 200, added.body
        assert cells((await empty("GET", f"{EMPTY}/Things")).records[0])[kind] == before
        less = await empty("PATCH", path, {"options": {"choices": [{"id": second["id"], "name": "Bee"}]}})
        assert less.status == 200, less.body
        assert cells((await empty("GET", f"{EMPTY}/Things")).records[0]).get(kind) == after


async def test_a_link_gets_its_other_side_under_a_free_name(empty: Driver) -> None:
    first = await make(empty, name="First")
    taken = {"name": "Second", "type": "number", "options": {"precision": 0}}
    await empty("POST", f"{META}/tables/First/fields", taken)
    await make(empty, name="Second")
    link = {"name": "To first", "type": "multipleRecordLinks", "options": {"linkedTableId": first["id"]}}
    made = await empty("POST", f"{META}/tables/Second/fields", link)
    assert made.status == 200
    tables = (await empty("GET", f"{META}/tables")).body["tables"]
    (table,) = [each for each in some(tables) if isinstance(each, dict) and each["name"] == "First"]
    other = fields_of(table)["Second 2"]
    assert isinstance(other["options"], dict)
    assert other["options"]["inverseLinkFieldId"] == made.body["id"]
    record = await empty("POST", f"{EMPTY}/First", {"fields": {"Name": "one"}})
    await empty("POST", f"{EMPTY}/Second", {"fields": {"Name": "two", "To first": [record.body["id"]]}})
    assert len(some(cells((await empty("GET", f"{EMPTY}/First")).records[0])["Second 2"])) == 1


async def test_a_filter_follows_a_renamed_field(empty: Driver) -> None:
    await make(empty)
    await empty("POST", f"{EMPTY}/Things", {"fields": {"Name": "x"}})
    assert len((await empty("GET", f"{EMPTY}/Things", filterByFormula="{Name}='x'")).records) == 1
    await empty("PATCH", f"{META}/tables/Things/fields/Name", {"name": "Title"})
    assert len((await empty("GET", f"{EMPTY}/Things", filterByFormula="{Title}='x'")).records) == 1
    assert (await empty("GET", f"{EMPTY}/Things", filterByFormula="{Name}='x'")).status == 422


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"name": "T"},
        {"name": "T", "fields": []},
        {"name": "", "fields": [NAME]},
        {"name": 1, "fields": [NAME]},
        {"name": "things", "fields": [NAME]},
        {"name": "T", "fields": [NAME, {"name": "name", "type": "email"}]},
        {
            "name": "T",
            "fields": [{"name": "Done", "type": "checkbox", "options": {"icon": "check", "color": "x"}}],
        },
        {"name": "T", "fields": [1]},
        {"name": "T", "fields": [{"name": "N", "type": "nonsense"}]},
        {"name": "T", "fields": [{"name": "N", "type": ["number"]}]},
        {"name": "T", "fields": [{**NAME, "extra": 1}]},
        {"name": "T", "fields": [{**NAME, "options": 1}]},
        {"name": "T", "fields": [{**NAME, "options": {"a": 1}}]},
        {"name": "T", "fields": [{**NAME, "description": 1}]},
        {"name": "T", "fields": [{**NAME, "description": "x" * 20_001}]},
        {"name": "T", "fields": [NAME], "extra": 1},
    ],
)
async def test_tables_of_the_wrong_shape_are_refused(empty: Driver, body: object) -> None:
    await make(empty)
    assert (await empty("POST", f"{META}/tables", body)).status == 422
    assert len(some((await empty("GET", f"{META}/tables")).body["tables"])) == 1


@pytest.mark.parametrize(
    "kind", ["formula", "rollup", "count", "autoNumber", "createdTime", "button", "aiText"]
)
async def test_computed_fields_cannot_be_made(empty: Driver, kind: str) -> None:
    await make(empty)
    found = await empty("POST", f"{META}/tables/Things/fields", {"name": "F", "type": kind})
    assert (found.status, found.kind) == (422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("number", {}),
        ("number", {"precision": 9}),
        ("number", {"precision": True}),
        ("currency", {"precision": 2}),
        ("currency", {"precision": 2, "symbol": ""}),
        ("duration", {"durationFormat": "days"}),
        ("rating", {"icon": "star", "color": "red", "max": 11}),
        ("rating", {"max": 5}),
        ("checkbox", {"icon": "check"}),
        ("date", {}),
        ("date", {"dateFormat": {"name": "klingon"}}),
        ("date", {"dateFormat": {"name": "iso", "format": "l"}}),
        ("dateTime", {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "Mars"}),
        ("dateTime", {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "UTC"}),
        ("dateTime", {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "25hour"}, "timeZone": "utc"}),
        ("singleSelect", {}),
        ("singleSelect", {"choices": [1]}),
        ("singleSelect", {"choices": [{"name": ""}]}),
        ("singleSelect", {"choices": [{"name": "A"}, {"name": "A"}]}),
        ("singleSelect", {"choices": [{"id": "selXXXXXXXXXXXXXX", "name": "A"}]}),
        ("singleSelect", {"choices": [{"id": {}, "name": "A"}]}),
        ("multipleRecordLinks", {}),
        ("multipleRecordLinks", {"linkedTableId": 1}),
        ("multipleRecordLinks", {"linkedTableId": "tblXXXXXXXXXXXXXX", "prefersSingleRecordLink": True}),
        ("multipleRecordLinks", {"linkedTableId": "tblXXXXXXXXXXXXXX", "viewIdForRecordSelection": "All"}),
        ("email", {"nonsense": 1}),
    ],
)
async def test_options_of_the_wrong_shape_are_refused(empty: Driver, kind: str, options: object) -> None:
    await make(empty)
    found = await empty(
        "POST", f"{META}/tables/Things/fields", {"name": "F", "type": kind, "options": options}
    )
    assert (found.status, found.kind) == (422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE")


async def test_a_link_to_no_table_is_hidden(empty: Driver) -> None:
    await make(empty)
    link = {"name": "F", "type": "multipleRecordLinks", "options": {"linkedTableId": "tblXXXXXXXXXXXXXX"}}
    assert (await empty("POST", f"{META}/tables/Things/fields", link)).status == 403
