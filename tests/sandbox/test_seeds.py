"""The seeded workspaces hold what other tests rely on, the same every time."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.sandbox import Filling, Sandbox
from pyairtable_mcp.sandbox.seeds import columns, words
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder
from pyairtable_mcp.sandbox.seeds.people import USERS
from pyairtable_mcp.sandbox.seeds.studio import STUDIO_ID, studio_base

from .driving import STUDIO, Driver, cells, some

SIZES = {"Clients": 60, "Projects": 120, "Tasks": 900, "Invoices": 300, "People": 25, "Timesheets": 2400}


def test_the_studio_is_the_same_every_time() -> None:
    first, second = (Sandbox(clock=ManualClock(), rng=Random(seed)).workspace.bases for seed in (1, 2))
    assert first == second
    made = [studio_base(USERS[0].id, USERS) for _ in range(2)]
    assert made == [first[STUDIO_ID]] * 2


def test_what_happens_to_one_studio_happens_to_no_other() -> None:
    spoilt = Sandbox().workspace.bases[STUDIO_ID]
    for table in spoilt.tables.values():
        for record in table.records.values():
            for cell in record.cells.values():
                if isinstance(cell, list | dict):
                    cell.clear()
            record.cells.popitem()
        for field in table.fields.values():
            field.options.clear()
    assert Sandbox().workspace.bases[STUDIO_ID] == studio_base(USERS[0].id, USERS)


def test_the_studio_has_its_tables_records_and_views() -> None:
    workspace = Sandbox().workspace
    studio = workspace.bases["appStudio00000001"]
    assert {each.name: len(each.records) for each in studio.tables.values()} == SIZES
    tasks = studio.table_by("Tasks")
    assert tasks is not None
    assert len(tasks.fields) == 14
    assert {each.name for each in tasks.views.values()} == {"All", "Open tasks"}
    archive = workspace.bases["appArchive0000001"]
    assert [(each.name, len(each.fields)) for each in archive.tables.values()][2] == ("Inventory", 40)


def test_every_id_has_the_form_airtable_gives_it() -> None:
    workspace = Sandbox().workspace
    assert all(is_id(each, "usr") for each in workspace.users)
    for base in workspace.bases.values():
        assert is_id(base.id, "app")
        for table in base.tables.values():
            assert is_id(table.id, "tbl")
            assert all(is_id(each, "fld") for each in table.fields)
            assert all(is_id(each, "rec") for each in table.records)


def test_every_link_has_its_other_side() -> None:
    base = Sandbox().workspace.bases["appStudio00000001"]
    for table in base.tables.values():
        for field in table.fields.values():
            if field.type != "multipleRecordLinks":
                continue
            target = base.tables[str(field.options["linkedTableId"])]
            back = str(field.options["inverseLinkFieldId"])
            for record in table.records.values():
                for key in some(record.cells.get(field.id, [])):
                    assert record.id in some(target.records[str(key)].cells[back])


async def test_the_known_rows_are_there(studio: Driver) -> None:
    (acme,) = await studio.find("Clients", "{Name}='Acme Robotics'")
    assert cells(acme)["Status"] == "Active"
    (relaunch,) = await studio.find("Projects", "{Name}='Website relaunch'")
    assert (cells(relaunch)["Status"], cells(relaunch)["Client"]) == ("In progress", [acme["id"]])
    (copy,) = await studio.find("Tasks", "{Name}='Write launch copy'")
    assert cells(copy)["Project"] == [relaunch["id"]]
    assert len(await studio.find("Invoices", "{Number}='INV-0001'")) == 1
    assert len(await studio.find("Clients", "FIND('Globex', {Name}) = 1")) == 2
    kims = await studio.find("People", "{Name}='Alex Kim'")
    assert len({cells(each)["Email"] for each in kims}) == len(kims) == 2
    assert len(await studio.find("Tasks", "{Status}='In Review'")) == 89


async def test_names_are_unique_where_people_would_make_them_so(studio: Driver) -> None:
    for table, allowed in (("Clients", set()), ("People", {"Alex Kim"})):
        rows = (await studio("GET", f"{STUDIO}/{table}")).records
        counts = Counter(str(cells(each)["Name"]) for each in rows)
        assert {name for name, count in counts.items() if count > 1} == allowed
    projects = studio.sandbox.workspace.bases["appStudio00000001"].table_by("Projects")
    assert projects is not None
    names = [each.cells[projects.primary.id] for each in projects.records.values()]
    assert len(set(names)) == len(names)


def test_a_seed_that_names_a_column_that_is_not_there_fails_at_once() -> None:
    builder = BaseBuilder(
        "appTest0000000001", "Test", Random(1), "usrSamRivera00001", datetime(2026, 1, 1, tzinfo=UTC)
    )
    builder.table("One", columns.line("Name"), columns.link("Other", "Nowhere", "One"))
    with pytest.raises(LookupError, match=r"Nowhere\.One"):
        builder.connect()


def test_hostile_text_is_in_the_data_as_it_is() -> None:
    base = Sandbox().workspace.bases["appStudio00000001"]
    held = {
        str(cell)
        for table in base.tables.values()
        for row in table.records.values()
        for cell in row.cells.values()
    }
    assert set(words.HOSTILE) <= held


async def test_every_cell_of_the_studio_reads_without_an_error(studio: Driver) -> None:
    for table in SIZES:
        rows = (await studio("GET", f"{STUDIO}/{table}")).records
        assert "#ERROR!" not in str(rows)
        spelt = await studio("GET", f"{STUDIO}/{table}", cellFormat="string", timeZone="utc", userLocale="en")
        assert spelt.status == 200


async def test_orders_by_the_thousand_are_the_same_every_time_and_every_cell_of_them_reads() -> None:
    clock = ManualClock()
    first, second = (
        Sandbox(Filling("none", 1_000), clock=clock, rng=Random(seed), rate=0) for seed in (1, 2)
    )
    assert first.workspace.bases == second.workspace.bases
    (base,) = first.workspace.bases.values()
    assert [(each.name, len(each.records)) for each in base.tables.values()] == [
        ("Orders", 1_000),
        ("Customers", 20),
    ]
    ask = Driver(first, clock)
    orders = (await ask("GET", f"/v0/{base.id}/Orders")).records
    customers = (await ask("GET", f"/v0/{base.id}/Customers")).records
    assert "#ERROR!" not in str([*orders, *customers])
    assert all(
        {"Number", "Customer", "Status", "Placed", "Total", "Country"} <= cells(each).keys()
        for each in orders
    )
    assert sum(float(str(cells(each)["Order count"])) for each in customers) == 1_000


async def test_a_sandbox_can_begin_without_any_base() -> None:
    clock = ManualClock()
    ask = Driver(Sandbox("none", clock=clock, rate=0), clock)
    assert (await ask("GET", "/v0/meta/bases")).body == {"bases": []}
    assert (await ask("GET", "/v0/meta/whoami")).body["id"] == "usrSamRivera00001"
