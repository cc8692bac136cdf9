"""Whoever follows the payloads has the same records as whoever reads them, computed cells included."""

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.webhooks.cells import tell

from .driving import STUDIO, Driver, driver
from .hooks import base_of, hook, payloads, table_of

Mirror = dict[str, dict[str, Any]]

MOVES = st.lists(
    st.tuples(st.sampled_from(["create", "rename", "amount", "client", "delete", "city"]), st.integers(0, 7)),
    min_size=1,
    max_size=8,
)


def seen(studio: Driver) -> Mirror:
    """Return every filled cell as webhooks tell it, by record."""
    base = base_of(studio)
    reader = BaseReader(studio.sandbox.workspace, base, Formulas())
    return {
        record.id: {
            field.id: cell
            for field in table.fields.values()
            if (cell := tell(reader, table, record, field)) not in (None, "", [])
        }
        for table in base.tables.values()
        for record in table.records.values()
    }


def follow(mirror: Mirror, payload: Any) -> None:
    """Bring a mirror up to date with one payload."""
    for table in payload["changedTablesById"].values():
        for key in table.get("destroyedRecordIds", ()):
            del mirror[key]
        for key, created in table.get("createdRecordsById", {}).items():
            mirror[key] = dict(created["cellValuesByFieldId"])
        for key, change in table.get("changedRecordsById", {}).items():
            for field, cell in change["current"]["cellValuesByFieldId"].items():
                former = change["previous"]["cellValuesByFieldId"][field]
                assert _without_name(former) == _without_name(mirror[key].get(field))
                mirror[key][field] = cell
                if cell in (None, "", []):
                    del mirror[key][field]


async def move(studio: Driver, what: str, which: int) -> None:
    def key(table: str) -> str:
        return list(table_of(studio, table).records)[which]

    if what == "create":
        cells = {"Number": "new", "Client": [key("Clients")], "Project": [key("Projects")], "Amount": 5}
        await studio("POST", f"{STUDIO}/Invoices", {"fields": cells})
    elif what == "rename":
        await studio("PATCH", f"{STUDIO}/Projects/{key('Projects')}", {"fields": {"Name": f"Name {which}"}})
    elif what == "amount":
        await studio("PATCH", f"{STUDIO}/Invoices/{key('Invoices')}", {"fields": {"Amount": which * 99999}})
    elif what == "client":
        cells = {"Client": [key("Clients")]}
        await studio("PATCH", f"{STUDIO}/Projects/{key('Projects')}", {"fields": cells})
    elif what == "city":
        await studio("PATCH", f"{STUDIO}/Clients/{key('Clients')}", {"fields": {"City": f"City {which % 3}"}})
    else:
        await studio("DELETE", f"{STUDIO}/Invoices/{key('Invoices')}")


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(MOVES)
async def test_a_mirror_that_follows_payloads_equals_what_is_read(moves: list[tuple[str, int]]) -> None:
    studio = driver()
    mirror = seen(studio)
    path = await hook(studio, includePreviousCellValues=True)
    for what, which in moves:
        await move(studio, what, which)
    for payload in await payloads(studio, path):
        follow(mirror, payload)
    assert names_gone(mirror) == names_gone(seen(studio))


def names_gone(mirror: Mirror) -> Mirror:
    """Return a mirror without the names of linked records, which nobody is told of when they change."""
    return {
        key: {field: _without_name(cell) for field, cell in cells.items()} for key, cells in mirror.items()
    }


def _without_name(cell: Any) -> Any:
    linked = isinstance(cell, list) and all(isinstance(each, dict) and "name" in each for each in cell)
    return [each["id"] for each in cell] if linked else cell
