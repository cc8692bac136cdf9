"""create_records: names in, ids out, ten with a request, and nothing that was not asked for."""

import pytest

from pyairtable_mcp.base.settings import LimitSettings, Settings
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.state.model import User
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, lab, named, raw, the_field, the_table, writes
from tests.support.world import World, open_world, wound


@behaviour("create.names", "create.look_up_once")
async def test_links_options_and_people_may_be_given_by_name(world: World) -> None:
    row = {
        "Name": "Harvest campaign",
        "Client": "acme robotics",
        "Status": "IN REVIEW",
        "Team": ["Ada Larsen", "Uma Rao"],
        "Owner": "priya.nair@example.com",
        "Tags": ["Web", "print"],
        "Due": "2026-03-31",
        "Budget": "1200.50",
        "Progress": "25%",
    }
    world.requests.clear()
    reply = await world.call("create_records", base="Studio", table="Projects", records=[row])
    assert not reply.is_error, reply.text
    made = named(world.sandbox, "Projects", "Harvest campaign")
    assert made.id in reply.text
    assert made["Client"] == [named(world.sandbox, "Clients", "Acme Robotics").id]
    assert made["Team"] == [named(world.sandbox, "People", one).id for one in ("Ada Larsen", "Uma Rao")]
    assert (made["Status"], made["Tags"], made["Due"]) == ("In Review", ["web", "print"], "2026-03-31")
    assert (made["Budget"], made["Progress"]) == (1200.5, 0.25)
    owner = made["Owner"]
    assert isinstance(owner, dict)
    assert owner["email"] == "priya.nair@example.com"
    asked = [one.table for one in data_requests(world.requests)]
    linked = [the_table(world.sandbox, name).id for name in ("Clients", "People", "Projects")]
    assert sorted(asked) == sorted(linked), "one look-up for each linked table, one write"


@behaviour("create.ids")
async def test_ids_work_wherever_names_do_and_names_and_ids_mix(studio: World) -> None:
    projects = the_table(studio.sandbox, "Projects")
    client = named(studio.sandbox, "Clients", "Acme Robotics").id
    status = the_field(studio.sandbox, "Projects", "Status")
    choices = status.options["choices"]
    assert isinstance(choices, list)
    option = choices[0]
    assert isinstance(option, dict)
    row = {
        projects.primary.id: "By id",
        "Client": [client],
        status.id: option["id"],
        "Team": ["Ada Larsen", named(studio.sandbox, "People", "Uma Rao").id],
        "Owner": "usrMeiTanaka00001",
    }
    reply = await studio.call("create_records", base="appStudio00000001", table=projects.id, records=[row])
    assert not reply.is_error, reply.text
    made = named(studio.sandbox, "Projects", "By id")
    assert (made["Client"], made["Status"]) == ([client], option["name"])
    assert made["Team"] == [named(studio.sandbox, "People", one).id for one in ("Ada Larsen", "Uma Rao")]


@behaviour("write.dry_run")
async def test_a_dry_run_of_a_create_shows_the_cells_and_writes_nothing(world: World) -> None:
    before = raw(world.sandbox, "Tasks")
    reply = await world.call(
        "create_records",
        base="Studio",
        table="Tasks",
        records=[{"Name": "Call", "Project": "Website relaunch", "Estimate": 1.5, "Billable": True}],
        dry_run=True,
    )
    told = fenced(reply.text)
    assert "nothing written" in reply.text
    for part in ("Name = Call", "Project = Website relaunch", "Estimate = 1.5", "Billable = true"):
        assert part in told
    assert writes(world.requests) == []
    assert raw(world.sandbox, "Tasks") == before


@behaviour("write.batches")
@pytest.mark.parametrize(("count", "requests"), [(1, 1), (10, 1), (11, 2), (25, 3)])
async def test_records_are_created_ten_with_a_request(studio: World, count: int, requests: int) -> None:
    rows = [{"Name": f"Batch {n:02d}"} for n in range(count)]
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=rows)
    assert not reply.is_error
    sent = writes(studio.requests)
    assert len(sent) == requests
    assert sum(one.records for one in sent) == count
    made = [one for one in raw(studio.sandbox, "Tasks") if one.text("Name").startswith("Batch")]
    assert [one["Name"] for one in made] == [row["Name"] for row in rows]
    assert all(one.id in reply.text for one in made)


@behaviour("write.cap")
async def test_more_records_than_one_call_may_write_are_refused_before_anything_is_sent() -> None:
    settings = Settings(limits=LimitSettings(write_records=12))
    async with open_world(settings=settings) as world:
        rows = [{"Name": f"n{n}"} for n in range(13)]
        for tool, arguments in (
            ("create_records", {"records": rows}),
            ("upsert_records", {"records": rows, "match_on": ["Name"]}),
            ("update_records", {"records": [{"id": f"n{n}", "fields": {"Name": "x"}} for n in range(13)]}),
            ("delete_records", {"ids": [f"n{n}" for n in range(13)]}),
            ("update_records", {"where": [{"field": "Status", "value": "Done"}], "set": {"Status": "Todo"}}),
            ("delete_records", {"where": [{"field": "Status", "value": "Done"}]}),
        ):
            reply = await world.call(tool, base="Studio", table="Tasks", **arguments)
            assert reply.code == "too_large", (tool, reply.text)
            assert "12" in reply.text
            assert "PYAIRTABLE_MCP_LIMITS_WRITE_RECORDS" in reply.text
        assert writes(world.requests) == []
        reply = await world.call("create_records", base="Studio", table="Tasks", records=rows[:12])
        assert not reply.is_error


@behaviour("create.option_unknown", "write.refused_before_sending")
async def test_an_unknown_option_is_refused_with_the_closest_ones(studio: World) -> None:
    await studio.call("describe_base", base="Studio")
    studio.requests.clear()
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[{"Status": "In Revew"}]
    )
    assert reply.code == "bad_value"
    assert reply.candidates[0] == "In Review"
    assert "records[0]" in reply.text
    assert "Status" in reply.text
    assert studio.requests == []


@behaviour("create.option_near_double")
async def test_options_that_differ_only_in_case_are_never_picked_for_the_caller(studio: World) -> None:
    builder = lab(studio.sandbox)
    builder.table("Doubles", c.line("Name"), c.one_of("State", "done", "Done", "In progress", "In Review"))
    builder.connect()

    async def make(state: str) -> tuple[str, tuple[str, ...]]:
        row = {"Name": state, "State": state}
        reply = await studio.call("create_records", base="Lab", table="Doubles", records=[row])
        return reply.code, reply.candidates

    assert await make("Done") == ("", ())
    assert await make("done") == ("", ())
    assert await make("DONE") == ("bad_value", ("done", "Done"))
    assert await make("in  progress") == ("", ())
    code, near = await make("In")
    assert code == "bad_value"
    assert set(near) <= {"In progress", "In Review", "done", "Done"}
    assert [one["State"] for one in raw(studio.sandbox, "Doubles", "Lab")] == ["Done", "done", "In progress"]


def options(world: World, table: str, field: str) -> list[str]:
    listed = the_field(world.sandbox, table, field).options["choices"]
    assert isinstance(listed, list)
    return [str(one["name"]) for one in listed if isinstance(one, dict)]


@behaviour("create.new_option")
async def test_a_new_option_is_made_only_when_it_is_named(studio: World) -> None:
    before = options(studio, "Tasks", "Status"), options(studio, "Tasks", "Labels")
    row = {"Name": "New", "Status": "Parked", "Labels": ["bug", "ops"]}
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[row], new_options=["Parked"]
    )
    assert reply.code == "bad_value"
    assert "ops" in reply.text
    assert writes(studio.requests) == []
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[row], new_options=["Parked", "ops"]
    )
    assert not reply.is_error, reply.text
    after = options(studio, "Tasks", "Status"), options(studio, "Tasks", "Labels")
    assert after == ([*before[0], "Parked"], [*before[1], "ops"])
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[{"Status": "parked"}])
    assert not reply.is_error, "the schema is read anew after an option was made"


@behaviour("write.unused_option")
async def test_a_new_option_that_nothing_uses_is_pointed_out(studio: World) -> None:
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[{"Name": "x"}], new_options=["Parked"]
    )
    assert reply.code == "bad_value"
    assert "Parked" in reply.text
    assert writes(studio.requests) == []


@behaviour("write.typecast")
async def test_values_are_not_bent_unless_typecast_is_asked_for(studio: World) -> None:
    row = {"Name": "Bent", "Estimate": "3,5 hours", "Status": "Someday"}
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[row])
    assert reply.code == "bad_value"
    assert writes(studio.requests) == []
    row = {"Name": "Bent", "Status": "Someday"}
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[row], typecast=True)
    assert not reply.is_error, reply.text
    assert options(studio, "Tasks", "Status")[-1] == "Someday"


@behaviour("create.link_unknown", "create.link_ambiguous")
async def test_a_linked_name_that_is_not_exactly_one_record_is_refused_with_candidates(studio: World) -> None:
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[{"Project": "Website relunch"}]
    )
    assert (reply.code, reply.candidates[0]) == ("unknown_name", "Website relaunch")
    reply = await studio.call(
        "create_records", base="Studio", table="Tasks", records=[{"Assignee": "Alex Kim"}]
    )
    assert reply.code == "ambiguous_name"
    kims = [one.id for one in raw(studio.sandbox, "People") if one["Name"] == "Alex Kim"]
    assert all(any(kim in told for told in reply.candidates) for kim in kims)
    assert writes(studio.requests) == []


@behaviour("create.link_made_up")
async def test_a_link_never_makes_a_record_that_was_not_asked_for(studio: World) -> None:
    before = len(raw(studio.sandbox, "Projects"))
    row = {"Name": "x", "Project": "No such project", "Status": "Brand new"}
    for extra in ({"typecast": True}, {"new_options": ["Brand new"]}):
        reply = await studio.call("create_records", base="Studio", table="Tasks", records=[row], **extra)
        assert reply.code == "unknown_name", reply.text
    assert len(raw(studio.sandbox, "Projects")) == before


@behaviour("write.person_unknown", "write.person_ambiguous")
async def test_a_person_who_is_not_exactly_one_is_refused_with_candidates(studio: World) -> None:
    reply = await studio.call(
        "create_records", base="Studio", table="Projects", records=[{"Owner": "sam.riviera@example.com"}]
    )
    assert reply.code == "unknown_name"
    assert any("sam.rivera@example.com" in told for told in reply.candidates)
    for user_id, email in (("usrTwin0000000001", "a@twin.example"), ("usrTwin0000000002", "b@twin.example")):
        studio.sandbox.workspace.users[user_id] = User(user_id, "Robin Twin", email)
        records = list(the_table(studio.sandbox, "Projects").records.values())
        held = records[0 if email.startswith("a") else 1]
        held.cells[the_field(studio.sandbox, "Projects", "Owner").id] = user_id
    reply = await studio.call(
        "create_records", base="Studio", table="Projects", records=[{"Owner": "robin twin"}]
    )
    assert reply.code == "ambiguous_name"
    assert all(
        any(email in told for told in reply.candidates) for email in ("a@twin.example", "b@twin.example")
    )
    assert writes(studio.requests) == []


@behaviour("write.person_name")
async def test_a_person_may_be_given_by_name(studio: World) -> None:
    row = {"Name": "Owned", "Owner": "Mei Tanaka"}
    reply = await studio.call("create_records", base="Studio", table="Projects", records=[row])
    assert not reply.is_error, reply.text
    owner = named(studio.sandbox, "Projects", "Owned")["Owner"]
    assert isinstance(owner, dict)
    assert owner["email"] == "mei.tanaka@example.com"


@behaviour("write.read_only_field")
@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("Projects", "Billed"),
        ("Projects", "Client city"),
        ("Projects", "Over budget"),
        ("Clients", "Project count"),
        ("Clients", "Created"),
        ("Clients", "Ref"),
    ],
)
async def test_a_computed_field_is_refused_by_name(studio: World, table: str, field: str) -> None:
    reply = await studio.call("create_records", base="Studio", table=table, records=[{field: 1}])
    assert reply.code == "read_only_field"
    assert field in reply.text
    assert data_requests(studio.requests) == []


@behaviour("write.problems_together")
async def test_every_problem_of_every_row_is_told_at_once(studio: World) -> None:
    rows = [{"Nmae": "x"}, {"Status": "Dun"}, {"Due": "tomorrow"}, {"Estimate": "many"}]
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=rows)
    assert reply.is_error
    assert all(f"records[{n}]" in reply.text for n in range(4))
    assert all(near in reply.text for near in ("'Name'", "'Done'"))
    assert data_requests(studio.requests) == []


@behaviour("names.field_of_another_table")
async def test_a_field_of_another_table_is_pointed_to(studio: World) -> None:
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[{"Budget": 1}])
    assert reply.code == "unknown_name"
    assert "Projects" in reply.text


@behaviour("write.field_twice")
async def test_a_field_named_twice_in_a_row_is_refused(studio: World) -> None:
    row = {"Name": "a", the_field(studio.sandbox, "Tasks", "Name").id: "b"}
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[row])
    assert reply.code == "bad_value"
    assert "twice" in reply.text


@behaviour("fail.middle")
async def test_a_refusal_in_the_middle_takes_back_what_was_written_and_says_so(world: World) -> None:
    refusal = {"error": {"type": "INVALID_VALUE_FOR_COLUMN", "message": "no"}}
    world.sandbox.faults.add(Fault(method="POST", status=422, skip=1, body=refusal))
    rows = [{"Name": f"Part {n:02d}"} for n in range(25)]
    reply = await world.call("create_records", base="Studio", table="Tasks", records=rows)
    assert (reply.is_error, reply.code) == (True, "rejected")
    assert not [one for one in raw(world.sandbox, "Tasks") if one.text("Name").startswith("Part")]
    told = fate_lines(reply.text)
    assert len(told["taken back"]) == 10
    assert told["rejected"] == ["records[10..19]"]
    assert told["not sent"] == ["records[20..24]"]
    assert "What was written was taken back. Saga sg" in reply.text
    assert [one.method for one in writes(world.requests)] == ["POST", "POST", "DELETE"]


@behaviour("fail.continue")
async def test_a_refusal_keeps_what_works_when_that_is_asked_for(studio: World) -> None:
    rows: list[dict[str, object]] = [{"Name": f"Part {n:02d}"} for n in range(12)]
    rows[3]["Project"] = ["rec" + "x" * 14]
    arguments = {"base": "Studio", "table": "Tasks", "records": rows}
    reply = await studio.call("create_records", **arguments, on_error="continue")
    made = [one for one in raw(studio.sandbox, "Tasks") if one.text("Name").startswith("Part")]
    told = fate_lines(reply.text)
    assert told["created"] == [one.id for one in made]
    assert (len(made), told["rejected"]) == (11, ["records[3]"])
    assert "taken back" not in reply.text


@behaviour("fail.unknown_outcome")
async def test_a_create_whose_answer_is_lost_is_found_and_the_rest_follows(world: World) -> None:
    world.sandbox.faults.add(Fault(method="POST", status=0, skip=1, before_commit=False))
    rows = [{"Name": f"Once {n:02d}"} for n in range(25)]
    async with wound(world):
        reply = await world.call("create_records", base="Studio", table="Tasks", records=rows)
    assert not reply.is_error
    names = [one["Name"] for one in raw(world.sandbox, "Tasks") if one.text("Name").startswith("Once")]
    assert names == [f"Once {n:02d}" for n in range(25)], "nothing is lost and nothing doubled"


@behaviour("fail.unknown_outcome")
async def test_a_create_that_is_neither_answered_nor_found_is_told_as_unknown_and_never_sent_again(
    world: World,
) -> None:
    world.sandbox.faults.add(
        Fault(method="POST", status=0, skip=1, before_commit=False),
        Fault(method="GET", status=403, path_contains="tbl", times=9),
    )
    rows = [{"Name": f"Once {n:02d}"} for n in range(25)]
    async with wound(world):
        reply = await world.call("create_records", base="Studio", table="Tasks", records=rows)
    assert reply.code == "outcome_unknown"
    told = fate_lines(reply.text)
    assert len(told["created"]) == 10
    assert told["unknown"] == ["records[10..19]"]
    assert told["not sent"] == ["records[20..24]"]
    names = [one["Name"] for one in raw(world.sandbox, "Tasks") if one.text("Name").startswith("Once")]
    assert names == [f"Once {n:02d}" for n in range(20)], "nothing is doubled"


@behaviour("fail.first")
async def test_a_failure_of_the_only_request_says_that_nothing_was_written(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="POST", status=403, body={"error": {"type": "NOT_AUTHORIZED"}}))
    reply = await studio.call("create_records", base="Studio", table="Tasks", records=[{"Name": "x"}])
    assert reply.code == "forbidden"
    assert "created" not in fate_lines(reply.text)


def fate_lines(text: str) -> dict[str, list[str]]:
    lines = [line.split(": ", 1) for line in fenced(text).splitlines()]
    return {fate: who.split(", ") for fate, who in lines}
