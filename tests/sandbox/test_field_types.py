"""Every writable type: what it takes, what it refuses, what typecast makes of text, how it is spelled."""

from dataclasses import dataclass
from json import dumps

import pytest

from pyairtable_mcp.sandbox.fields.table import FIELD_TYPES
from pyairtable_mcp.sandbox.schema.options import RULES

from .driving import EMPTY, Driver, cells, some

DATE = {"dateFormat": {"name": "friendly"}}
OPTIONS: dict[str, object] = {
    "number": {"precision": 2},
    "percent": {"precision": 0},
    "currency": {"precision": 2, "symbol": "€"},
    "duration": {"durationFormat": "h:mm:ss"},
    "rating": {"icon": "star", "color": "yellowBright", "max": 5},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "date": DATE,
    "dateTime": {**DATE, "timeFormat": {"name": "24hour"}, "timeZone": "America/New_York"},
    "singleSelect": {"choices": [{"name": "One"}, {"name": "Two"}]},
    "multipleSelects": {"choices": [{"name": "One"}, {"name": "Two"}]},
    "multipleAttachments": {},
}
SAM = {"id": "usrSamRivera00001", "email": "sam.rivera@example.com", "name": "Sam Rivera"}
MEI = {"id": "usrMeiTanaka00001", "email": "mei.tanaka@example.com", "name": "Mei Tanaka"}


@dataclass(frozen=True)
class Case:
    kind: str
    sent: object
    shown: object
    typecast: bool = False


TAKEN = (
    Case("singleLineText", "a\nb", "a b"),
    Case("singleLineText", "", None),
    Case("singleLineText", 12.0, "12", typecast=True),
    Case("singleLineText", True, "true", typecast=True),
    Case("multilineText", "a\nb", "a\nb"),
    Case("multilineText", ["a", "b"], "a, b", typecast=True),
    Case("richText", "**a**", "**a**\n"),
    Case("richText", "a\n\n", "a\n"),
    Case("email", "a@b.example", "a@b.example"),
    Case("url", "https://a.example", "https://a.example"),
    Case("phoneNumber", "+1 555", "+1 555"),
    Case("number", 1.25, 1.25),
    Case("number", 0, 0),
    Case("number", "1,200.5", 1200.5, typecast=True),
    Case("number", "many", None, typecast=True),
    Case("percent", 0.5, 0.5),
    Case("percent", "12%", 0.12, typecast=True),
    Case("percent", "x%", None, typecast=True),
    Case("currency", "€ 3.50", 3.5, typecast=True),
    Case("duration", 3661, 3661),
    Case("duration", "1:01:01", 3661, typecast=True),
    Case("duration", "1:30", 90, typecast=True),
    Case("duration", "-1:01:01.5", -3661.5, typecast=True),
    Case("duration", "1h 30m", 5400, typecast=True),
    Case("duration", "90", 90, typecast=True),
    Case("duration", "a while", None, typecast=True),
    Case("duration", "", None, typecast=True),
    Case("rating", 5, 5),
    Case("rating", 0, None),
    Case("rating", "3", 3, typecast=True),
    Case("checkbox", True, True),
    Case("checkbox", False, None),
    Case("checkbox", "checked", True, typecast=True),
    Case("checkbox", "no", None, typecast=True),
    Case("checkbox", 1, True, typecast=True),
    Case("date", "2026-02-03", "2026-02-03"),
    Case("date", "2026-02-03T23:30:00-02:00", "2026-02-04"),
    Case("date", "02/03/2026", "2026-02-03", typecast=True),
    Case("date", "March 4, 2026", "2026-03-04", typecast=True),
    Case("date", "3.2.2026", "2026-02-03", typecast=True),
    Case("date", "whenever", None, typecast=True),
    Case("date", " ", None),
    Case("dateTime", "2026-02-03T10:00:00+02:00", "2026-02-03T08:00:00.000Z"),
    Case("dateTime", "2026-02-03", "2026-02-03T05:00:00.000Z"),
    Case("dateTime", "2026-07-03T10:00:00", "2026-07-03T14:00:00.000Z"),
    Case("dateTime", "2/3/2026 3:30pm", "2026-02-03T20:30:00.000Z", typecast=True),
    Case("dateTime", "2/3/2026 3:30pm UTC", "2026-02-03T15:30:00.000Z", typecast=True),
    Case("singleSelect", "One", "One"),
    Case("singleSelect", "", None),
    Case("singleSelect", "Three", "Three", typecast=True),
    Case("singleSelect", 7, "7", typecast=True),
    Case("multipleSelects", ["Two", "One", "Two"], ["Two", "One"]),
    Case("multipleSelects", [], None),
    Case("multipleSelects", ["", "One"], ["One"]),
    Case("multipleSelects", "One, Four", ["One", "Four"], typecast=True),
    Case("multipleSelects", '"Paris, France", One', ["Paris, France", "One"], typecast=True),
    Case("singleCollaborator", {"id": SAM["id"]}, SAM),
    Case("singleCollaborator", {"email": "MEI.tanaka@example.com"}, MEI),
    Case("singleCollaborator", "Mei Tanaka", MEI, typecast=True),
    Case("multipleCollaborators", [{"email": SAM["email"]}, {"id": MEI["id"]}], [SAM, MEI]),
    Case("multipleCollaborators", [SAM["id"]], [SAM]),
    Case("multipleCollaborators", "Sam Rivera, mei.tanaka@example.com", [SAM, MEI], typecast=True),
    Case("barcode", {"text": "123", "type": "upce"}, {"text": "123", "type": "upce"}),
    Case("barcode", {"text": "123", "type": None}, {"text": "123"}),
    Case("barcode", {"text": ""}, None),
    Case("barcode", "123", {"text": "123"}, typecast=True),
)

REFUSED: tuple[tuple[str, object], ...] = (
    ("singleLineText", 1),
    ("singleLineText", ["a"]),
    ("email", {}),
    ("number", "1"),
    ("number", True),
    ("number", [1]),
    ("percent", "5%"),
    ("duration", "1:00"),
    ("rating", 6),
    ("rating", -1),
    ("rating", 2.5),
    ("checkbox", "true"),
    ("checkbox", 1),
    ("date", "02/03/2026"),
    ("date", "2026-13-01"),
    ("date", 20260203),
    ("dateTime", "noon"),
    ("singleSelect", 1),
    ("singleSelect", ["One"]),
    ("multipleSelects", "One"),
    ("multipleSelects", [1]),
    ("singleCollaborator", "Sam Rivera"),
    ("singleCollaborator", {"id": "usrNobody00000001"}),
    ("singleCollaborator", {"email": "Sam Rivera"}),
    ("singleCollaborator", {}),
    ("multipleCollaborators", {"id": "usrSamRivera00001"}),
    ("multipleCollaborators", ["Sam Rivera"]),
    ("barcode", "123"),
    ("barcode", {"text": 1}),
    ("barcode", {"text": "1", "type": 2}),
    ("barcode", {"text": "1", "colour": "red"}),
    ("multipleRecordLinks", "recXXXXXXXXXXXXXX"),
    ("multipleRecordLinks", [1]),
    ("multipleAttachments", "https://a.example/b.png"),
    ("multipleAttachments", ["https://a.example/b.png"]),
    ("multipleAttachments", [{"url": "ftp://a.example"}]),
    ("multipleAttachments", [{"url": "http://[broken"}]),
    ("multipleAttachments", [{"id": "attXXXXXXXXXXXXXX"}]),
    ("multipleAttachments", [{"url": "https://a.example/b.png", "size": 3}]),
)


async def lab(empty: Driver) -> str:
    """Return the path of a table with one field of every type that can be made, named after its type."""
    fields: list[object] = [{"name": "Name", "type": "singleLineText"}]
    kinds = [kind for kind in RULES if kind != "multipleRecordLinks"]
    fields += [{"name": kind, "type": kind, "options": OPTIONS.get(kind)} for kind in kinds]
    made = await empty("POST", "/v0/meta/bases/appEmpty000000001/tables", {"name": "Lab", "fields": fields})
    assert made.status == 200, made.body
    link = {
        "name": "multipleRecordLinks",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": made.body["id"]},
    }
    linked = await empty("POST", f"/v0/meta/bases/appEmpty000000001/tables/{made.body['id']}/fields", link)
    assert linked.status == 200, linked.body
    return f"{EMPTY}/Lab"


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: f"{case.kind}-{case.sent!r:.20}")
async def test_a_value_is_stored_and_shown(empty: Driver, case: Case) -> None:
    path = await lab(empty)
    made = await empty("POST", path, {"fields": {case.kind: case.sent}, "typecast": case.typecast})
    assert made.status == 200, made.body
    assert made.fields.get(case.kind) == case.shown


@pytest.mark.parametrize(("kind", "sent"), REFUSED, ids=lambda each: f"{each!r:.24}")
async def test_a_value_that_does_not_fit_is_refused(empty: Driver, kind: str, sent: object) -> None:
    path = await lab(empty)
    found = await empty("POST", path, {"fields": {kind: sent}})
    assert found.status == 422
    assert (await empty("GET", path)).records == []


ODD: tuple[object, ...] = (
    [],
    {},
    [[]],
    [None],
    "\ud800",
    "x",
    -1,
    10**400,
    True,
    {"id": 1},
    {"url": 1},
    ["a", 1],
)


@pytest.mark.parametrize("kind", sorted(RULES))
async def test_no_value_is_ever_a_crash(empty: Driver, kind: str) -> None:
    path = await lab(empty)
    bodies = [dumps({"fields": {kind: each}, "typecast": cast}) for each in ODD for cast in (True, False)]
    for body in (*bodies, f'{{"fields": {{"{kind}": 1e999}}}}'):
        found = await empty.ask("POST", path, content=body.encode())
        assert found.status in (200, 422), body
    assert (await empty("GET", path, cellFormat="string", timeZone="utc", userLocale="en")).status == 200


def test_every_type_that_can_be_made_has_a_case_of_each_sort() -> None:
    plain = {"multilineText", "richText", "url", "phoneNumber", "currency", "number"}
    assert set(RULES) - {case.kind for case in TAKEN} == {"multipleRecordLinks", "multipleAttachments"}
    assert set(RULES) - {kind for kind, _ in REFUSED} <= plain
    assert {kind for kind, each in FIELD_TYPES.items() if each.parse} == set(RULES)


async def test_cells_are_spelled_in_their_fields_format(empty: Driver) -> None:
    path = await lab(empty)
    fields = {
        "number": 2,
        "percent": 0.125,
        "currency": -1234.5,
        "duration": 3661,
        "checkbox": True,
        "date": "2026-02-03",
        "dateTime": "2026-02-03T10:00:00Z",
        "multipleSelects": ["Two", "One"],
        "multipleCollaborators": [{"id": SAM["id"]}, {"id": MEI["id"]}],
        "barcode": {"text": "123"},
        "multipleAttachments": [{"url": "https://a.example/b%20c.png"}],
    }
    await empty("POST", path, {"fields": fields})
    (record,) = (await empty("GET", path, cellFormat="string", timeZone="utc", userLocale="en")).records
    assert cells(record) == {
        "number": "2.00",
        "percent": "13%",
        "currency": "-€1,234.50",
        "duration": "1:01:01",
        "checkbox": "checked",
        "date": "February 3, 2026",
        "dateTime": "February 3, 2026 10:00",
        "multipleSelects": "Two, One",
        "multipleCollaborators": "Sam Rivera, Mei Tanaka",
        "barcode": "123",
        "multipleAttachments": "b c.png (https://a.example/b%20c.png)",
    }


async def test_moments_are_spelled_in_the_zone_asked_for(empty: Driver) -> None:
    path = await lab(empty)
    await empty("POST", path, {"fields": {"date": "2026-02-03", "dateTime": "2026-02-03T23:30:00Z"}})
    (record,) = (
        await empty("GET", path, cellFormat="string", timeZone="Asia/Tokyo", userLocale="en")
    ).records
    assert cells(record) == {"date": "February 3, 2026", "dateTime": "February 4, 2026 08:30"}


async def test_moments_at_the_edge_of_the_calendar_are_read_or_refused(empty: Driver) -> None:
    path = await lab(empty)
    beyond = await empty("POST", path, {"fields": {"dateTime": "0001-01-01T00:00:00+14:00"}})
    assert beyond.kind == "INVALID_VALUE_FOR_COLUMN"
    made = await empty("POST", path, {"fields": {"dateTime": "0001-01-01T00:30:00Z", "date": "0999-01-01"}})
    assert made.fields == {"dateTime": "0001-01-01T00:30:00.000Z", "date": "0999-01-01"}
    spelt = await empty("GET", path, cellFormat="string", timeZone="America/New_York", userLocale="en")
    assert spelt.status == 200
    assert (await empty("GET", path, **{"sort[0][field]": "dateTime"})).status == 200


async def test_writing_attachments_replaces_the_list_and_ids_keep_files(empty: Driver) -> None:
    path = await lab(empty)
    urls = [{"url": "https://a.example/one.png"}, {"url": "https://a.example/x", "filename": "two.png"}]
    made = await empty("POST", path, {"fields": {"multipleAttachments": urls}})
    one, two = some(made.fields["multipleAttachments"])
    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert (one["filename"], two["filename"]) == ("one.png", "two.png")
    kept = await empty(
        "PATCH", f"{path}/{made.body['id']}", {"fields": {"multipleAttachments": [{"id": two["id"]}]}}
    )
    assert kept.fields["multipleAttachments"] == [two]
    text = {"fields": {"multipleAttachments": "https://a.example/t.txt"}, "typecast": True}
    cast = await empty("PATCH", f"{path}/{made.body['id']}", text)
    assert len(some(cast.fields["multipleAttachments"])) == 1


async def test_a_clock_time_that_is_none_is_refused_under_typecast_too(empty: Driver) -> None:
    path = await lab(empty)
    for text in ("1:2:3:4", "one:two"):
        found = await empty("POST", path, {"fields": {"duration": text}, "typecast": True})
        assert found.kind == "INVALID_VALUE_FOR_COLUMN"


async def test_a_link_whose_table_is_gone_takes_nothing(empty: Driver) -> None:
    path = await lab(empty)
    table = empty.sandbox.workspace.bases["appEmpty000000001"].table_by("Lab")
    assert table is not None
    link = table.field_by("multipleRecordLinks")
    assert link is not None
    link.options["linkedTableId"] = "tblGone0000000000"
    found = await empty("POST", path, {"fields": {"multipleRecordLinks": ["recXXXXXXXXXXXXXX"]}})
    assert found.kind == "INVALID_VALUE_FOR_COLUMN"


async def test_a_table_may_link_to_itself(empty: Driver) -> None:
    path = await lab(empty)
    first = await empty("POST", path, {"fields": {"Name": "A"}})
    second = await empty(
        "POST", path, {"fields": {"Name": "B", "multipleRecordLinks": [{"id": first.body["id"]}]}}
    )
    assert second.fields["multipleRecordLinks"] == [first.body["id"]]
    await empty("DELETE", f"{path}/{first.body['id']}")
    assert "multipleRecordLinks" not in (await empty("GET", f"{path}/{second.body['id']}")).fields
