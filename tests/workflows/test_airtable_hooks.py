"""Airtable's webhooks under a record trigger: kept alive, and made anew when lost, with nothing forgotten."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from pydantic import JsonValue

from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.state.webhooks import Webhook
from pyairtable_mcp.workflows.triggers.record.hooking import CHECK, SAFETY
from tests.workflows.tended import PUBLIC, Tended, tended

DAY = 86_400.0


@pytest.fixture
async def flow(tmp_path: Path) -> AsyncIterator[Tended]:
    async with tended(tmp_path / "store.db", public_url=PUBLIC) as opened:
        await opened.save(record=[{"base": "Studio", "table": "People", "events": ["created", "changed"]}])
        await opened.tend()
        opened.asked()
        yield opened


def people(flow: Tended) -> list[str]:
    return list(flow.sandbox.workspace.bases[flow.base].tables[flow.table("People").id].records)


def hooks(flow: Tended) -> dict[str, Webhook]:
    """The webhooks Airtable has."""
    return flow.sandbox.workspace.bases[flow.base].webhooks


def only(flow: Tended) -> Webhook:
    (hook,) = hooks(flow).values()
    return hook


async def look(flow: Tended, seconds: float = 1.0, *, patiently: bool = False) -> Sequence[tuple[str, str]]:
    await flow.clock.advance(seconds)
    await flow.store.triggers.ring("flow", "record-1")
    await flow.tend(patiently=patiently)
    return await flow.told()


async def test_a_webhook_watches_the_table_and_asks_for_what_was(flow: Tended) -> None:
    assert only(flow).url == f"{PUBLIC}/hooks/airtable/flow/record-1"
    assert only(flow).specification == {
        "options": {
            "filters": {
                "dataTypes": ["tableData"], "recordChangeScope": flow.table("People").id,
                "changeTypes": ["update", "add"],
            },
            "includes": {"includePreviousCellValues": True, "includeCellValuesInFieldIds": "all"},
        }
    }  # fmt: skip


async def test_a_webhook_is_refreshed_long_before_it_ends(flow: Tended) -> None:
    for _ in range(4):
        await flow.tend(4 * DAY)
        assert only(flow).enabled
        assert (await flow.trigger()).trouble == ""
    assert "POST refresh" in flow.asked()
    await flow.update("People", people(flow)[0], Name="Other")
    assert len(await look(flow)) == 1


async def test_without_a_notification_payloads_are_read_after_an_hour(flow: Tended) -> None:
    await flow.update("People", people(flow)[0], Name="Other")
    await flow.tend(SAFETY - 1)
    assert await flow.told() == []
    await flow.tend(1)
    assert len(await flow.told()) == 1


async def test_notifications_that_airtable_gave_up_are_switched_on_again(flow: Tended) -> None:
    only(flow).notifies = False
    await look(flow, CHECK)
    assert only(flow).notifies


async def test_changes_are_dealt_with_once_and_in_their_order(flow: Tended) -> None:
    person = people(flow)[0]
    for number in range(120):
        await flow.update("People", person, Name=f"Name {number}")
    await look(flow)
    await look(flow)
    names = [each["record"]["fields"]["Name"] for each in await flow.events()]
    assert names == [f"Name {number}" for number in range(120)]


async def test_a_state_that_could_not_be_entered_is_read_again_and_fires_once(flow: Tended) -> None:
    await flow.update("People", people(flow)[0], Name="Other")
    (row,) = await flow.store.triggers.find()
    for _ in range(3):
        flow.sandbox.faults.add(Fault("GET", status=503, times=30))
        await look(flow, patiently=True)
        flow.sandbox.faults.clear()
    assert (await flow.trigger()).trouble != ""
    assert len(await look(flow, 3_600.0)) == 1
    assert (await flow.trigger()).trouble == ""
    assert (await flow.trigger()).epoch > row.epoch


async def test_a_webhook_somebody_deleted_is_made_anew_and_what_happened_is_read_again(flow: Tended) -> None:
    ada, ben = people(flow)[:2]
    await flow.update("People", ada, Name="Before")
    assert len(await look(flow)) == 1
    hooks(flow).clear()
    await flow.clock.advance(600.0)
    await flow.update("People", ben, Name="While nobody listened")
    (new,) = await flow.create("People", {"Name": "New"})
    assert sorted((await look(flow))[1:]) == sorted([("changed", ben), ("created", new)])
    assert "read again" in (await flow.trigger()).trouble
    await flow.update("People", ada, Name="After")
    assert (await look(flow))[3:] == [("changed", ada)]
    await flow.tend(DAY + SAFETY)
    assert (await flow.trigger()).trouble == ""


@pytest.mark.parametrize("away", [8 * DAY, 15 * DAY])
async def test_after_a_long_absence_what_was_lost_is_told_and_read_again(flow: Tended, away: float) -> None:
    ada, ben = people(flow)[:2]
    await flow.clock.advance(600.0)
    await flow.update("People", ada, Name="Soon forgotten")
    await flow.clock.advance(away)
    await flow.update("People", ben, Name="Late")
    await flow.tend()
    assert sorted(await flow.told()) == sorted([("changed", ada), ("changed", ben)])
    assert "deleted ones cannot be found" in (await flow.trigger()).trouble
    await flow.update("People", ada, Name="After")
    assert (await look(flow))[2:] == [("changed", ada)]


async def test_payloads_that_airtable_has_dropped_are_told_by_number(flow: Tended) -> None:
    await flow.clock.advance(600.0)
    for number in range(5):
        await flow.update("People", people(flow)[number], Name="Other")
    only(flow).payloads.popleft()
    only(flow).payloads.popleft()
    told = await look(flow)
    assert {record for _, record in told} == set(people(flow)[:5])
    assert "2 changes had been dropped" in (await flow.trigger()).trouble


async def test_a_webhook_that_airtable_could_not_serve_is_made_anew(flow: Tended) -> None:
    await flow.clock.advance(600.0)
    await flow.update("People", people(flow)[0], Name="Other")
    first = only(flow)
    payload = first.payloads[0]
    first.payloads[0] = replace(payload, body={**payload.body, "error": True, "code": "INTERNAL_ERROR"})
    assert await look(flow) == [("changed", people(flow)[0])]
    assert only(flow).id != first.id
    assert "INTERNAL_ERROR" in (await flow.trigger()).trouble


async def test_a_webhook_whose_making_was_not_answered_is_not_made_twice(tmp_path: Path) -> None:
    async with tended(tmp_path / "other.db", public_url=PUBLIC) as flow:
        flow.sandbox.faults.add(Fault("POST", status=0, before_commit=False))
        await flow.save(record=[{"base": "Studio", "table": "People"}])
        await flow.tend(patiently=True)
        assert (await flow.trigger()).trouble != ""
        await flow.tend(60.0)
        assert (await flow.trigger()).trouble == ""
        assert len(hooks(flow)) == 1


async def test_a_base_with_too_many_webhooks_is_told(flow: Tended) -> None:
    spec: JsonValue = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    assert isinstance(spec, dict)
    for _ in range(9):
        await flow.at.create_webhook(flow.base, spec)
    await flow.save("other", record=[{"base": "Studio", "table": "People"}])
    await flow.tend()
    found = await flow.store.triggers.get("other", "record-1")
    assert found is not None
    assert "10 webhooks" in found.trouble


async def test_shuffled_doubled_and_lost_notifications_change_nothing(flow: Tended) -> None:
    rng = Random(11)
    person = people(flow)[0]
    waiting = 0
    for number in range(60):
        await flow.update("People", person, Name=f"Name {number}")
        waiting += rng.randint(0, 2)
        while waiting and rng.random() < 0.6:
            waiting -= 1
            await flow.store.triggers.ring("flow", "record-1")
            if rng.random() < 0.5:
                await flow.tend()
    await look(flow)
    names = [each["record"]["fields"]["Name"] for each in await flow.events()]
    assert names == [f"Name {number}" for number in range(60)]
