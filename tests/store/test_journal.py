"""What the journal keeps, and whom it lets write."""

from dataclasses import replace

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Fenced
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store.journal_values import History, Holding, Image, OutcomeRow, SagaRow
from tests.store.sagas import INTENT, ME, OTHER, OUTCOME, STEP, held, journaled, saga


def undated(history: History | None) -> History:
    assert history is not None
    return replace(
        history,
        saga=replace(history.saga, created=0.0, changed=0.0),
        intents=tuple(replace(one, at=0.0) for one in history.intents),
        outcomes={number: replace(one, at=0.0) for number, one in history.outcomes.items()},
    )


async def test_what_was_entered_is_read_again_whole(where: str) -> None:
    async with journaled(where) as store:
        assert await store.journal.open(saga(), [STEP, INTENT])
        assert await store.journal.write(held(), [OUTCOME], {"status": Status.COMPLETED}, durable=False) == ""
        found = undated(await store.journal.load("sgabcdef"))
    assert found == History(
        saga=replace(saga(), status=Status.COMPLETED), steps=(STEP,), intents=(INTENT,), outcomes={1: OUTCOME}
    )


async def test_an_entry_made_again_takes_the_place_of_the_first(where: str) -> None:
    later = OutcomeRow(intent=1, status="unknown", after=(Image(record="rec2"),))
    async with journaled(where) as store:
        await store.journal.open(saga(), [STEP, INTENT, OUTCOME])
        await store.journal.write(held(), [later, replace(STEP, status="done", result=[2])], durable=False)
        found = undated(await store.journal.load("sgabcdef"))
    assert found.outcomes == {1: later}
    assert [(one.status, one.result) for one in found.steps] == [("done", [2])]


async def test_a_saga_that_is_not_there_is_none(where: str) -> None:
    async with journaled(where) as store:
        assert await store.journal.load("sgabcdef") is None


async def test_an_id_is_given_once(where: str) -> None:
    async with journaled(where) as store:
        assert await store.journal.open(saga())
        assert not await store.journal.open(replace(saga(), title="Another"), [STEP])
        found = undated(await store.journal.load("sgabcdef"))
    assert (found.saga.title, found.steps) == ("Two rows", ())


@pytest.mark.parametrize("stranger", [held(owner=OTHER), held(epoch=2), held("sgnowher")])
async def test_only_who_holds_a_saga_writes_about_it(where: str, stranger: Holding) -> None:
    async with journaled(where) as store:
        await store.journal.open(saga())
        with pytest.raises(Fenced):
            await store.journal.write(stranger, [STEP], {"status": Status.COMPLETED}, durable=True)
        found = undated(await store.journal.load("sgabcdef"))
    assert found == History(saga=saga())


async def test_the_holder_learns_with_its_next_entry_that_it_is_to_stop(where: str) -> None:
    async with journaled(where) as store:
        await store.journal.open(saga())
        assert await store.journal.stop("sgabcdef", "by Mona: changed her mind")
        assert not await store.journal.stop("sgabcdef", "by somebody later")
        told = await store.journal.write(held(), [STEP], durable=False)
        await store.journal.write(held(), [], {"status": Status.COMPLETED, "stop": ""}, durable=False)
        assert not await store.journal.stop("sgabcdef", "too late")
    assert told == "by Mona: changed her mind"


async def test_sagas_are_found_by_principal_state_and_record_the_youngest_first(where: str) -> None:
    clock = ManualClock()
    async with journaled(where, clock) as store:
        for name in ("sg1", "sg2", "sg3"):
            await store.journal.open(saga(name), [INTENT] if name == "sg2" else [])
            await clock.advance(1.0)
        await store.journal.open(replace(saga("sg4"), principal="q", status=Status.COMPLETED))
        found = store.journal.find

        def ids(rows: list[SagaRow]) -> list[str]:
            return [row.id for row in rows]

        assert ids(await found(principal="p")) == ["sg3", "sg2", "sg1"]
        assert ids(await found(statuses=[Status.COMPLETED])) == ["sg4"]
        assert ids(await found(record="rec1")) == ["sg2"]
        first = await found(principal="p", limit=1)
        assert ids(await found(principal="p", before=first[0].created)) == ["sg2", "sg1"]
        assert ME in {row.owner for row in await found()}
