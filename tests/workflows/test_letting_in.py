"""What was let in goes on, whoever lets it in, and whoever is left."""

import asyncio
import signal
import sys

from pydantic import SecretStr

from pyairtable_mcp.app import running
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.store.workflow_values import Advance
from tests.checks.program import ROOT
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.stores import postgres, where
from tests.support.world import World, in_process, open_world
from tests.workflows.flows import CLOCK, TOUR, names, saved, store_of, until

__all__ = ["postgres", "where"]

BY_THE_SECOND = TOUR.replace("city: {type: text}", "city: {type: text, default: Lima}")


@behaviour("workflow.let_in")
async def test_a_run_whose_process_is_killed_when_it_was_let_in_goes_on_elsewhere_once(where: str) -> None:
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workflows.killed", where, cwd=ROOT
    )
    assert await doomed.wait() == -signal.SIGKILL
    settings = Settings(store=SecretStr(where))
    async with (
        held(open_world(settings=settings)) as one,
        running(settings.model_copy(update={"sandbox": True}), new_host=in_process) as other,
    ):
        await asyncio.gather(one.app.dispatcher.new_call().sagas(), other.dispatcher.new_call().sagas())
        store = await store_of(one)
        (view,) = await store.runs.find()
        assert view.run.admission == "admitted"
        await until(one, view.run.saga, Status.COMPLETED)
        (saga,) = await store.journal.find()
        history = await store.journal.load(saga.id)
        assert history is not None
        assert (saga.epoch, [intent.role for intent in history.intents]) == (1, ["do", "do"])
        assert names(one).count("Guide of Rome") <= 1


@behaviour("workflow.let_in")
async def test_a_trigger_that_is_due_starts_a_run_which_is_told_of_it(studio: World) -> None:
    await saved(studio, BY_THE_SECOND + 'on: {schedule: [{cron: "* * * * *"}]}\n')
    store = await store_of(studio)
    attending = await studio.app.dispatcher.new_call().attending()
    tending = asyncio.create_task(attending.attend())
    try:
        while not (triggers := await store.triggers.find("city-tour")) or triggers[0].state is None:
            await CLOCK.sleep(0.02)
        # The schedule began a minute and a half ago, so that it is due now.
        begun = CLOCK.now().timestamp() - 90.0
        await rewound(studio, begun)
        while not (runs := await store.runs.find("city-tour")):
            await CLOCK.sleep(0.02)
        await until(studio, runs[0].run.saga, Status.COMPLETED)
        assert (runs[0].run.cause, runs[0].run.trigger) == ("schedule", "schedule-1")
        assert "Guide of Lima" in names(studio)
    finally:
        tending.cancel()


async def rewound(world: World, moment: float) -> None:
    """Let the schedule have been looked at for the last time at a moment."""
    store = await store_of(world)
    (row,) = await store.triggers.find("city-tour")
    await store.runs.offer(
        [],
        trigger=Advance(
            workflow=row.workflow, id=row.id, epoch=row.epoch, state={"passed": moment}, due_at=moment
        ),
    )
    (await world.app.dispatcher.new_call().attending()).heed()
