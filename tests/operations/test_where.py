"""What `where` means for values of every kind, judged by an independent filter."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.base.settings import Settings
from tests.support.behaviours import behaviour
from tests.support.inside import LAB, Raw, named, raw, the_field
from tests.support.judging import (
    ORDERS,
    Case,
    Holds,
    build_lab,
    emptiness,
    exactly,
    is_,
    item,
    judge,
    listing,
    matching,
    no,
)
from tests.support.world import World, open_world


@behaviour("where.text", "where.blank")
async def test_text_is_compared_whole_and_searched_whatever_its_case(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Text", "=", "alphabet"), lambda r: r["Text"] == "alphabet"),
            (is_("Text", "!=", "alphabet"), lambda r: r["Text"] != "alphabet"),
            (is_("Text", "contains", "ALPHA"), lambda r: "alpha" in r.text("Text").lower()),
            (is_("Text", "not_contains", "alpha"), lambda r: "alpha" not in r.text("Text").lower()),
            (is_("Text", "starts_with", "alpha"), lambda r: r.text("Text").lower().startswith("alpha")),
            (is_("Text", "in", ["ALPHA", "nothing"]), lambda r: r["Text"] in ("ALPHA", "nothing")),
            (is_("Text", "not_in", ["ALPHA", "nothing"]), lambda r: r["Text"] not in ("ALPHA", "nothing")),
            (is_("Text", "contains", "gamma\nalpha"), lambda r: "gamma\nalpha" in r.text("Text")),
            *emptiness("Text"),
        ],
    )


def as_number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def compared(field: str, op: str, other: float) -> Holds:
    def holds(one: Raw) -> bool:
        number = as_number(one[field])
        return number is not None and ORDERS[op](number, other)

    return holds


@behaviour("where.number", "where.blank")
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("Number", [0, 1, -1.5, 0.01, 1_000_000.25, 5]),
        ("Share", [0, 0.25, 0.3, 1]),
        ("Took", [0, 90, 5400]),
        ("Double", [0, 2, -3]),
    ],
)
async def test_a_blank_number_is_not_zero_and_has_no_order(
    bench: World, field: str, values: list[float]
) -> None:
    cases: list[Case] = [
        (is_(field, op, value), compared(field, op, value)) for value in values for op in ORDERS
    ]
    cases += [(is_(field, "!=", value), no(exactly(field, value))) for value in values]
    cases += [
        (is_(field, "in", values[:2]), lambda r: as_number(r[field]) in values[:2]),
        (is_(field, "not_in", values[:2]), lambda r: as_number(r[field]) not in values[:2]),
        *emptiness(field),
    ]
    await judge(bench, cases)


@behaviour("where.spellings")
async def test_a_number_may_be_spelt_as_people_spell_it(bench: World) -> None:
    assert await matching(bench, [is_("Share", "=", "25%")]) == await matching(
        bench, [is_("Share", "=", 0.25)]
    )
    assert await matching(bench, [is_("Took", "=", "1:30")]) == await matching(
        bench, [is_("Took", "=", 5400)]
    )
    assert await matching(bench, [is_("Number", ">=", "1")]) == await matching(
        bench, [is_("Number", ">=", 1)]
    )


@behaviour("where.number_extremes")
@pytest.mark.parametrize("value", [1e-7, 1e15, 1e16, 1e300, -1e22, 12345678901234567890, 0.1 + 0.2])
async def test_very_small_and_very_large_numbers_compare_too(bench: World, value: float) -> None:
    await judge(bench, [(is_("Number", op, value), compared("Number", op, value)) for op in ("<", ">", ">=")])


@behaviour("where.checkbox")
async def test_a_checkbox_without_a_tick_is_false(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Tick", "=", True), lambda r: r["Tick"] is True),
            (is_("Tick", "=", "false"), lambda r: r["Tick"] is not True),
            (is_("Tick", "!=", True), lambda r: r["Tick"] is not True),
            (is_("Tick", "!=", False), lambda r: r["Tick"] is True),
            (is_("Tick", "empty"), lambda r: r["Tick"] is not True),
            (is_("Tick", "not_empty"), lambda r: r["Tick"] is True),
        ],
    )
    assert await matching(bench, [{"field": "Tick", "value": False}]) == await matching(
        bench, [is_("Tick", "empty")]
    )


def dated(field: str, op: str, other: date) -> Holds:
    def holds(one: Raw) -> bool:
        return bool(one[field]) and ORDERS[op](
            date.fromisoformat(one.text(field)).toordinal(), other.toordinal()
        )

    return holds


@behaviour("where.date")
async def test_dates_compare_by_day_and_today_moves_with_the_clock(bench: World) -> None:
    today = bench.clock.now().date()
    spelt = {
        "today": today,
        "today-1": today - timedelta(days=1),
        "today+180": today + timedelta(days=180),
        "2025-12-31": date(2025, 12, 31),
    }
    cases = [(is_("Day", op, text), dated("Day", op, day)) for text, day in spelt.items() for op in ORDERS]
    await judge(
        bench,
        [
            *cases,
            (is_("Day", "!=", "2026-01-01"), lambda r: r["Day"] != "2026-01-01"),
            (
                is_("Day", "in", ["2026-01-01", "2024-02-29"]),
                lambda r: r["Day"] in ("2026-01-01", "2024-02-29"),
            ),
            *emptiness("Day"),
        ],
    )
    await bench.clock.advance(86_400)
    assert [named(bench.sandbox, "Things", "d3", LAB).id] == await matching(bench, [is_("Day", "=", "today")])


def within(zone: str, op: str, other: str) -> Holds:
    """Compare a moment with a whole day of a zone, or with another moment."""

    def holds(one: Raw) -> bool:
        if not one["Moment"]:
            return False
        at = datetime.fromisoformat(one.text("Moment"))
        if len(other) == 10:
            return ORDERS[op](
                at.astimezone(ZoneInfo(zone)).date().toordinal(), date.fromisoformat(other).toordinal()
            )
        return ORDERS[op](at.timestamp(), datetime.fromisoformat(other).timestamp())

    return holds


@behaviour("where.date_time")
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
async def test_a_moment_belongs_to_the_day_it_has_in_the_servers_time_zone(zone: str) -> None:
    async with open_world(settings=Settings(time_zone=zone), seed="empty") as world:
        build_lab(world)
        values = [
            "2025-12-31",
            "2026-01-01",
            "2026-01-02",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00-05:00",
        ]
        await judge(
            world, [(is_("Moment", op, value), within(zone, op, value)) for value in values for op in ORDERS]
        )
        today = world.clock.now().astimezone(ZoneInfo(zone)).date().isoformat()
        await judge(world, [(is_("Moment", "=", "today"), within(zone, "=", today)), *emptiness("Moment")])


@behaviour("where.date_time")
async def test_a_moment_without_an_offset_is_read_in_the_servers_time_zone() -> None:
    async with open_world(settings=Settings(time_zone="America/New_York"), seed="empty") as world:
        build_lab(world)
        local = await matching(world, [is_("Moment", ">=", "2026-01-01T00:00:00")])
        assert local == await matching(world, [is_("Moment", ">=", "2026-01-01T05:00:00Z")])


@behaviour("where.calendar_edges")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Anchorage"])
async def test_the_first_and_the_last_day_of_the_calendar_are_days_too(zone: str) -> None:
    edges = (
        "9999-12-31",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00",
        "today+99999",
        "today-99999",
    )
    async with open_world(settings=Settings(time_zone=zone), seed="empty") as world:
        build_lab(world)
        for field in ("Day", "Moment"):
            for value in edges:
                for op in ORDERS:
                    where = [is_(field, op, value)]
                    reply = await world.call("find_records", base=LAB, table="Things", where=where)
                    assert reply.code in ("", "bad_value"), (where, reply.text)
        late = await matching(world, [is_("Moment", "<", "9999-12-31")])
        assert late == [one.id for one in raw(world.sandbox, "Things", LAB) if one["Moment"]]


@behaviour("where.select")
async def test_an_option_is_matched_as_a_whole_and_by_id(bench: World) -> None:
    choices = the_field(bench.sandbox, "Things", "State", LAB).options["choices"]
    assert isinstance(choices, list)
    first = choices[0]
    assert isinstance(first, dict)
    await judge(
        bench,
        [
            (is_("State", "=", "in review"), lambda r: r["State"] == "In Review"),
            (is_("State", "=", first["id"]), lambda r: r["State"] == first["name"]),
            (is_("State", "=", "In"), lambda r: r["State"] == "In"),
            (is_("State", "!=", "Done"), lambda r: r["State"] != "Done"),
            (is_("State", "in", ["In", "Done"]), lambda r: r["State"] in ("In", "Done")),
            (is_("State", "not_in", ["In", "Done"]), lambda r: r["State"] not in ("In", "Done")),
            (is_("State", "contains", "in"), lambda r: "in" in r.text("State").lower()),
            (is_("State", "starts_with", "in "), lambda r: r.text("State").lower().startswith("in ")),
            *emptiness("State"),
        ],
    )


@behaviour("where.multi_select")
async def test_options_whose_names_hold_each_other_are_told_apart(bench: World) -> None:
    names = ["art", "art deco", "deco", "Art & Craft"]
    cases: list[Case] = []
    for name in names:
        cases += [
            (is_("Tags", "=", name), item("Tags", name)),
            (is_("Tags", "!=", name), no(item("Tags", name))),
            (is_("Tags", "contains", name), item("Tags", name)),
        ]
    cases.append((is_("Tags", "in", ["art", "Art & Craft"]), item("Tags", "art", "Art & Craft")))
    await judge(bench, [*cases, *emptiness("Tags")])


@behaviour("where.multi_select_comma")
async def test_an_option_with_a_comma_is_not_two_options(bench: World) -> None:
    for name in ("night, day", "night", "day"):
        await judge(bench, [(is_("Tags", "=", name), item("Tags", name))])


@behaviour("where.computed")
async def test_formulas_compare_by_what_they_show(bench: World) -> None:
    await judge(
        bench,
        [
            (is_("Label", "=", "one!"), lambda r: r["Label"] == "one!"),
            (is_("Label", "starts_with", "D"), lambda r: r.text("Label").startswith("d")),
        ],
    )


@behaviour("where.computed")
async def test_rollups_and_lookups_compare_by_what_they_show(studio: World) -> None:
    await judge(
        studio,
        [
            (is_("Billed", ">", 20_000), compared("Billed", ">", 20_000)),
            (is_("Billed", "=", 0), compared("Billed", "=", 0)),
            (is_("Over budget", "=", 1), compared("Over budget", "=", 1)),
            (is_("Client city", "=", "Berlin"), lambda r: "Berlin" in listing(r, "Client city")),
            (is_("Client city", "!=", "Berlin"), lambda r: "Berlin" not in listing(r, "Client city")),
            (
                is_("Client city", "contains", "ort"),
                lambda r: any("ort" in city for city in listing(r, "Client city")),
            ),
            (
                is_("Client city", "in", ["Oslo", "São Paulo"]),
                lambda r: bool({"Oslo", "São Paulo"} & set(listing(r, "Client city"))),
            ),
            *emptiness("Client city"),
        ],
        base="Studio",
        name="Projects",
    )
