"""Every field type: what it takes, what it refuses, and that Airtable takes what the check lets through."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import BadValue, ReadOnlyField
from pyairtable_mcp.operations.field_types import FIELD_TYPES
from pyairtable_mcp.operations.values import Rules, check
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.behaviours import behaviour
from tests.support.inside import lab, named, raw, writes
from tests.support.world import World

FILE = {"url": "https://files.example/a.pdf"}
NEW_YORK = Rules(ZoneInfo("America/New_York"))

# (what is written, what is stored)
GOOD: dict[str, list[tuple[JsonValue, JsonValue]]] = {
    "singleLineText": [
        ("a", "a"),
        (12, "12"),
        (1.5, "1.5"),
        ("", None),
        ("'\"\\", "'\"\\"),
        ("日本", "日本"),
    ],
    "multilineText": [("a\nb", "a\nb"), ("  spaced ", "  spaced ")],
    "richText": [("**bold**", "**bold**\n")],
    "email": [(" a.b@c.example ", "a.b@c.example")],
    "url": [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("a.example", "a.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
    "phoneNumber": [("+1 555 0100", "+1 555 0100"), (5550100, "5550100")],
    "number": [(1, 1), (1.5, 1.5), ("12.5", 12.5), ("-3", -3), (0, 0), ("0", 0)],
    "currency": [("1200.50", 1200.5), (0, 0)],
    "percent": [(0.25, 0.25), ("25%", 0.25), ("25 %", 0.25), (1.5, 1.5), ("0", 0)],
    "duration": [(5400, 5400), ("1:30", 5400), ("0:00:05", 5), ("90", 90), (0, 0)],
    "rating": [(1, 1), (5, 5), ("3", 3), (4.0, 4)],
    "checkbox": [(True, True), ("true", True), (False, None), ("FALSE", None)],
    "date": [("2026-03-31", "2026-03-31"), ("2026-03-31T00:00:00", "2026-03-31")],
    "dateTime": [
        ("2026-03-31T14:30:00Z", "2026-03-31T14:30:00.000Z"),
        ("2026-03-31T14:30:00+02:00", "2026-03-31T12:30:00.000Z"),
        ("2026-03-31T14:30", "2026-03-31T14:30:00.000Z"),
        ("2026-03-31", "2026-03-31T00:00:00.000Z"),
    ],
    "singleSelect": [("Red", "Red"), ("red", "Red"), (["Red"], "Red")],
    "multipleSelects": [
        (["Red", "blue"], ["Red", "Blue"]),
        ("Red", ["Red"]),
        (["Red", "red"], ["Red"]),
        ([], None),
    ],
    "barcode": [("123", {"text": "123"}), ({"text": "1", "type": "upce"}, {"text": "1", "type": "upce"})],
}
BAD: dict[str, Sequence[JsonValue]] = {
    "singleLineText": [True, ["a"], {"a": 1}],
    "multilineText": [False, ["a"]],
    "richText": [["a"]],
    "email": ["a", "a@b", "a b@c.example", 3, ["a@b.example"]],
    "url": ["not a url", "javascript:alert(1)", 3],
    "phoneNumber": [True, {}],
    "number": ["many", 10**400, "9" * 5_000, "1,200", "12 kg", True, [1], {"a": 1}, "nan", "inf"],
    "currency": ["$12", "12 €", False],
    "percent": ["a quarter", "25 percent", True, [0.25]],
    "duration": ["an hour", "1:75", -5, True],
    "rating": [0, 6, 2.5, "good", True, -1],
    "checkbox": ["yes", 1, 0, "maybe", [True]],
    "date": ["31.12.2025", "12/31/2025", "2026-02-30", "tomorrow", 20260331, "2026-03-31T14:30:00Z", True],
    "dateTime": ["noon", "31.12.2025 14:30", "2026-13-01T00:00:00Z", 1767225600, True],
    "singleSelect": ["Green", ["Red", "Blue"], 3, True, {"name": "Red"}],
    "multipleSelects": [["Red", "Green"], [1], True, [["Red"]]],
    "singleCollaborator": [3, True, ["a@b.example", "c@d.example"], {}],
    "multipleCollaborators": [[3], True, [{}]],
    "multipleRecordLinks": [True, [None], [""], [["x"]], {"name": "x"}],
    "multipleAttachments": ["plan.pdf", "ftp://a.example/x", {"name": "x"}, [3], {"url": 3}],
    "barcode": [3, {"type": "x"}, ["1"], True],
}
COMPUTED = [name for name, kind in FIELD_TYPES.items() if not kind.writable]


def field(kind: str) -> Field:
    choices: JsonValue = [
        {"id": "selRed0000000000", "name": "Red"},
        {"id": "selBlue000000000", "name": "Blue"},
    ]
    options: dict[str, JsonValue] = (
        {"choices": choices} if "elect" in kind else {"max": 5} if kind == "rating" else {}
    )
    return Field(id="fldX0000000000000", name="Cell", type=kind, options=options)


def test_every_field_type_is_in_the_tables_of_this_test() -> None:
    assert set(BAD) | set(COMPUTED) == set(FIELD_TYPES)


@behaviour("values.every_type")
async def test_what_each_type_takes_is_stored_as_meant(studio: World) -> None:
    builder = lab(studio.sandbox)
    chosen = {
        "singleSelect": c.one_of("Cell", "Red", "Blue"),
        "multipleSelects": c.some_of("Cell", "Red", "Blue"),
        "rating": c.stars("Cell", 5),
    }
    for kind in GOOD:
        builder.table(kind, c.line("Name"), chosen.get(kind) or c.Column("Cell", kind))
    builder.connect()
    for kind, cases in GOOD.items():
        rows = [{"Name": f"{n}", "Cell": given} for n, (given, _) in enumerate(cases)]
        reply = await studio.call("create_records", base="Lab", table=kind, records=rows)
        assert not reply.is_error, (kind, reply.text)
        assert [one["Cell"] for one in raw(studio.sandbox, kind, "Lab")] == [stored for _, stored in cases], (
            kind
        )


@behaviour("values.refused")
@pytest.mark.parametrize("kind", BAD)
def test_what_does_not_fit_a_type_is_refused_naming_the_field(kind: str) -> None:
    for value in BAD[kind]:
        with pytest.raises(BadValue) as refused:
            check(field(kind), value, NEW_YORK)
        assert "'Cell'" in refused.value.message, value


@behaviour("write.read_only_field")
@pytest.mark.parametrize("kind", COMPUTED)
def test_a_computed_type_takes_nothing_not_even_null(kind: str) -> None:
    values: list[JsonValue] = [None, "", 1, "x", []]
    for value in values:
        with pytest.raises(ReadOnlyField):
            check(field(kind), value, NEW_YORK)


@behaviour("values.clear")
@pytest.mark.parametrize("kind", BAD)
def test_null_clears_a_cell_of_every_type(kind: str) -> None:
    assert check(field(kind), None, NEW_YORK) in (None, [])


@behaviour("values.date_spelling")
@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("31.12.2025", ["2025-12-31"]),
        ("12/31/2025", ["2025-12-31"]),
        ("03/04/2025", ["2025-03-04", "2025-04-03"]),
        ("2025/12/31", ["2025-12-31"]),
        ("31 December 2025", ["2025-12-31"]),
        ("Dec 31, 2025", ["2025-12-31"]),
    ],
)
def test_a_date_spelt_another_way_is_refused_with_what_it_can_mean(text: str, near: list[str]) -> None:
    with pytest.raises(BadValue) as refused:
        check(field("date"), text, NEW_YORK)
    assert list(refused.value.candidates) == near


@behaviour("values.zone")
def test_a_moment_without_an_offset_is_taken_in_the_servers_time_zone() -> None:
    assert check(field("dateTime"), "2026-01-15T09:00:00", NEW_YORK) == "2026-01-15T14:00:00.000Z"
    assert check(field("dateTime"), "2026-07-15T09:00:00", NEW_YORK) == "2026-07-15T13:00:00.000Z"


ANY_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "url", "text", "email", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@behaviour("values.total")
@given(st.sampled_from(sorted(FIELD_TYPES)), ANY_JSON, st.booleans())
def test_any_value_is_taken_or_refused_and_nothing_else(kind: str, value: JsonValue, typecast: bool) -> None:
    try:
        check(field(kind), value, Rules(ZoneInfo("UTC"), typecast=typecast))
    except (BadValue, ReadOnlyField):
        return


@behaviour("values.idempotent")
@given(st.sampled_from(sorted(set(FIELD_TYPES) - set(COMPUTED))), ANY_JSON)
def test_a_checked_value_passes_its_own_check_unchanged(kind: str, value: JsonValue) -> None:
    rules = Rules(ZoneInfo("UTC"))
    try:
        once = check(field(kind), value, rules)
    except BadValue:
        return
    assert check(field(kind), once, rules) == once


@behaviour("values.field_of_tomorrow")
async def test_a_field_type_we_do_not_know_is_read_and_left_to_airtable_to_judge(studio: World) -> None:
    known = Field(id="fldX0000000000000", name="Cell", type="hologram")
    assert check(known, {"any": "thing"}, NEW_YORK) == {"any": "thing"}
    assert writes(studio.requests) == []
    assert named(studio.sandbox, "Clients", "Globex").id
