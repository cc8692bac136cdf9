"""The ledger of writes: what took effect, whatever its sender was told."""

from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault
from pyairtable_mcp.sandbox.http.ledger import LEDGER_LIMIT

from .driving import STUDIO, Driver

BASE = "appStudio00000001"


async def test_a_write_is_told_with_who_where_and_which_records(studio: Driver) -> None:
    await studio.clock.advance(5)
    made = await studio("POST", f"{STUDIO}/Clients", {"records": [{"fields": {"Name": "A"}}, {"fields": {}}]})
    keys = tuple(each["id"] for each in made.records)
    table = studio.sandbox.workspace.bases[BASE].table_by("Clients")
    assert table is not None
    (line,) = studio.sandbox.writes
    assert (line.number, line.moment, line.status, line.lost) == (1, studio.clock.now(), 200, False)
    assert (line.user, line.token, line.source) == (
        studio.sandbox.workspace.owner,
        DEFAULT_TOKEN[-4:],
        "publicApi",
    )
    assert (line.method, line.path, line.base, line.table) == ("POST", f"{STUDIO}/Clients", BASE, table.id)
    assert (line.created, line.updated, line.deleted, line.body) == (keys, (), (), None)


async def test_updates_name_what_changed_on_the_other_side_of_a_link_too(studio: Driver) -> None:
    (project,) = (await studio("GET", f"{STUDIO}/Projects", maxRecords=1)).records
    made = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "A", "Projects": [project["id"]]}})
    key = made.body["id"]
    await studio("PATCH", f"{STUDIO}/Clients/{key}", {"fields": {"Name": "B"}})
    await studio("DELETE", f"{STUDIO}/Clients/{key}")
    created, updated, deleted = studio.sandbox.writes
    assert (created.created, project["id"] in created.updated) == ((key,), True)
    assert (updated.created, updated.updated, updated.deleted) == ((), (key,), ())
    assert (deleted.deleted, deleted.updated) == ((key,), (project["id"],))


async def test_reading_and_refused_requests_write_nothing(studio: Driver) -> None:
    await studio("GET", f"{STUDIO}/Clients", maxRecords=1)
    await studio("POST", f"{STUDIO}/Clients/listRecords", {"maxRecords": 1})
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Nope": 1}})
    studio.sandbox.faults.add(Fault("POST"))
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "A"}})
    assert list(studio.sandbox.writes) == []


async def test_an_answer_replaced_by_a_fault_is_a_lost_one_and_a_late_one_is_not(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault("POST", status=502, before_commit=False), Fault("POST", kind="pass"))
    for _ in range(2):
        await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "A"}})
    first, second = studio.sandbox.writes
    assert [(first.status, first.lost), (second.status, second.lost)] == [(502, True), (200, False)]


async def test_changes_outside_of_cells_are_writes_too(studio: Driver) -> None:
    (task,) = (await studio("GET", f"{STUDIO}/Tasks", maxRecords=1)).records
    await studio("POST", f"{STUDIO}/Tasks/{task['id']}/comments", {"text": "Hello"})
    await studio(
        "POST",
        f"/v0/meta/bases/{BASE}/tables",
        {"name": "New", "fields": [{"name": "A", "type": "singleLineText"}]},
    )
    assert [(each.path.rsplit("/", 1)[1], each.created) for each in studio.sandbox.writes] == [
        ("comments", ()),
        ("tables", ()),
    ]


async def test_lines_are_found_by_number_base_and_table_and_bodies_kept_when_wanted(studio: Driver) -> None:
    writes = studio.sandbox.writes
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "A"}})
    writes.keeps_bodies = True
    await studio("POST", f"{STUDIO}/Projects", {"fields": {"Name": "B"}})
    first, second = writes
    assert (first.body, second.body) == (None, {"fields": {"Name": "B"}})
    assert writes.since(1) == [second]
    assert writes.since(base=BASE, table=first.table) == [first]
    assert writes.since(base="appNope") == []
    writes.clear()
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "C"}})
    assert [each.number for each in writes] == [3]


async def test_the_ledger_of_writes_forgets_its_older_half_when_it_is_full(studio: Driver) -> None:
    writes = studio.sandbox.writes
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "A"}})
    (line,) = writes
    for _ in range(LEDGER_LIMIT - 1):
        writes.add(line)
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "B"}})
    assert len(writes) == LEDGER_LIMIT // 2 + 1
    assert writes.since(LEDGER_LIMIT)[-1].number == LEDGER_LIMIT + 1
