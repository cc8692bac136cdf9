"""Record triggers: what people change starts runs, once and in order, by webhook and by looking alike."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.workflows.tended import PUBLIC, Tended, tended

DAY = 86_400.0


@pytest.fixture(params=["by webhook", "by looking"])
async def flow(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Tended]:
    public = PUBLIC if request.param == "by webhook" else ""
    async with tended(tmp_path / "store.db", public_url=public) as opened:
        yield opened


async def heard(flow: Tended) -> list[tuple[str, str]]:
    """Let what happened be noticed: a notification arrives, or it is time to look."""
    await flow.store.triggers.ring("flow", "record-1")
    await flow.tend(61.0)
    return await flow.told()


async def watching(flow: Tended, **trigger: JsonValue) -> None:
    """Save a workflow that watches people of the studio, and let it be looked at for the first time."""
    await flow.save(record=[{"base": "Studio", "table": "People", **trigger}])
    await flow.tend()
    assert await flow.told() == []
    assert (await flow.trigger()).trouble == ""


def people(flow: Tended) -> list[str]:
    return list(flow.sandbox.workspace.bases[flow.base].tables[flow.table("People").id].records)


async def test_what_is_there_at_first_fires_nothing_and_what_comes_does_once(flow: Tended) -> None:
    await watching(flow, events=["created", "changed", "deleted"])
    old = people(flow)[0]
    (new,) = await flow.create("People", {"Name": "New"})
    await flow.update("People", old, Name="Other")
    assert sorted(await heard(flow)) == sorted([("created", new), ("changed", old)])
    await flow.delete("People", new)
    assert (await heard(flow))[2:] == [("deleted", new)]
    assert len(await heard(flow)) == 3


async def test_a_run_is_told_what_the_record_is_and_was(flow: Tended) -> None:
    await watching(flow, fields=["Role", "Active"])
    ada = people(flow)[0]
    await flow.update("People", ada, Role="Designer", Skills=["SEO", "Research"], Active=True)
    await heard(flow)
    await flow.update("People", ada, Role=None, Active=False)
    await heard(flow)
    first, second = await flow.events()
    assert first["record"]["fields"]["Role"] == "Designer"
    assert first["record"]["fields"]["Skills"] == ["SEO", "Research"]
    assert {first["kind"], first["id"], first["base"], first["table"]} == {
        "record", "record-1", flow.base, flow.table("People").id,
    }  # fmt: skip
    assert set(second["changed"]) == {"Role", "Active"}
    assert second["before"]["fields"]["Role"] == "Designer"
    assert "Role" not in second["record"]["fields"]


async def test_only_watched_fields_count_as_changed(flow: Tended) -> None:
    await watching(flow, fields=["Role"])
    ada, ben = people(flow)[:2]
    await flow.update("People", ada, Name="Other")
    await flow.update("People", ben, Role="Copywriter")
    await flow.create("People", {"Name": "New", "Role": "Copywriter"})
    assert await heard(flow) == [("changed", ben)]


async def test_a_formula_has_to_hold_afterwards_and_another_before(flow: Tended) -> None:
    await watching(
        flow, fields=["Role"], when="{Role} = 'Copywriter'", was="AND({Role} = 'Designer', {Active})"
    )
    ada, ben, cai, dee = people(flow)[:4]
    await flow.update("People", ada, Role="Designer", Active=True)
    await flow.update("People", ben, Role="Designer", Active=False)
    await flow.update("People", cai, Role="Strategist", Active=True)
    await flow.update("People", dee, Role="Designer", Active=True)
    assert await heard(flow) == []
    for one in (ada, ben, cai):
        await flow.update("People", one, Role="Copywriter")
    await flow.update("People", dee, Role="Strategist")
    assert await heard(flow) == [("changed", ada)]


async def test_formulas_see_the_names_of_linked_records(flow: Tended) -> None:
    tasks = flow.sandbox.workspace.bases[flow.base].tables[flow.table("Tasks").id].records
    first, second = list(tasks)[:2]
    await flow.update("Tasks", first, Name='Odd, "one"')
    await watching(flow, fields=["Tasks"], when="FIND('Odd', {Tasks}&'')", was="NOT(FIND('Odd', {Tasks}&''))")
    ada, ben = people(flow)[:2]
    await flow.update("People", ada, Tasks=[first])
    await flow.update("People", ben, Tasks=[second])
    # A task has one assignee: who had it before has lost it.
    assert ("changed", ada) in await heard(flow)
    assert ("changed", ben) not in await flow.told()
    await flow.update("People", ada, Tasks=[first, second])
    assert (await heard(flow)).count(("changed", ada)) == 1


async def test_what_a_deleted_record_was_can_be_asked(flow: Tended) -> None:
    await watching(flow, events=["deleted"], when="{Role} = 'Copywriter'")
    ada, ben = people(flow)[:2]
    await flow.update("People", ada, Role="Copywriter")
    await flow.update("People", ben, Role="Designer")
    assert await heard(flow) == []
    await flow.delete("People", ada, ben)
    assert await heard(flow) == [("deleted", ada)]
    (event,) = await flow.events()
    assert event["before"]["fields"]["Role"] == "Copywriter"


async def test_a_definition_that_changes_begins_anew(flow: Tended) -> None:
    await watching(flow, fields=["Role"])
    await flow.update("People", people(flow)[0], Role="Copywriter")
    await watching(flow, fields=["Name"])
    await flow.update("People", people(flow)[1], Name="Other")
    assert await heard(flow) == [("changed", people(flow)[1])]
    hooks = await flow.at.webhooks(flow.base)
    assert len(hooks) <= 1


async def test_a_workflow_that_is_switched_off_leaves_nothing_at_airtable(flow: Tended) -> None:
    await watching(flow)
    await flow.store.workflows.switch("flow", enabled=False)
    await flow.tend()
    assert await flow.store.triggers.find() == []
    assert await flow.at.webhooks(flow.base) == ()
    assert await flow.store.pictures.records("flow", "record-1") == []
    await flow.update("People", people(flow)[0], Name="Other")
    assert await heard(flow) == []
    await flow.store.workflows.switch("flow", enabled=True)
    await flow.tend()
    await flow.update("People", people(flow)[0], Name="Third")
    assert len(await heard(flow)) == 1


async def test_a_trigger_whose_table_is_gone_says_so_and_holds_up_no_other(flow: Tended) -> None:
    bad: dict[str, JsonValue] = {"base": "Studio", "table": "Peopel"}
    await flow.save(record=[bad, {"base": "Studio", "table": "People", "id": "good"}])
    await flow.tend()
    broken = next(row for row in await flow.store.triggers.find() if row.id == "record-1")
    assert "Peopel" in broken.trouble
    waits = []
    for _ in range(9):
        due = await flow.store.triggers.get("flow", "record-1")
        assert due is not None
        waits.append(round(due.due_at - flow.desk.now()))
        await flow.tend(waits[-1] + 1)
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 900
    await flow.update("People", people(flow)[0], Name="Other")
    await flow.store.triggers.ring("flow", "good")
    await flow.tend(61.0)
    assert await flow.told() == [("changed", people(flow)[0])]
