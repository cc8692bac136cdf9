"""The example workflows do on the studio what they say."""

import pytest

from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.store.workflow_values import Advance
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import Raw, named, raw, the_field, the_table
from tests.support.world import World, open_world
from tests.workflows.definition.running import EXAMPLES, books, example, kept, ran, started, watched
from tests.workflows.flows import CLOCK, following_of, store_of

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
HERE = {"base": "Studio"}


def record(world: World, table: str, record_id: str) -> Raw:
    return next(one for one in raw(world.sandbox, table) if one.id == record_id)


async def comments(world: World, table: str, record_id: str) -> str:
    return (await world.call("list_comments", **HERE, table=table, record=record_id)).text


@behaviour("definition.examples")
@pytest.mark.parametrize("name", NAMES)
async def test_an_example_names_what_is_there_and_itself(studio: World, name: str) -> None:
    assert (await example(studio, name)).name == name


@behaviour("definition.examples")
async def test_a_project_is_closed_with_its_last_open_invoice_and_not_before(studio: World) -> None:
    project = named(studio.sandbox, "Projects", "Website relaunch").id
    open_ones = [
        one
        for one in raw(studio.sandbox, "Invoices")
        if one["Project"] == [project] and one["Status"] != "Paid"
    ]
    assert len(open_ones) > 1
    for place, invoice in enumerate(open_ones):
        await paid(studio, invoice.id)
        await ran(studio, "close-project-when-paid", invoice=invoice.text("Number"))
        last = place == len(open_ones) - 1
        assert (record(studio, "Projects", project)["Status"] == "Done") is last
    assert record(studio, "Projects", project)["Progress"] == 1
    told = await comments(studio, "Projects", project)
    assert f"{open_ones[-1]['Number']} was the last open invoice" in told


async def paid(world: World, invoice: str) -> None:
    """Let somebody mark an invoice as paid, past the server."""
    table = the_table(world.sandbox, "Invoices")
    cells = {the_field(world.sandbox, "Invoices", "Status").id: "Paid"}
    report = await world.app.airtable.update_records(
        "appStudio00000001", table.id, [Patch(invoice, {**cells})]
    )
    assert report.error is None


@behaviour("definition.examples")
async def test_that_an_invoice_becomes_paid_closes_its_project(studio: World) -> None:
    invoice = next(
        one
        for one in raw(studio.sandbox, "Invoices")
        if one["Status"] == "Sent" and alone(studio, one) and one["Project"]
    )
    await kept(studio, "close-project-when-paid")
    await watched(studio, "close-project-when-paid", "paid")
    await paid(studio, invoice.id)
    saga = await started(studio, "close-project-when-paid", "paid")
    (project,) = [one for one in raw(studio.sandbox, "Projects") if [one.id] == invoice["Project"]]
    assert project["Status"] == "Done"
    told = await studio.call("list_workflows", workflow="close-project-when-paid")
    assert saga in told.text
    assert not (await studio.call("undo_saga", saga=saga)).is_error
    assert record(studio, "Projects", project.id)["Status"] != "Done"


def alone(world: World, invoice: Raw) -> bool:
    """Tell whether an invoice is the only open one of its project, and that is not done yet."""
    (project,) = [one for one in raw(world.sandbox, "Projects") if [one.id] == invoice["Project"]]
    others = [one for one in raw(world.sandbox, "Invoices") if one["Project"] == [project.id]]
    still_open = [one for one in others if one["Status"] != "Paid"]
    return project["Status"] != "Done" and len(still_open) == 1


@behaviour("definition.examples")
async def test_on_monday_stale_tasks_are_blocked_and_the_owner_of_their_project_is_told(
    studio: World,
) -> None:
    stale = leave_stale(studio, 3)
    await kept(studio, "block-stale-tasks")
    row = await watched(studio, "block-stale-tasks", "monday")
    assert isinstance(row.state, dict)
    # The server was away for a week, in which there was a Monday.
    away = Advance(
        workflow=row.workflow,
        id=row.id,
        epoch=row.epoch,
        state={"passed": CLOCK.now().timestamp() - 7 * 86_400},
    )
    await (await store_of(studio)).runs.offer((), trigger=away)
    await started(studio, "block-stale-tasks", "monday")
    for one in stale:
        task = record(studio, "Tasks", one.id)
        assert task["Status"] == "Blocked"
        (project,) = [each for each in raw(studio.sandbox, "Projects") if [each.id] == task["Project"]]
        owner = project["Owner"]
        assert isinstance(owner, dict)
        told = await comments(studio, "Tasks", task.id)
        assert "days ago. What blocks it?" in told
        assert str(owner["name"]) in told


def leave_stale(world: World, count: int) -> list[Raw]:
    """Take the due date from all tasks in progress but the first ones, and return these."""
    due = the_field(world.sandbox, "Tasks", "Due").id
    busy = [
        one
        for one in raw(world.sandbox, "Tasks")
        if one["Status"] in ("In progress", "In Review") and one["Due"] and one["Project"]
    ]
    for one in the_table(world.sandbox, "Tasks").records.values():
        if one.id not in {each.id for each in busy[:count]}:
            one.cells.pop(due, None)
    return busy[:count]


UMBRA = {"name": "Umbra Ltd", "email": "hi@umbra.example", "start": "2026-03-02"}


@behaviour("definition.examples")
async def test_a_client_is_taken_on_across_four_tables_once_somebody_agrees(studio: World) -> None:
    lead = raw(studio.sandbox, "People")[0]
    saga = await ran(studio, "onboard-client", **UMBRA, lead=lead.text("Name"))
    assert named(studio.sandbox, "Clients", "Umbra Ltd")["Invoices"] is None
    engine = await studio.app.dispatcher.new_call().sagas()
    assert (await engine.approve(saga, "Mona")).status is Status.COMPLETED
    client = named(studio.sandbox, "Clients", "Umbra Ltd")
    project = named(studio.sandbox, "Projects", "Umbra Ltd: first project")
    invoice = named(studio.sandbox, "Invoices", f"ADV-{client.id}")
    tasks = [one for one in raw(studio.sandbox, "Tasks") if one["Project"] == [project.id]]
    assert (project["Client"], project["Lead"], project["Due"]) == ([client.id], [lead.id], "2026-05-31")
    assert [(one["Due"], one["Assignee"]) for one in tasks] == [
        ("2026-03-09", [lead.id]),
        ("2026-03-23", [lead.id]),
    ]
    assert (invoice["Amount"], invoice["Project"]) == (3333.33, [project.id])


@behaviour("definition.examples")
async def test_a_client_nobody_agrees_to_leaves_nothing_behind(studio: World) -> None:
    before = {table: len(raw(studio.sandbox, table)) for table in ("Clients", "Projects", "Tasks")}
    lead = raw(studio.sandbox, "People")[0].text("Name")
    saga = await ran(studio, "onboard-client", **UMBRA, lead=lead)
    engine = await studio.app.dispatcher.new_call().sagas()
    assert (await engine.reject(saga, "Mona")).status is Status.COMPENSATED
    assert {table: len(raw(studio.sandbox, table)) for table in before} == before


@behaviour("definition.examples")
async def test_clients_with_one_address_become_one_that_has_all_their_work(studio: World) -> None:
    acme = named(studio.sandbox, "Clients", "Acme Robotics")
    twin = {"Name": "ACME Robotics Inc.", "Contact email": acme["Contact email"]}
    assert not (await studio.call("create_records", **HERE, table="Clients", records=[twin])).is_error
    twin_id = named(studio.sandbox, "Clients", "ACME Robotics Inc.").id
    for table, row in (("Projects", {"Name": "Twin's work"}), ("Invoices", {"Number": "TWIN-1"})):
        rows = [{**row, "Client": [twin_id]}]
        assert not (await studio.call("create_records", **HERE, table=table, records=rows)).is_error
    count = len(raw(studio.sandbox, "Clients"))
    saga = await ran(studio, "merge-duplicate-clients")
    assert len(raw(studio.sandbox, "Clients")) == count - 1
    assert named(studio.sandbox, "Projects", "Twin's work")["Client"] == [acme.id]
    assert named(studio.sandbox, "Invoices", "TWIN-1")["Client"] == [acme.id]
    assert "Merged with ACME Robotics Inc." in await comments(studio, "Clients", acme.id)
    assert not (await studio.call("undo_saga", saga=saga)).is_error
    back = named(studio.sandbox, "Clients", "ACME Robotics Inc.")
    assert named(studio.sandbox, "Projects", "Twin's work")["Client"] == [back.id]


@behaviour("definition.examples")
async def test_the_open_invoices_go_to_the_books_once_and_with_a_key() -> None:
    settings = Settings(egress_allow=("127.0.0.1",))
    async with books() as here, held(open_world(settings=settings)) as studio:
        saga = await ran(studio, "nightly-export", url=here.url)
        (body,) = here.bodies
        opened = [one for one in raw(studio.sandbox, "Invoices") if one["Status"] in ("Sent", "Overdue")]
        assert body["count"] == len(opened) == len(body["invoices"])
        assert {one["number"] for one in body["invoices"]} == {one["Number"] for one in opened}
        assert here.keys == [f"{saga}.send"]


@behaviour("definition.examples")
async def test_books_that_take_nothing_leave_a_task_for_a_person() -> None:
    settings = Settings(egress_allow=("127.0.0.1",))
    async with books(status=403) as here, held(open_world(settings=settings)) as studio:
        await kept(studio, "nightly-export")
        failed = await studio.call("run_workflow", workflow="nightly-export", inputs={"url": here.url})
        assert failed.is_error
        store, following = await store_of(studio), await following_of(studio)
        while await store.runs.unsettled():
            await following.once()
        notes = named(studio.sandbox, "Tasks", "Send the open invoices to the books by hand").text("Notes")
        assert "answered 403" in notes
        assert "step send" in notes
