"""Sync CSV: a table that follows what is posted, and what it refuses."""

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.sandbox.records.syncing import COLUMNS, ROWS, SIZE, read_sheet
from pyairtable_mcp.sandbox.wire import ApiError

from .driving import STUDIO, Answer, Driver, cells, driver, some

BASE = "appStudio00000001"


class Synced:
    """The table of invoices, which follows a CSV by its numbers."""

    def __init__(self, studio: Driver) -> None:
        self.studio = studio
        self.table = studio.sandbox.workspace.bases[BASE].tables[_id(studio, "Invoices")]
        self.sync_id = studio.sandbox.sync_table(BASE, "Invoices", unique="Number")

    async def post(self, text: str | bytes) -> Answer:
        content = text if isinstance(text, bytes) else text.encode()
        return await self.studio.ask("POST", f"{STUDIO}/Invoices/sync/{self.sync_id}", content=content)

    async def rows(self, *fields: str) -> list[dict[str, object]]:
        found = (await self.studio("GET", f"{STUDIO}/Invoices", fields=list(fields))).records
        return [cells(each) for each in found]

    async def ids(self) -> dict[object, object]:
        """Return record ids by number."""
        found = (await self.studio("GET", f"{STUDIO}/Invoices")).records
        return {cells(each)["Number"]: each["id"] for each in found}


def _id(studio: Driver, name: str) -> str:
    table = studio.sandbox.workspace.bases[BASE].table_by(name)
    assert table is not None
    return table.id


@pytest.fixture
def synced(studio: Driver) -> Synced:
    return Synced(studio)


async def test_a_sync_creates_changes_and_deletes(synced: Synced) -> None:
    found = await synced.post("Number,Amount,Status\nA-1,12.5,Paid\nA-2,,Sent\n")
    assert (found.status, found.body) == (200, {"success": True})
    assert await synced.rows("Number", "Amount", "Status") == [
        {"Number": "A-1", "Amount": 12.5, "Status": "Paid"},
        {"Number": "A-2", "Status": "Sent"},
    ]
    before = await synced.ids()
    assert (await synced.post("Number,Status\nA-3,Draft\nA-1,Sent\n")).status == 200
    assert await synced.rows("Number", "Amount", "Status") == [
        {"Number": "A-1", "Amount": 12.5, "Status": "Sent"},
        {"Number": "A-3", "Status": "Draft"},
    ]
    assert (await synced.ids())["A-1"] == before["A-1"]


async def test_what_is_posted_again_changes_nothing(synced: Synced) -> None:
    await synced.post("Number,Amount\nA-1,12.5\n")
    (before,) = synced.table.records.values()
    modified = before.modified
    await synced.studio.clock.advance(60)
    assert (await synced.post("\ufeffNumber,Amount\r\nA-1,12.50\r\n\r\n")).status == 200
    (after,) = synced.table.records.values()
    assert (after.id, after.modified) == (before.id, modified)


async def test_a_column_nobody_knows_becomes_a_field_of_text(synced: Synced) -> None:
    await synced.post('Number,Colour,Total\nA-1,"light, blue",ignored\n')
    field = synced.table.field_by("Colour")
    assert field is not None
    assert field.type == "singleLineText"
    assert await synced.rows("Number", "Colour") == [{"Number": "A-1", "Colour": "light, blue"}]
    field.name = "Tint"
    await synced.post("Number,Colour\nA-1,red\n")
    assert await synced.rows("Number", "Tint") == [{"Number": "A-1", "Tint": "red"}]
    assert synced.table.field_by("Colour") is None


async def test_fields_no_column_is_for_are_left_alone(synced: Synced) -> None:
    await synced.post("Number\nA-1\n")
    remark = await synced.studio(
        "POST",
        f"/v0/meta/bases/{BASE}/tables/Invoices/fields",
        {"name": "Remark", "type": "singleLineText"},
    )
    assert remark.status == 200
    path = f"{STUDIO}/Invoices/{(await synced.ids())['A-1']}"
    assert (await synced.studio("PATCH", path, {"fields": {"Remark": "Mine"}})).status == 200
    await synced.post("Number,Status\nA-1,Paid\n")
    assert await synced.rows("Number", "Status", "Remark") == [
        {"Number": "A-1", "Status": "Paid", "Remark": "Mine"}
    ]


async def test_synced_cells_are_written_by_the_sync_alone(synced: Synced) -> None:
    await synced.post("Number\nA-1\n")
    studio, path = synced.studio, f"{STUDIO}/Invoices/{(await synced.ids())['A-1']}"
    table, number = synced.table, synced.table.primary
    refused = await studio("PATCH", path, {"fields": {"Number": "A-9"}})
    assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")
    assert (
        refused.message == f"You are not permitted to write cell values in field {number.name} ({number.id})"
    )
    refused = await studio("POST", f"{STUDIO}/Invoices", {"fields": {}})
    assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")
    assert refused.message == f"You are not permitted to create records in table {table.name} ({table.id})"
    linked = {"fields": {"Invoices": ["A-77"]}, "typecast": True}
    client = (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).records[0]["id"]
    refused = await studio("PATCH", f"{STUDIO}/Clients/{client}", linked)
    assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")
    for refused in (
        await studio("DELETE", path),
        await studio("DELETE", f"{STUDIO}/Invoices", records=[path.rsplit("/", 1)[1]]),
    ):
        assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")
    assert (await studio("PUT", path, {"fields": {}})).status == 200
    assert await synced.rows("Number") == [{"Number": "A-1"}]


async def test_no_file_is_put_into_a_synced_cell(studio: Driver) -> None:
    studio.sandbox.sync_table(BASE, "Projects", unique="Name")
    table = studio.sandbox.workspace.bases[BASE].tables[_id(studio, "Projects")]
    path = f"{STUDIO}/{next(iter(table.records))}/Files/uploadAttachment"
    file = {"contentType": "text/plain", "filename": "a.txt", "file": "YQ=="}
    refused = await studio("POST", path, file)
    assert (refused.status, refused.kind) == (403, "INVALID_PERMISSIONS")


async def test_webhooks_hear_that_a_sync_did_it(synced: Synced) -> None:
    hooks = f"/v0/bases/{BASE}/webhooks"
    watch = {"options": {"filters": {"dataTypes": ["tableData"], "fromSources": ["sync"]}}}
    made = await synced.studio("POST", hooks, {"notificationUrl": None, "specification": watch})
    await synced.post("Number\nA-1\n")
    (told,) = some((await synced.studio("GET", f"{hooks}/{made.body['id']}/payloads")).body["payloads"])
    assert isinstance(told, dict)
    assert told["actionMetadata"]["source"] == "sync"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        b"\xff\xfe",
        'Number\n"open',
        "Amount\n1\n",
        "Number,Number\nA,B\n",
        "Number,number\nA,B\n",
        "Number,\nA,B\n",
        "Number\nA,B\n",
        "Number\nA\nA\n",
        "Number,Amount\n,1\n",
        "Number,Amount,New\nA,much,x\nA,1,y\n",
        "Number\n" + "x" * 200_000,
    ],
)
async def test_what_cannot_be_followed_changes_nothing(synced: Synced, text: str | bytes) -> None:
    await synced.post("Number\nA-1\n")
    fields, before = list(synced.table.fields), await synced.rows("Number")
    found = await synced.post(text)
    assert found.status == 422
    assert (list(synced.table.fields), await synced.rows("Number")) == (fields, before)


async def test_the_limits_are_those_documented(synced: Synced) -> None:
    columns = ["Number", *(f"Column {number}" for number in range(COLUMNS))]
    assert (await synced.post(",".join(columns))).status == 422
    assert (
        await synced.post("Number\n" + "\n".join(str(number) for number in range(ROWS + 1)))
    ).status == 422
    assert (await synced.post("Number\n" + " " * SIZE)).status == 413
    assert (await synced.post(",".join(columns[:COLUMNS]))).status == 200
    assert len(synced.table.records) == 0
    assert (await synced.post("Number\n" + "\n".join(str(number) for number in range(ROWS)))).status == 200
    assert len(synced.table.records) == ROWS


async def test_only_a_synced_table_answers_and_only_to_its_own_id(synced: Synced) -> None:
    for place in ("Invoices/sync/synNothing0000000", f"Clients/sync/{synced.sync_id}"):
        found = await synced.studio.ask("POST", f"{STUDIO}/{place}", content=b"Number\nA\n")
        assert (found.status, found.body) == (404, {"error": "NOT_FOUND"})
    for wrong in (("appNo", "Clients", "Name"), (BASE, "No", "Name"), (BASE, "Clients", "No")):
        with pytest.raises(KeyError):
            synced.studio.sandbox.sync_table(wrong[0], wrong[1], unique=wrong[2])


async def test_twenty_syncs_are_admitted_in_five_minutes() -> None:
    synced = Synced(driver(rate=1000))
    for _ in range(20):
        assert (await synced.post("Number\nA-1\n")).status == 200
    refused = await synced.post("Number\nA-1\n")
    assert (refused.status, refused.kind) == (429, "RATE_LIMIT_REACHED")
    assert (await synced.studio("GET", f"{STUDIO}/Invoices")).status == 200
    await synced.studio.clock.advance(300)
    assert (await synced.post("Number\nA-1\n")).status == 200


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sheet_or_a_refusal(raw: bytes) -> None:
    with suppress(ApiError):
        sheet = read_sheet(raw)
        assert all(len(row) == len(sheet.columns) for row in sheet.rows)


names = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))


def quoted(row: Iterable[str]) -> str:
    return ",".join('"' + each.replace('"', '""') + '"' for each in row) + "\r\n"


@given(st.lists(names, min_size=1, max_size=4, unique_by=str.lower), st.data())
def test_a_quoted_sheet_is_read_as_it_was_written(columns: list[str], data: st.DataObject) -> None:
    width = len(columns)
    rows = data.draw(st.lists(st.lists(texts, min_size=width, max_size=width), max_size=4))
    raw = "".join(quoted(each) for each in (columns, *rows)).encode()
    sheet = read_sheet(raw)
    assert (sheet.columns, sheet.rows) == (columns, rows)
