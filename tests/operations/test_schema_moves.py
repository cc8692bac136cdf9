"""The schema changes in Airtable while the server remembers it."""

from tests.support.answers import table
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, named, raw, the_field, the_table, writes
from tests.support.world import World

TASKS = {"base": "Studio", "table": "Tasks"}


async def remember(world: World) -> None:
    await world.call("find_records", **TASKS, limit=1, fields=["Name"])
    world.requests.clear()


def schema_reads(world: World) -> int:
    return len([one for one in world.requests if one.path.endswith("/tables")])


@behaviour("stale.new_names")
async def test_a_name_that_is_new_in_airtable_is_known_after_ten_seconds(studio: World) -> None:
    await remember(studio)
    the_field(studio.sandbox, "Tasks", "Estimate").name = "Effort"
    await studio.clock.advance(11)
    reply = await studio.call("find_records", **TASKS, fields=["Effort"], limit=1)
    assert not reply.is_error, reply.text
    the_field(studio.sandbox, "Tasks", "Effort").name = "Work"
    await studio.clock.advance(11)
    reply = await studio.call("create_records", **TASKS, records=[{"Name": "n", "Work": 2}])
    assert not reply.is_error, reply.text
    assert named(studio.sandbox, "Tasks", "n")["Work"] == 2
    the_table(studio.sandbox, "Tasks").name = "To do"
    await studio.clock.advance(11)
    reply = await studio.call("find_records", base="Studio", table="To do", fields=["Name"], limit=1)
    assert not reply.is_error, reply.text


@behaviour("stale.new_option")
async def test_an_option_that_is_new_in_airtable_is_known_after_ten_seconds(studio: World) -> None:
    await remember(studio)
    choices = the_field(studio.sandbox, "Tasks", "Status").options["choices"]
    assert isinstance(choices, list)
    choices.append({"id": "selParked00000001", "name": "Parked", "color": "blueLight2"})
    await studio.clock.advance(11)
    reply = await studio.call("create_records", **TASKS, records=[{"Name": "n", "Status": "parked"}])
    assert not reply.is_error, reply.text
    assert named(studio.sandbox, "Tasks", "n")["Status"] == "Parked"


@behaviour("stale.one_retry")
async def test_a_name_that_is_nowhere_costs_one_fresh_look_and_none_while_the_memory_is_young(
    studio: World,
) -> None:
    await remember(studio)
    for looks in (0, 1, 0):
        await studio.clock.advance(11 * looks)
        studio.requests.clear()
        reply = await studio.call("find_records", **TASKS, fields=["Estimat"])
        assert (reply.code, reply.candidates[0]) == ("unknown_name", "Estimate")
        assert schema_reads(studio) == looks
        assert data_requests(studio.requests) == []


@behaviour("stale.gone")
async def test_a_field_that_is_gone_is_named_and_never_written_elsewhere(studio: World) -> None:
    await remember(studio)
    tasks = the_table(studio.sandbox, "Tasks")
    gone = the_field(studio.sandbox, "Tasks", "Estimate").id
    del tasks.fields[gone]
    tasks.revision += 1
    before = raw(studio.sandbox, "Tasks")
    for call in (
        studio.call("find_records", **TASKS, fields=["Estimate"]),
        studio.call("create_records", **TASKS, records=[{"Estimate": 1}]),
        studio.call("find_records", **TASKS, where=[{"field": "Estimate", "op": ">", "value": 1}]),
    ):
        reply = await call
        assert reply.is_error
        assert reply.code != "internal"
    assert raw(studio.sandbox, "Tasks") == before
    reply = await studio.call("find_records", **TASKS, fields=["Estimate"])
    assert reply.code == "unknown_name", "and the second time it is refused before it is sent"


@behaviour("stale.retyped")
async def test_a_field_of_another_type_than_remembered_is_never_half_written(studio: World) -> None:
    await remember(studio)
    field = the_field(studio.sandbox, "Tasks", "Estimate")
    field.type = "singleSelect"
    field.options = {"choices": []}
    before = raw(studio.sandbox, "Tasks")
    reply = await studio.call(
        "create_records", **TASKS, records=[{"Name": "x"}, {"Name": "y", "Estimate": 3}]
    )
    assert reply.is_error
    assert raw(studio.sandbox, "Tasks") == before


@behaviour("stale.swapped")
async def test_two_fields_that_swapped_their_names_are_written_by_the_names_of_today(studio: World) -> None:
    await remember(studio)
    first, second = the_field(studio.sandbox, "Tasks", "Name"), the_field(studio.sandbox, "Tasks", "Notes")
    first.name, second.name = second.name, first.name
    await studio.clock.advance(301)
    reply = await studio.call("create_records", **TASKS, records=[{"Notes": "now the primary one"}])
    assert not reply.is_error
    (made,) = [one for one in raw(studio.sandbox, "Tasks") if one["Notes"] == "now the primary one"]
    assert made.id in reply.text
    assert writes(studio.requests)


@behaviour("stale.age")
async def test_the_schema_is_read_again_after_five_minutes(studio: World) -> None:
    await remember(studio)
    await studio.call("find_records", **TASKS, limit=1, fields=["Name"])
    assert schema_reads(studio) == 0
    await studio.clock.advance(301)
    reply = await studio.call("find_records", **TASKS, limit=1, fields=["Name"])
    assert len(table(reply.text).rows) == 1
    assert schema_reads(studio) == 1
