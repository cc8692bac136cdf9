"""Setting a whole workspace aside and putting it back."""

from pyairtable_mcp.sandbox import Sandbox, restore, snapshot

from .driving import STUDIO, Driver


async def test_a_restored_workspace_is_what_it_was(studio: Driver) -> None:
    before = snapshot(studio.sandbox.workspace)
    schema = (await studio("GET", f"/v0/meta/bases{STUDIO.removeprefix('/v0')}/tables")).body
    tasks = (await studio("GET", f"{STUDIO}/Tasks")).records
    await studio("POST", f"{STUDIO}/Tasks", {"fields": {"Name": "x", "Labels": ["new"]}, "typecast": True})
    await studio("PATCH", f"{STUDIO}/Tasks/{tasks[0]['id']}", {"fields": {"Name": "y"}})
    await studio("DELETE", f"{STUDIO}/Tasks/{tasks[1]['id']}")
    assert snapshot(studio.sandbox.workspace) != before
    restore(studio.sandbox.workspace, before)
    assert (await studio("GET", f"/v0/meta/bases{STUDIO.removeprefix('/v0')}/tables")).body == schema
    assert (await studio("GET", f"{STUDIO}/Tasks")).records == tasks


async def test_formulas_compiled_for_a_schema_since_gone_are_not_used_after_a_restore(empty: Driver) -> None:
    meta = "/v0/meta/bases/appEmpty000000001/tables"
    fields = [
        {"name": "Name", "type": "singleLineText"},
        {"name": "A", "type": "number", "options": {"precision": 0}},
    ]
    table = (await empty("POST", meta, {"name": "T", "fields": fields})).body
    await empty("POST", f"/v0/appEmpty000000001/{table['id']}", {"fields": {"A": 1}})
    before = snapshot(empty.sandbox.workspace)
    held = empty.sandbox.workspace.bases["appEmpty000000001"].tables[str(table["id"])]
    first = f"{meta}/{table['id']}/fields/{list(held.fields)[1]}"
    await empty("PATCH", first, {"name": "B"})
    assert (await empty("GET", "/v0/appEmpty000000001/T", filterByFormula="{B}=1")).status == 200
    restore(empty.sandbox.workspace, before)
    await empty("PATCH", first, {"name": "C"})
    assert (await empty("GET", "/v0/appEmpty000000001/T", filterByFormula="{B}=1")).status == 422
    assert len((await empty("GET", "/v0/appEmpty000000001/T", filterByFormula="{C}=1")).records) == 1


async def test_a_snapshot_can_be_restored_twice_and_into_another_sandbox(studio: Driver) -> None:
    taken = snapshot(studio.sandbox.workspace)
    other = Sandbox("empty")
    for _ in range(2):
        restore(other.workspace, taken)
        assert list(other.workspace.bases) == list(studio.sandbox.workspace.bases)
        other.workspace.bases.clear()
