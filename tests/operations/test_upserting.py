"""upsert_records: the record that agrees is changed, the others are created, and doubt is refused."""

import pytest

from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, fill, lab, named, raw, writes
from tests.support.world import World, wound

ROWS = [
    {"Email": "ada.larsen@studio.example", "Role": "Producer"},
    {"Email": "new.person@studio.example", "Name": "New Person", "Role": "Designer"},
]


@behaviour("upsert.merge")
async def test_rows_change_the_record_that_agrees_and_create_the_others(world: World) -> None:
    before = raw(world.sandbox, "People")
    reply = await world.call(
        "upsert_records", base="Studio", table="People", records=ROWS, match_on=["Email"]
    )
    assert not reply.is_error, reply.text
    after = raw(world.sandbox, "People")
    assert len(after) == len(before) + 1
    assert named(world.sandbox, "People", "Ada Larsen")["Role"] == "Producer"
    assert named(world.sandbox, "People", "New Person").id in reply.text
    assert [one.method for one in data_requests(world.requests)] == ["GET", "PATCH"]


@behaviour("write.dry_run", "upsert.dry_run")
async def test_a_dry_run_says_which_row_would_do_what(studio: World) -> None:
    await studio.call(
        "update_records",
        base="Studio",
        table="People",
        records=[{"id": "Ada Larsen", "fields": {"Role": "Copywriter"}}],
    )
    studio.requests.clear()
    reply = await studio.call(
        "upsert_records", base="Studio", table="People", records=ROWS, match_on=["Email"], dry_run=True
    )
    assert "create 1 record, change 1 record" in reply.text
    told = fenced(reply.text)
    assert "Ada Larsen: Role: Copywriter → Producer" in told
    assert "Name = New Person" in told
    assert writes(studio.requests) == []


@behaviour("upsert.batches")
async def test_sixty_rows_cost_six_writes_and_what_agrees_in_all_is_not_sent(studio: World) -> None:
    rows = [{"Email": f"p{n}@x.example", "Name": f"P {n}"} for n in range(60)]
    reply = await studio.call("upsert_records", base="Studio", table="People", records=rows, match_on="Email")
    assert not reply.is_error, reply.text
    assert [one.records for one in writes(studio.requests)] == [10] * 6
    studio.requests.clear()
    again = [*rows[:59], {"Email": "p59@x.example", "Name": "Changed"}]
    reply = await studio.call(
        "upsert_records", base="Studio", table="People", records=again, match_on="Email"
    )
    assert [one.records for one in writes(studio.requests)] == [1]
    assert "59 records already had" in reply.text


@behaviour("upsert.ambiguous")
async def test_a_row_that_agrees_with_two_records_is_refused_with_their_ids(studio: World) -> None:
    rows = [{"Name": "Alex Kim", "Role": "Designer"}]
    reply = await studio.call(
        "upsert_records", base="Studio", table="People", records=rows, match_on=["Name"]
    )
    assert reply.code == "ambiguous_name"
    kims = [one.id for one in raw(studio.sandbox, "People") if one["Name"] == "Alex Kim"]
    assert set(reply.candidates) == set(kims)
    assert writes(studio.requests) == []


@behaviour("upsert.match_on")
@pytest.mark.parametrize(
    ("match_on", "rows", "code"),
    [
        (["Skills"], [{"Skills": []}], "invalid_arguments"),
        (["Tasks"], [{"Tasks": ["x"]}], "bad_value"),
        (["Active"], [{"Active": True}], "bad_value"),
        (["Emial"], [{"Email": "a@b.example"}], "unknown_name"),
        (["Email"], [{"Name": "no key"}], "invalid_arguments"),
        (["Email"], [{"Email": None}], "invalid_arguments"),
        (["Email"], [{"Email": "a@b.example"}, {"Email": "a@b.example"}], "bad_value"),
        ([], [{"Email": "a@b.example"}], "invalid_arguments"),
        (["Name", "Email", "Role", "Joined"], [{"Name": "x"}], "invalid_arguments"),
    ],
)
async def test_what_cannot_identify_a_row_is_refused(
    studio: World, match_on: list[str], rows: list[dict[str, object]], code: str
) -> None:
    reply = await studio.call(
        "upsert_records", base="Studio", table="People", records=rows, match_on=match_on
    )
    assert reply.code == code, reply.text
    assert data_requests(studio.requests) == []


@behaviour("upsert.key_kinds")
async def test_rows_agree_on_numbers_dates_and_options_as_well(studio: World) -> None:
    builder = lab(studio.sandbox)
    keys = builder.table(
        "Keys",
        c.line("Name"),
        c.number("Number", 2),
        c.day("Day"),
        c.moment("At"),
        c.one_of("State", "In progress", "In Review"),
        c.percent("Share"),
    )
    builder.connect()
    moment = "2026-01-01T08:00:00.000Z"
    fill(
        keys,
        {"Name": "a", "Number": 0, "Day": "2026-01-01", "At": moment, "State": "In progress", "Share": 0.5},
        {"Name": "b", "Number": 12.5, "Day": "2026-01-02", "State": "In Review"},
        {"Name": "c"},
    )
    for field, value in (
        ("Number", 0),
        ("Number", "12.50"),
        ("Day", "2026-01-02"),
        ("At", "2026-01-01T09:00:00+01:00"),
        ("State", "in review"),
        ("Share", "50%"),
    ):
        row = {field: value, "Name": f"by {field} {value}"}
        reply = await studio.call("upsert_records", base="Lab", table="Keys", records=[row], match_on=[field])
        assert not reply.is_error, reply.text
        names = [one["Name"] for one in raw(studio.sandbox, "Keys", "Lab")]
        assert len(names) == 3, f"{field} {value} should have met a record: {names}"
        assert f"by {field} {value}" in names


@behaviour("upsert.case")
async def test_rows_agree_on_text_exactly_so_that_case_makes_a_new_record(studio: World) -> None:
    row = {"Name": "ada larsen", "Role": "Designer"}
    reply = await studio.call(
        "upsert_records", base="Studio", table="People", records=[row], match_on=["Name"]
    )
    assert not reply.is_error
    assert named(studio.sandbox, "People", "ada larsen")["Role"] == "Designer"
    assert named(studio.sandbox, "People", "Ada Larsen").id not in fenced(reply.text)


@behaviour("fail.upsert_repeat")
async def test_an_upsert_whose_answer_is_lost_is_sent_again_and_doubles_nothing(studio: World) -> None:
    studio.sandbox.faults.add(Fault(method="PATCH", status=0, before_commit=False))
    async with wound(studio):
        reply = await studio.call(
            "upsert_records", base="Studio", table="People", records=ROWS, match_on=["Email"]
        )
    assert not reply.is_error, reply.text
    emails = [one["Email"] for one in raw(studio.sandbox, "People")]
    assert emails.count("new.person@studio.example") == 1
    assert len(writes(studio.requests)) == 2
