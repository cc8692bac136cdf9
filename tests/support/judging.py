"""Judging a filter by an independent one in Python over the records in the sandbox."""

from collections.abc import Callable, Sequence

from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.answers import table
from tests.support.inside import LAB, Raw, fill, lab, raw
from tests.support.world import World

Condition = dict[str, object]
Holds = Callable[[Raw], bool]
Case = tuple[Condition, Holds]

ORDERS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def is_(field: str, op: str, value: object = None) -> Condition:
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def no(holds: Holds) -> Holds:
    return lambda one: not holds(one)


def item(field: str, *names: str) -> Holds:
    """Tell whether a list cell holds at least one of these."""
    return lambda one: bool(set(names) & set(listing(one, field)))


def person(field: str, *emails: str) -> Holds:
    return lambda one: bool(set(emails) & set(people(one, field)))


def exactly(field: str, value: object) -> Holds:
    return lambda one: one[field] == value


def build_lab(world: World) -> None:
    builder = lab(world.sandbox)
    things = builder.table(
        "Things",
        c.line("Name"),
        *c.plain("multilineText", "Text"),
        c.number("Number", 2),
        c.percent("Share"),
        c.span("Took"),
        c.tick("Tick"),
        c.day("Day"),
        c.moment("Moment"),
        c.one_of("State", "In progress", "In Review", "In", "Done"),
        c.some_of("Tags", "art", "art deco", "deco", "Art & Craft", "night, day", "night", "day"),
        *c.plain("singleCollaborator", "Owner"),
        *c.plain("multipleCollaborators", "Crew"),
        c.formula("Double", "IF({Number}, {Number} * 2, BLANK())", c.NUMBER_RESULT),
        c.formula("Label", 'CONCATENATE({Name}, "!")', c.TEXT_RESULT),
    )
    builder.connect()
    fill(
        things,
        {"Name": "blank"},
        {"Name": "zero", "Text": "nothing", "Number": 0, "Share": 0, "Took": 0},
        {"Name": "one", "Text": "Alpha beta", "Number": 1, "Share": 0.25, "Took": 5400, "Tick": True},
        {"Name": "minus", "Text": "alphabet", "Number": -1.5, "Share": 1, "Took": 90},
        {"Name": "large", "Text": "ALPHA", "Number": 1_000_000.25, "Share": 0.3, "Took": 5399},
        {"Name": "tiny", "Text": "gamma\nalpha", "Number": 0.01, "Share": 0.255, "Took": 5401},
        {"Name": "d1", "Day": "2025-12-31", "Moment": "2025-12-31T23:59:59.999Z", "State": "In progress"},
        {"Name": "d2", "Day": "2026-01-01", "Moment": "2026-01-01T00:00:00.000Z", "State": "In Review"},
        {"Name": "d3", "Day": "2026-01-02", "Moment": "2026-01-01T04:59:59.999Z", "State": "In"},
        {"Name": "d4", "Day": "2024-02-29", "Moment": "2026-01-01T05:00:00.000Z", "State": "Done"},
        {"Name": "d5", "Day": "2027-06-30", "Moment": "2026-01-02T04:59:59.999Z"},
        {"Name": "t1", "Tags": ["art"], "Owner": "usrSamRivera00001", "Crew": ["usrSamRivera00001"]},
        {
            "Name": "t2",
            "Tags": ["art deco"],
            "Owner": "usrPriyaNair00001",
            "Crew": ["usrPriyaNair00001", "usrSamRivera00001"],
        },
        {"Name": "t3", "Tags": ["art", "deco"], "Owner": "usrMeiTanaka00001", "Crew": ["usrMeiTanaka00001"]},
        {"Name": "t4", "Tags": ["Art & Craft", "deco"]},
        {"Name": "t5", "Tags": ["night, day"]},
        {"Name": "t6", "Tags": ["night", "day"]},
        {"Name": "t7", "Tags": ["day"]},
    )


async def matching(world: World, where: Sequence[object], base: str = LAB, name: str = "Things") -> list[str]:
    reply = await world.call("find_records", base=base, table=name, where=where, fields=["Name"], limit=1000)
    assert not reply.is_error, (where, reply.text)
    return table(reply.text).ids


async def judge(world: World, cases: Sequence[Case], base: str = LAB, name: str = "Things") -> None:
    records = raw(world.sandbox, name, base)
    for condition, holds in cases:
        expected = [one.id for one in records if holds(one)]
        assert await matching(world, [condition], base, name) == expected, condition


def emptiness(field: str) -> list[Case]:
    def empty(one: Raw) -> bool:
        return one[field] in (None, "") or one[field] == []

    return [
        (is_(field, "empty"), empty),
        (is_(field, "not_empty"), lambda one: not empty(one)),
        ({"field": field, "op": "=", "value": None}, empty),
        ({"field": field, "op": "!=", "value": None}, lambda one: not empty(one)),
    ]


def listing(one: Raw, field: str) -> list[str]:
    cell = one[field]
    return [str(each) for each in cell] if isinstance(cell, list) else []


def people(one: Raw, field: str) -> list[str]:
    cell = one[field]
    each = cell if isinstance(cell, list) else [cell]
    return [str(person["email"]) for person in each if isinstance(person, dict)]
