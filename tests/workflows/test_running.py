"""Running workflows through the tools: what a model is told, and what the base holds afterwards."""

import re

import pytest

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import ApprovalSettings, Settings
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import named
from tests.support.world import World, open_world
from tests.workflows.flows import (
    BY_CLOCK,
    TOUR,
    begun,
    following_of,
    names,
    rests,
    saga_of,
    saved,
    store_of,
    until,
)


@behaviour("workflow.save", "workflow.run")
async def test_a_workflow_is_tried_dry_saved_run_and_taken_back(world: World) -> None:
    dry = await world.call("save_workflow", definition=TOUR, dry_run=True)
    assert "Dry run, nothing saved. Workflow 'city-tour' version 1 is good" in dry.text
    assert (await world.call("list_workflows")).text == "No workflows. save_workflow makes one."
    assert "version 1 is saved; it is on. Started by: manual." in (await saved(world, TOUR)).text
    assert "version 1 was saved already" in (await saved(world, TOUR)).text
    rehearsed = await world.call("run_workflow", workflow="city-tour", inputs={"city": "Oslo"}, dry_run=True)
    assert "made (create): create 1 record" in rehearsed.text
    assert "Guide of Oslo" not in names(world)
    ran = await world.call("run_workflow", workflow="city-tour", inputs={"city": "Oslo", "rating": "4"})
    saga = saga_of(ran)
    assert f"Saga {saga} (run of workflow 'city-tour'" in ran.text
    guide = named(world.sandbox, "Clients", "Guide of Oslo")
    assert (guide["City"], guide["Rating"]) == ("Oslo", 4)
    assert f"{saga} 2026" in (await world.call("list_sagas")).text
    assert "workflow city-tour: completed" in (await world.call("list_sagas")).text
    undone = await world.call("undo_saga", saga=saga)
    assert not undone.is_error, undone.text
    assert "Guide of Oslo" not in names(world)


@behaviour("workflow.list")
async def test_all_about_a_workflow_is_its_text_its_triggers_and_what_its_runs_did(studio: World) -> None:
    scheduled = TOUR + 'on:\n  schedule: [{cron: "0 9 * * 1", timezone: Europe/Oslo, with: {city: Oslo}}]\n'
    await saved(studio, scheduled)
    saga = await begun(studio, "city-tour", inputs={"city": "Rome"})
    told = (await studio.call("list_workflows", workflow="city-tour")).text
    assert scheduled.strip() in told
    assert "Started by: manual; schedule-1: schedule 0 9 * * 1 Europe/Oslo, next 2026-01-05 08:00." in told
    runs = told[told.index("Runs, the youngest first") :]
    assert f"{saga} 2026" in runs
    assert 'inputs {"city":"Rome","rating":3}' in runs
    assert re.search(r"found \d+ ms 0 found; made \d+ ms 1 created; rated \d+ ms 1 changed", runs)
    listed = (await studio.call("list_workflows")).text
    assert re.search(r"city-tour v1: Adds a guide .* last run .* completed\]", listed)


@behaviour("workflow.versions")
async def test_a_new_version_is_what_new_runs_are_of_and_old_ones_are_repeated_as_they_were(
    studio: World,
) -> None:
    await saved(studio, TOUR)
    first = await begun(studio, "city-tour", inputs={"city": "Rome"})
    await saved(studio, TOUR.replace("Guide of", "Host of"))
    await begun(studio, "city-tour", inputs={"city": "Bergen"})
    assert "Host of Bergen" in names(studio)
    await begun(studio, "", rerun=first)
    assert names(studio).count("Guide of Rome") == 2
    await begun(studio, "", rerun=first, latest=True)
    assert "Host of Rome" in names(studio)


@behaviour("workflow.rerun")
async def test_a_run_is_repeated_from_a_step_with_what_the_steps_before_it_gave(studio: World) -> None:
    await saved(studio, TOUR)
    first = await begun(studio, "city-tour", inputs={"city": "Rome"})
    again = await begun(studio, "city-tour", rerun=first, from_step="rated", inputs={"rating": 5})
    assert names(studio).count("Guide of Rome") == 1
    assert named(studio.sandbox, "Clients", "Guide of Rome")["Rating"] == 5
    third = await begun(studio, "", rerun=again, from_step="rated", inputs={"rating": 1})
    assert f"rerun of {again}" in (await studio.call("list_workflows", workflow="city-tour")).text
    assert not (await studio.call("undo_saga", saga=third)).is_error
    await studio.call("undo_saga", saga=first, force=True)
    refused = await studio.call("run_workflow", rerun=first, from_step="rated")
    assert (refused.code, refused.candidates) == ("not_allowed", ("made",))
    assert f"Step 'made' of {first} was taken back" in refused.text


@behaviour("workflow.rerun")
async def test_a_step_that_was_not_done_is_not_left_out_of_a_repeated_run(studio: World) -> None:
    await saved(studio, TOUR)
    failed = await studio.call("run_workflow", workflow="city-tour", inputs={"city": "Rome", "rating": 99})
    assert failed.is_error
    assert "Guide of Rome" not in names(studio)
    refused = await studio.call("run_workflow", rerun=saga_of(failed), from_step="rated")
    assert (refused.code, refused.candidates) == ("not_allowed", ("made",))
    mended = await studio.call("run_workflow", rerun=saga_of(failed), inputs={"rating": 2})
    assert not mended.is_error, mended.text
    assert names(studio).count("Guide of Rome") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "candidates"),
    [
        ({"workflow": "citytour"}, "unknown_name", ("city-tour",)),
        ({"workflow": "city-tour"}, "invalid_arguments", ()),
        ({"workflow": "city-tour", "inputs": {"city": "Rome", "ratin": 1}}, "invalid_arguments", ("rating",)),
        ({"workflow": "city-tour", "inputs": {"city": "Rome", "rating": "much"}}, "invalid_arguments", ()),
        ({"workflow": "city-tour", "from_step": "made"}, "invalid_arguments", ()),
        ({"rerun": "sgnobody"}, "unknown_name", ()),
    ],
)
@behaviour("workflow.refusals")
async def test_what_cannot_be_run_is_refused_with_the_closest_right_words(
    studio: World, arguments: dict[str, object], code: str, candidates: tuple[str, ...]
) -> None:
    await saved(studio, TOUR)
    refused = await studio.call("run_workflow", **arguments)
    assert (refused.code, refused.candidates) == (code, candidates), refused.text
    assert studio.requests == [] or all(one.method == "GET" for one in studio.requests)


@behaviour("workflow.refusals")
async def test_a_workflow_that_is_off_or_gone_or_not_for_hands_is_not_run(studio: World) -> None:
    await saved(studio, TOUR)
    first = await begun(studio, "city-tour", inputs={"city": "Rome"})
    off = await studio.call("save_workflow", workflow="city-tour", enabled=False)
    assert "version 1 is now off: nothing starts it." in off.text
    for arguments in ({"workflow": "city-tour", "inputs": {"city": "Rome"}}, {"rerun": first}):
        refused = await studio.call("run_workflow", **arguments)
        assert refused.code == "not_allowed"
        assert "is switched off" in refused.text
    assert "city-tour v1 (off)" in (await studio.call("list_workflows")).text
    assert "is now on" in (await studio.call("save_workflow", workflow="city-tour", enabled=True)).text
    await saved(studio, {**rests("by-clock"), "on": BY_CLOCK})
    assert "is not started by hand" in (await studio.call("run_workflow", workflow="by-clock")).text
    assert (await studio.call("save_workflow")).code == "invalid_arguments"
    wrong = await studio.call("save_workflow", workflow="by-clok", enabled=False)
    assert (wrong.code, wrong.candidates) == ("unknown_name", ("by-clock",))
    other = await studio.call("save_workflow", workflow="tour", definition=TOUR)
    assert (other.code, other.candidates) == ("invalid_arguments", ("city-tour",))


@behaviour("workflow.problems")
async def test_a_definition_is_refused_with_everything_that_is_wrong_by_line(studio: World) -> None:
    bad = TOUR.replace("table: Clients\n", "table: Client\n").replace("do: find", "do: fnd")
    refused = await studio.call("save_workflow", definition=bad)
    assert refused.code == "invalid_arguments"
    assert [line.strip().partition(": ")[0] for line in refused.text.splitlines()[1:4]] == [
        "line 8, steps[0].do",
        "line 17, steps[1].with.table",
        "line 23, steps[2].with.table",
    ]
    assert "No workflows" in (await studio.call("list_workflows")).text


@behaviour("workflow.concurrency")
async def test_a_run_that_queues_is_let_in_when_the_one_before_it_is_over(studio: World) -> None:
    await saved(studio, rests())
    first = await begun(studio, "rests")
    queued = await studio.call("run_workflow", workflow="rests")
    second = saga_of(queued)
    assert f"Saga {second} (run of workflow 'rests'" in queued.text
    assert "It waits for another run with the same key" in queued.text
    third = await begun(studio, "rests")
    dropped = await studio.call("cancel_saga", saga=third)
    assert "cancelled" in dropped.text
    await studio.call("cancel_saga", saga=first)
    await until(studio, first, Status.COMPENSATED)
    await until(studio, second, Status.AWAITING_APPROVAL)
    told = (await studio.call("list_workflows", workflow="rests")).text
    assert f"{third} " in told
    assert "cancelled while it waited" in told
    assert names(studio).count("By rests") == 1


@behaviour("workflow.concurrency")
async def test_a_run_is_skipped_or_replaces_the_one_that_goes_on_as_the_workflow_says(studio: World) -> None:
    await saved(studio, rests("skips", rule="skip"))
    first = await begun(studio, "skips")
    skipped = await studio.call("run_workflow", workflow="skips")
    assert skipped.code == "not_allowed"
    assert f"It was not run: {first} of the same key was not over." in skipped.text
    await saved(studio, rests("replaces", rule="replace"))
    old = await begun(studio, "replaces")
    new = await begun(studio, "replaces")
    assert await until(studio, old, Status.COMPENSATED) is Status.COMPENSATED
    await until(studio, new, Status.AWAITING_APPROVAL)
    assert f"replaced by {new}" in (await studio.call("list_workflows", workflow="replaces")).text


@behaviour("workflow.timeout")
async def test_a_run_that_takes_too_long_is_taken_back(studio: World) -> None:
    await saved(studio, {**rests("slow"), "timeout": 1})
    saga = await begun(studio, "slow")
    assert "By slow" in names(studio)
    await until(studio, saga, Status.COMPENSATED)
    assert "By slow" not in names(studio)
    assert "timeout: it took longer than 1 s" in (await studio.call("list_sagas", saga=saga)).text


@behaviour("workflow.on_failure")
async def test_what_follows_a_failure_runs_once_and_is_told_what_failed(studio: World) -> None:
    after = {
        "id": "noted",
        "do": "create",
        "with": {
            "base": "Studio",
            "table": "Clients",
            "records": [
                {"Name": "${{ failure.step }} of ${{ inputs.city }}", "Notes": "${{ failure.error }}"}
            ],
        },
    }
    await saved(studio, TOUR + f"on_failure: {[after]}\n")
    failed = await studio.call("run_workflow", workflow="city-tour", inputs={"city": "Rome", "rating": 99})
    assert failed.is_error
    store, following = await store_of(studio), await following_of(studio)
    while await store.runs.unsettled():
        await following.once()
    assert names(studio).count("rated of Rome") == 1
    assert "Rating" in named(studio.sandbox, "Clients", "rated of Rome").text("Notes")
    causes = [view.run.cause for view in await store.runs.find("city-tour")]
    assert causes == ["failure", "manual"]
    stopped = await begun(studio, "city-tour", inputs={"city": "Oslo"})
    assert not (await studio.call("undo_saga", saga=stopped)).is_error
    assert len(await store.runs.find("city-tour")) == 3


@behaviour("workflow.approval")
async def test_a_workflow_can_only_tighten_what_waits_for_a_person() -> None:
    kept = Settings(approval=ApprovalSettings(records_over=1))
    batch = {"base": "Studio", "table": "Clients", "records": [{"Name": "One"}, {"Name": "Two"}]}
    wide = {
        "name": "wide",
        "steps": [{"id": "made", "do": "create", "with": batch}],
        "approval": {"records_over": 500, "deletes": True},
    }
    async with held(open_world(settings=kept)) as world:
        told = await saved(world, wide)
        assert "Waits for a person: a run that writes more than 1 records." in told.text
        waits = await world.call("run_workflow", workflow="wide")
        assert "It waits for a person: it writes 2 records, more than 1." in waits.text
        assert "Two" not in names(world)
    async with held(open_world()) as world:
        await saved(world, {**wide, "approval": {"records_over": 1}})
        waits = await world.call("run_workflow", workflow="wide")
        assert "more than 1" in waits.text
        assert "Two" not in names(world)


@behaviour("workflow.forewarning")
async def test_saving_tells_what_cannot_be_taken_back_and_what_asks_a_person(studio: World) -> None:
    steps = [
        {"id": "ask", "do": "approve", "with": {"message": "Shall it?"}},
        {
            "id": "maybe",
            "do": "if",
            "with": {
                "condition": "${{ steps.ask.by != '' }}",
                "then": [
                    {
                        "id": "told",
                        "do": "http_request",
                        "with": {"method": "POST", "url": "https://example.com/"},
                    }
                ],
            },
        },
    ]
    told = (await saved(studio, {"name": "asks", "steps": steps})).text
    assert "Cannot be taken back: told: the POST request." in told
    assert "Waits for a person: ask." in told


async def test_a_definition_given_as_a_value_is_shown_as_text(studio: World) -> None:
    await saved(studio, rests())
    told = await studio.call("list_workflows", workflow="rests", runs=0)
    assert "name: rests\nsteps:\n- id: made\n  do: create" in fenced(told.text)
