"""The example workflows do on the studio what they say."""

import pytest

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import Settings
from tests.support.behaviours import behaviour
from tests.support.inside import Raw, named, raw
from tests.support.world import World, open_world
from tests.workflows.definition.running import EXAMPLES, books, example, ran

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
        paid = [{"id": invoice.id, "fields": {"Status": "Paid"}}]
        assert not (await studio.call("update_records", **HERE, table="Invoices", records=paid)).is_error
        await ran(studio, "close-project-when-paid", {"invoice": invoice.id})
        last = place == len(open_ones) - 1
        assert (record(studio, "Projects", project)["Status"] == "Done") is last
    assert record(studio, "Projects", project)["Progress"] == 1
    assert f"{open_ones[-1]['Number']} was the last open invoice" in await comments(
        studio, "Projects", project
    )


@behaviour("definition.examples")
async def test_stale_tasks_are_blocked_and_the_owner_of_their_project_is_told(studio: World) -> None:
    before = {one.id: one for one in raw(studio.sandbox, "Tasks")}
    report = await ran(studio, "block-stale-tasks", {"limit": 3})
    assert report.status is Status.COMPLETED
    blocked = [
        one for one in raw(studio.sandbox, "Tasks") if one["Status"] == "Blocked" != before[one.id]["Status"]
    ]
    stale = [
        one.text("Due")
        for one in before.values()
        if one["Status"] in ("In progress", "In Review") and one.text("Due")
    ]
    assert sorted(one.text("Due") for one in blocked) == sorted(stale)[:3]
    for task in blocked:
        (project,) = [one for one in raw(studio.sandbox, "Projects") if [one.id] == task["Project"]]
        owner = project["Owner"]
        assert isinstance(owner, dict)
        told = await comments(studio, "Tasks", task.id)
        assert "days ago. What blocks it?" in told
        assert str(owner["name"]) in told


@behaviour("definition.examples")
async def test_a_client_is_taken_on_across_four_tables_once_somebody_agrees(studio: World) -> None:
    lead = raw(studio.sandbox, "People")[0].id
    given = {"name": "Umbra Ltd", "email": "hi@umbra.example", "lead": lead, "start": "2026-03-02"}
    report = await ran(studio, "onboard-client", {**given})
    assert report.status is Status.AWAITING_APPROVAL
    client = named(studio.sandbox, "Clients", "Umbra Ltd")
    assert client["Invoices"] is None
    engine = await studio.app.dispatcher.new_call().sagas()
    done = await engine.approve(report.saga.id, "Mona")
    assert done.status is Status.COMPLETED
    client = named(studio.sandbox, "Clients", "Umbra Ltd")
    project = named(studio.sandbox, "Projects", "Umbra Ltd: first project")
    invoice = named(studio.sandbox, "Invoices", f"ADV-{client.id}")
    tasks = [one for one in raw(studio.sandbox, "Tasks") if one["Project"] == [project.id]]
    assert (project["Client"], project["Lead"], project["Due"]) == ([client.id], [lead], "2026-05-31")
    assert [(one["Due"], one["Assignee"]) for one in tasks] == [
        ("2026-03-09", [lead]),
        ("2026-03-23", [lead]),
    ]
    assert (invoice["Amount"], invoice["Project"]) == (3333.33, [project.id])


@behaviour("definition.examples")
async def test_a_client_nobody_agrees_to_leaves_nothing_behind(studio: World) -> None:
    before = {table: len(raw(studio.sandbox, table)) for table in ("Clients", "Projects", "Tasks")}
    lead = raw(studio.sandbox, "People")[0].id
    given = {"name": "Umbra Ltd", "email": "hi@umbra.example", "lead": lead, "start": "2026-03-02"}
    report = await ran(studio, "onboard-client", {**given})
    engine = await studio.app.dispatcher.new_call().sagas()
    assert (await engine.reject(report.saga.id, "Mona")).status is Status.COMPENSATED
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
    report = await ran(studio, "merge-duplicate-clients", {})
    assert report.status is Status.COMPLETED
    assert len(raw(studio.sandbox, "Clients")) == count - 1
    assert named(studio.sandbox, "Projects", "Twin's work")["Client"] == [acme.id]
    assert named(studio.sandbox, "Invoices", "TWIN-1")["Client"] == [acme.id]
    assert "Merged with ACME Robotics Inc." in await comments(studio, "Clients", acme.id)


@behaviour("definition.examples")
async def test_the_open_invoices_go_to_the_books_once_and_with_a_key() -> None:
    async with books() as here, open_world(settings=Settings(egress_allow=("127.0.0.1",))) as studio:
        report = await ran(studio, "nightly-export", {"url": here.url})
        assert report.status is Status.COMPLETED
        (body,) = here.bodies
        opened = [one for one in raw(studio.sandbox, "Invoices") if one["Status"] in ("Sent", "Overdue")]
        assert body["count"] == len(opened) == len(body["invoices"])
        assert {one["number"] for one in body["invoices"]} == {one["Number"] for one in opened}
        assert body["day"] == studio.clock.now().date().isoformat()
        assert here.keys == [f"{report.saga.id}.send"]
