"""delete_records: by id, by name, by filter, and never everything by accident."""

import pytest

from pyairtable_mcp.sandbox.http.faults import Fault
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, named, raw, writes
from tests.support.world import World, wound


@behaviour("delete.by_name", "write.dry_run")
async def test_records_are_deleted_by_name_and_id_after_a_dry_run_that_lists_them(world: World) -> None:
    globex = named(world.sandbox, "Clients", "Globex Ltd").id
    acme = named(world.sandbox, "Clients", "Acme Robotics").id
    keys = ["acme robotics", globex]
    reply = await world.call("delete_records", base="Studio", table="Clients", ids=keys, dry_run=True)
    assert fenced(reply.text).splitlines() == [f"{acme} Acme Robotics", f"{globex} Globex Ltd"]
    assert writes(world.requests) == []
    reply = await world.call("delete_records", base="Studio", table="Clients", ids=keys)
    assert "Deleted 2 records" in reply.text
    left = {one.id for one in raw(world.sandbox, "Clients")}
    assert len(left) == 58
    assert not {globex, acme} & left


@behaviour("delete.by_filter")
async def test_a_filter_deletes_what_it_finds_ten_with_a_request(studio: World) -> None:
    doomed = [one.id for one in raw(studio.sandbox, "Invoices") if one["Status"] == "Draft"]
    where = [{"field": "Status", "value": "Draft"}]
    reply = await studio.call("delete_records", base="Studio", table="Invoices", where=where)
    assert f"Deleted {len(doomed)} records" in reply.text
    assert not set(doomed) & {one.id for one in raw(studio.sandbox, "Invoices")}
    assert len(writes(studio.requests)) == -(-len(doomed) // 10)


@behaviour("delete.twice")
async def test_a_record_named_twice_is_deleted_once(studio: World) -> None:
    globex = named(studio.sandbox, "Clients", "Globex").id
    reply = await studio.call(
        "delete_records", base="Studio", table="Clients", ids=["Globex", globex, "globex"]
    )
    assert "Deleted 1 record " in reply.text
    assert len(raw(studio.sandbox, "Clients")) == 59


@behaviour("delete.one_way")
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"ids": []},
        {"where": []},
        {"formula": " "},
        {"ids": ["Globex"], "formula": "TRUE()"},
        {"where": [{"field": "Name"}]},
        {"where": [{}]},
        {"where": "all"},
        {"ids": [None]},
        {"ids": [""]},
    ],
    ids=str,
)
async def test_a_delete_that_does_not_say_what_is_refused(
    studio: World, arguments: dict[str, object]
) -> None:
    reply = await studio.call("delete_records", base="Studio", table="Clients", **arguments)
    assert reply.is_error
    assert data_requests(studio.requests) == []
    assert len(raw(studio.sandbox, "Clients")) == 60


@behaviour("delete.one_unknown")
async def test_one_unknown_name_stops_the_whole_delete(studio: World) -> None:
    reply = await studio.call("delete_records", base="Studio", table="Clients", ids=["Globex", "Gloxbe"])
    assert reply.code == "unknown_name"
    assert "Globex" in reply.candidates
    assert len(raw(studio.sandbox, "Clients")) == 60


@behaviour("delete.nothing")
async def test_a_filter_that_finds_nothing_deletes_nothing_and_says_so(studio: World) -> None:
    where = [{"field": "Name", "value": "nobody"}]
    reply = await studio.call("delete_records", base="Studio", table="Clients", where=where)
    assert not reply.is_error
    assert "no records match" in reply.text
    assert writes(studio.requests) == []


@behaviour("fail.delete_repeat")
async def test_a_delete_whose_answer_is_lost_ends_deleted_and_is_told_as_such(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="DELETE", status=0, before_commit=False))
    doomed = [one.id for one in raw(studio.sandbox, "Clients")[:12]]
    async with wound(studio):
        reply = await studio.call("delete_records", base="Studio", table="Clients", ids=doomed)
    assert not reply.is_error, reply.text
    assert "Deleted 12 records" in reply.text
    assert not set(doomed) & {one.id for one in raw(studio.sandbox, "Clients")}
