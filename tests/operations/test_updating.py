"""update_records: by id, by name and by filter; only what differs is sent."""

import pytest

from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, fill, lab, named, raw, the_table, writes
from tests.support.world import World, wound


@behaviour("update.by_name", "update.by_id")
async def test_records_are_changed_by_name_and_by_id(world: World) -> None:
    globex = named(world.sandbox, "Clients", "Globex").id
    patches = [
        {"id": "acme robotics", "fields": {"City": "Oslo", "Rating": 4}},
        {"id": globex, "fields": {"City": None, "VIP": False}},
    ]
    reply = await world.call("update_records", base="Studio", table="Clients", records=patches)
    assert not reply.is_error, reply.text
    acme = named(world.sandbox, "Clients", "Acme Robotics")
    assert (acme["City"], acme["Rating"]) == ("Oslo", 4)
    changed = named(world.sandbox, "Clients", "Globex")
    assert (changed["City"], changed["VIP"], changed["Country"]) == (None, None, "Switzerland")
    assert len(writes(world.requests)) == 1
    told = fenced(reply.text)
    assert "City: Lisbon → Oslo" in told
    assert "City: Zürich → (empty)" in told


@behaviour("write.dry_run", "update.by_filter")
async def test_a_filter_changes_every_record_it_finds_after_a_dry_run_that_counts_them(world: World) -> None:
    arguments = {"where": [{"field": "Status", "value": "In Review"}], "set": {"Status": "Done"}}
    world.requests.clear()
    reply = await world.call("update_records", base="Studio", table="Tasks", dry_run=True, **arguments)
    assert "Would change 89 records" in reply.text
    assert "Status: In Review → Done (89 records)" in reply.text
    assert writes(world.requests) == []
    ids = [one.id for one in raw(world.sandbox, "Tasks") if one["Status"] == "In Review"]
    world.requests.clear()
    reply = await world.call("update_records", base="Studio", table="Tasks", **arguments)
    assert "Changed 89 records" in reply.text
    assert [(one.method, one.records) for one in data_requests(world.requests)] == [
        ("GET", 89),
        *[("PATCH", 10)] * 8,
        ("PATCH", 9),
    ]
    after = {one.id: one["Status"] for one in raw(world.sandbox, "Tasks")}
    assert all(after[one] == "Done" for one in ids)


@behaviour("update.unchanged")
async def test_records_that_already_hold_the_values_are_not_sent(studio: World) -> None:
    task = named(studio.sandbox, "Tasks", "Write launch copy")
    same = {
        name: task[name] for name in ("Name", "Status", "Priority", "Due", "Estimate", "Labels", "Billable")
    }
    patch = {"id": "Write launch copy", "fields": same}
    reply = await studio.call("update_records", base="Studio", table="Tasks", records=[patch])
    assert not reply.is_error, reply.text
    assert "1 record already had" in reply.text
    assert writes(studio.requests) == []
    other = next(one for one in raw(studio.sandbox, "Tasks") if one["Estimate"] != 3 and one.id != task.id)
    patches = [patch, {"id": other.id, "fields": {"Estimate": 3}}]
    reply = await studio.call("update_records", base="Studio", table="Tasks", records=patches)
    assert [one.records for one in writes(studio.requests)] == [1]
    assert "1 record already had" in reply.text


@behaviour("update.unchanged_spelling")
async def test_another_spelling_of_the_same_value_is_no_change(studio: World) -> None:
    builder = lab(studio.sandbox)
    things = builder.table(
        "Things",
        c.line("Name"),
        c.moment("At"),
        c.some_of("Tags", "a", "b"),
        c.percent("Share"),
        c.span("Took"),
        *c.plain("multipleCollaborators", "Crew"),
        *c.plain("barcode", "Code"),
        c.tick("Tick"),
    )
    builder.connect()
    fill(
        things,
        {
            "Name": "x",
            "At": "2026-01-01T08:00:00.000Z",
            "Tags": ["a", "b"],
            "Share": 0.25,
            "Took": 5400,
            "Crew": ["usrSamRivera00001"],
            "Code": {"text": "123", "type": "upce"},
        },
    )
    same = {
        "At": "2026-01-01T10:00:00+02:00",
        "Tags": ["B", "a"],
        "Share": "25%",
        "Took": "1:30",
        "Crew": "sam.rivera@example.com",
        "Code": "123",
        "Tick": False,
    }
    reply = await studio.call(
        "update_records", base="Lab", table="Things", records=[{"id": "x", "fields": same}]
    )
    assert not reply.is_error, reply.text
    assert writes(studio.requests) == [], reply.text


@behaviour("write.zero")
async def test_zero_is_a_value_and_not_an_empty_cell(studio: World) -> None:
    builder = lab(studio.sandbox)
    sums = builder.table("Sums", c.line("Name"), c.number("Number", 0))
    builder.connect()
    fill(sums, {"Name": "blank"}, {"Name": "zero", "Number": 0})
    patches = [{"id": "blank", "fields": {"Number": 0}}, {"id": "zero", "fields": {"Number": None}}]
    reply = await studio.call("update_records", base="Lab", table="Sums", records=patches)
    assert "Number: (empty) → 0" in reply.text
    assert "Number: 0 → (empty)" in reply.text
    assert [one["Number"] for one in raw(studio.sandbox, "Sums", "Lab")] == [0, None]
    new = [{"Name": "n", "Number": 0}]
    reply = await studio.call("create_records", base="Lab", table="Sums", records=new, dry_run=True)
    assert "Number = 0" in reply.text


@behaviour("update.one_way")
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"set": {"Status": "Done"}},
        {"where": [{"field": "Status", "value": "Done"}]},
        {"formula": "TRUE()"},
        {"formula": "  ", "set": {"Status": "Done"}},
        {"where": [], "set": {"Status": "Done"}},
        {"records": []},
        {"records": [{"id": "x", "fields": {"Name": "y"}}], "formula": "TRUE()", "set": {"Name": "z"}},
        {"records": [{"id": "Write launch copy", "fields": {"Name": "y"}}], "set": {"Name": "z"}},
    ],
    ids=str,
)
async def test_a_change_that_does_not_say_which_records_is_refused(
    studio: World, arguments: dict[str, object]
) -> None:
    reply = await studio.call("update_records", base="Studio", table="Tasks", **arguments)
    assert reply.code in ("invalid_arguments", "bad_value"), reply.text
    assert data_requests(studio.requests) == []


@behaviour("update.same_record_twice")
async def test_one_record_may_not_be_named_twice(studio: World) -> None:
    task = named(studio.sandbox, "Tasks", "Write launch copy").id
    patches = [{"id": key, "fields": {"Priority": 1}} for key in ("Write launch copy", task)]
    reply = await studio.call("update_records", base="Studio", table="Tasks", records=patches)
    assert reply.code == "bad_value"
    assert "records[1]" in reply.text
    assert writes(studio.requests) == []


@behaviour("names.record_unknown", "names.record_ambiguous")
async def test_a_record_name_that_is_not_exactly_one_record_is_refused_with_candidates(studio: World) -> None:
    for tool, arguments in (
        ("update_records", {"records": [{"id": "Alex Kim", "fields": {"Role": "Designer"}}]}),
        ("delete_records", {"ids": ["Alex Kim"]}),
        ("get_records", {"ids": ["Alex Kim"]}),
        ("write_comment", {"record": "Alex Kim", "text": "hi"}),
        ("list_comments", {"record": "Alex Kim"}),
    ):
        reply = await studio.call(tool, base="Studio", table="People", **arguments)
        assert reply.code == "ambiguous_name", (tool, reply.text)
        kims = [one for one in raw(studio.sandbox, "People") if one["Name"] == "Alex Kim"]
        assert all(any(kim.id in told for told in reply.candidates) for kim in kims)
    reply = await studio.call("get_records", base="Studio", table="People", ids=["Ada Larson"])
    assert (reply.code, reply.candidates) == ("unknown_name", ("Ada Larsen",))
    missing = "rec" + "x" * 14
    reply = await studio.call("delete_records", base="Studio", table="People", ids=[missing])
    assert reply.code == "unknown_name"
    assert missing in reply.text
    assert writes(studio.requests) == []


@behaviour("write.link_replace")
async def test_links_are_replaced_as_a_whole_and_their_names_resolved_together(studio: World) -> None:
    patches = [{"id": "Website relaunch", "fields": {"Team": ["Ada Larsen"], "Lead": "Uma Rao"}}]
    shown = await studio.call(
        "update_records", base="Studio", table="Projects", records=patches, dry_run=True
    )
    assert "Team: Uma Rao, Wanda Zielinska → Ada Larsen; Lead: Elena Rossi → Uma Rao" in shown.text
    studio.requests.clear()
    reply = await studio.call("update_records", base="Studio", table="Projects", records=patches)
    assert not reply.is_error, reply.text
    changed = named(studio.sandbox, "Projects", "Website relaunch")
    ada, uma = (named(studio.sandbox, "People", one).id for one in ("Ada Larsen", "Uma Rao"))
    assert (changed["Team"], changed["Lead"]) == ([ada], [uma])
    people = the_table(studio.sandbox, "People").id
    assert len([one for one in studio.requests if one.table == people and one.method == "GET"]) <= 2
    assert "Ada Larsen" in reply.text


@behaviour("write.link_single")
async def test_a_field_for_one_link_takes_no_second(studio: World) -> None:
    row = {"Client": ["Globex", "Acme Robotics"]}
    reply = await studio.call("create_records", base="Studio", table="Projects", records=[row])
    assert reply.code == "bad_value"
    assert data_requests(studio.requests) == []


@behaviour("fail.middle")
async def test_a_refused_update_in_the_middle_is_told_by_record_id(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="PATCH", status=422, skip=1, body={"error": {"type": "NO"}}))
    tasks = raw(studio.sandbox, "Tasks")[:25]
    patches = [{"id": one.id, "fields": {"Name": f"Changed {n}"}} for n, one in enumerate(tasks)]
    reply = await studio.call("update_records", base="Studio", table="Tasks", records=patches)
    assert reply.code == "rejected"
    lines = dict(line.split(": ", 1) for line in fenced(reply.text).splitlines())
    assert raw(studio.sandbox, "Tasks")[:25] == tasks
    assert lines["taken back"].split(", ") == [one.id for one in tasks[:10]]
    assert lines["rejected"].split(", ") == [one.id for one in tasks[10:20]]
    assert lines["not sent"].split(", ") == [one.id for one in tasks[20:]]


@behaviour("fail.resent")
async def test_an_update_whose_answer_is_lost_is_sent_again_and_ends_as_one_change(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=False, times=2))
    tasks = raw(studio.sandbox, "Tasks")[:12]
    patches = [{"id": one.id, "fields": {"Name": f"Changed {n}"}} for n, one in enumerate(tasks)]
    async with wound(studio):
        reply = await studio.call("update_records", base="Studio", table="Tasks", records=patches)
    assert "Changed 12 records" in reply.text
    assert len(writes(studio.requests)) == 4
    assert [one["Name"] for one in raw(studio.sandbox, "Tasks")[:12]] == [f"Changed {n}" for n in range(12)]


@behaviour("update.link_by_filter")
async def test_a_filter_by_a_linked_name_and_a_formula_both_bound_a_change(studio: World) -> None:
    acme = named(studio.sandbox, "Clients", "Acme Robotics").id
    theirs = [
        one for one in raw(studio.sandbox, "Invoices") if one["Client"] == [acme] and one["Status"] == "Paid"
    ]
    reply = await studio.call(
        "update_records",
        base="Studio",
        table="Invoices",
        where=[{"field": "Client", "value": "Acme Robotics"}],
        formula='{Status}="Paid"',
        set={"Memo": "Seen"},
    )
    assert not reply.is_error, reply.text
    seen = [one.id for one in raw(studio.sandbox, "Invoices") if one["Memo"] == "Seen"]
    assert seen == [one.id for one in theirs]
