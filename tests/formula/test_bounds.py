"""Whatever the formula, reading and running it ends soon, and in one of the declared ways.

What a run may do is counted (`Work`), so these tests look at the count and at the limits, never at a clock.
"""

from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.grammar import LENGTH_LIMIT, pointer
from pyairtable_mcp.formula.kinds import WORK_LIMIT, Strict, Work
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.formula.results import shape_of
from pyairtable_mcp.formula.tree import DEPTH_LIMIT
from pyairtable_mcp.formula.values import TEXT_LIMIT, Failed, Value, flat, to_json, to_text

from .columns import field_id, typed
from .record import RECORD, Expected
from .scopes import TABLE, OneRecord, compute

LARGE: Final[dict[str, Value]] = {
    "Long": "a" * TEXT_LIMIT,
    "Emoji": "😀" * (TEXT_LIMIT // 2),
    "List": [f"item {n}, with a comma" for n in range(20_000)],
    "Texts": ["b" * 10_000] * 50,
    "Digits": "1" * TEXT_LIMIT,
}
LARGE_TABLE = typed({name: ("multilineText", {}) for name in LARGE})
DEEPEST_COST: Final = max(each.cost for each in FUNCTIONS.values() if isinstance(each, Strict))


def run(text: str) -> tuple[Expected, Work]:
    """Compute a formula over the large record; return what it comes to and the work that was left."""
    scope = OneRecord({field_id(name): value for name, value in LARGE.items()})
    try:
        return Formulas().compiled(LARGE_TABLE, text)(scope), scope.work
    except Failed:
        return Failed, scope.work


@pytest.mark.parametrize(
    "text",
    [
        "REPT(REPT(REPT('a',1000),1000),1000)",
        "REPT({Long},2)",
        "REPT('ab',1e9)",
        "SUBSTITUTE({Long},'a',{Long})",
        "REGEX_REPLACE({Long},'a','aa')",
        "REGEX_REPLACE('aaaaaaaaaa','a',{Long})",
        "REPLACE({Long},1,0,'b')",
        "{Long}&'b'",
        "{Long}+'b'",
        "CONCATENATE({Long},{Long})",
        "ARRAYJOIN({List},{Long})",
        "ENCODE_URL_COMPONENT({Emoji})",
        "UPPER(SUBSTITUTE({Long},'a','ß'))",
    ],
)
def test_no_text_grows_beyond_what_a_cell_holds(text: str) -> None:
    found, _ = run(text)
    assert found is Failed


@pytest.mark.parametrize(
    "part",
    [
        "LEN({Long})",
        "LEN(UPPER({Long}))",
        "LEN(SUBSTITUTE({Long},'a','b'))",
        "LEN(REPT('a',100000))",
        "LEN(LEFT({Long},99999)&'x')",
        "FIND('b',{Long})",
        "REGEX_MATCH({Long},'(a+)+b')",
        "COUNTALL({List})",
        "COUNTA(ARRAYUNIQUE({List}))",
        "IF({List}='x',1,0)",
        "WORKDAY_DIFF('2026-01-01','2026-12-31',{Long})",
        "LEN(DATETIME_FORMAT(NOW(),REPT('LLLL',25000)))",
    ],
)
def test_a_run_that_does_too_much_stops_as_soon_as_it_did(part: str) -> None:
    many = "+".join([part] * (LENGTH_LIMIT // (len(part) + 1) - 1))
    found, work = run(f"COUNT({many})")
    # The last thing that was counted is all that a run may do beyond its limit.
    assert found is Failed
    assert 0 > work.left > -TEXT_LIMIT * 16 * DEEPEST_COST


@pytest.mark.parametrize("part", ["{Long}&'x'", "REPT('a',99999)", "LEFT({Long},99999)", "{Long}+'x'"])
def test_the_texts_that_live_at_once_are_bounded(part: str) -> None:
    arguments = ",".join([part] * (LENGTH_LIMIT // (len(part) + 1) - 2))
    found, work = run(f"COUNTA({arguments})")
    assert found is Failed
    assert work.left > -2 * TEXT_LIMIT


@pytest.mark.parametrize(
    ("pattern", "fails"),
    [
        ("(a+)+$", False),
        ("(a|aa)+$", False),
        ("(.*)*b", False),
        ("(a?){500}a{500}", False),
        ("((a{100}){100}){100}", True),
        ("(((((x{10}){10}){10}){10}){10}){10}", True),
        ("(" * 5_000, True),
        ("[" + "a" * 9_000, True),
        (r"(\pL{500}){200}", True),
        ("a" * 10_001, True),
    ],
)
def test_no_pattern_runs_away(pattern: str, fails: bool) -> None:
    escaped = pattern.replace("\\", "\\\\")
    found, work = run(f"REGEX_MATCH({{Long}},'{escaped}')")
    assert (found is Failed) == fails
    assert work.left >= WORK_LIMIT - DEEPEST_COST * (TEXT_LIMIT + len(pattern))


@pytest.mark.parametrize(
    "text",
    [
        "WORKDAY('2026-01-01',1e300)",
        "WORKDAY('2026-01-01',-9999999)",
        "WORKDAY('2026-01-01',1/0)",
        "WORKDAY('2026-01-01',0/0)",
        "DATEADD('2026-01-01',1e11,'days')",
        "DATEADD('2026-01-01',-1e11,'months')",
        "DATEADD('2026-01-01',0/0,'years')",
        "SET_TIMEZONE('9999-12-31T23:00:00Z','Asia/Tokyo')",
        "ARRAYSLICE({List},1e300)",
        "LEFT({Long},1e300)",
        "MID({Long},1/0,1)",
        "ROUND(1,0/0)",
        "{Digits}*1",
        "{Texts}*1",
    ],
)
def test_huge_spans_and_numbers_are_refused_not_counted_through(text: str) -> None:
    found, _ = run(text)
    assert found is Failed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+".join(["1"] * 49_000), 49_000),
        ("&".join(["''"] * 30_000), ""),
        ("=".join(["1"] * 20_001), True),
        ("SUM(" + ",".join(["1"] * 40_000) + ")", 40_000),
        ("(" * (DEPTH_LIMIT - 1) + "1" + ")" * (DEPTH_LIMIT - 1), 1),
        ("IF(1," * 60 + "7" + ")" * 60, 7),
        ("SUBSTITUTE(" * 60 + "'ab'" + ",'a','ba')" * 60, "b" * 60 + "ab"),
        ("1" * 300, float("1" * 300)),
        ("1e999", float("inf")),
        ("/*" + "*" * 90_000 + "*/1", 1),
        (" " * 99_999 + "1", 1),
    ],
    ids=range(11),
)
def test_what_is_only_long_is_computed(text: str, expected: Value) -> None:
    assert compute(text) == expected


@pytest.mark.parametrize("sign", [*"(-'\"{[+!&,", "NOT(", "{a", "1+", "IF(1,", "/*", "\\", "a ", "''"])
def test_long_nonsense_is_refused(sign: str) -> None:
    text = (sign * LENGTH_LIMIT)[:LENGTH_LIMIT]
    with pytest.raises(BadFormula) as refused:
        Formulas().compiled(TABLE, text)
    at = refused.value.position
    assert at is None or len(pointer(text, at)) < 200


literals = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number!r}"),
    st.text(max_size=8).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    st.sampled_from(
        [
            "'days'",
            "'M'",
            "'YYYY-MM-DD'",
            "'LLLL z'",
            "'de'",
            "'Asia/Tokyo'",
            "'2026-03-10'",
            "'10/16/2020 4pm'",
        ]
    ),
    st.sampled_from(["'(a+)+'", "'[^,]*'", "'$1$0'", "'\\\\d{3}'", "''", "1e308", "-1e308", "BLANK()"]),
)
references = st.sampled_from([*RECORD, "Broken"]).map(
    lambda name: "{" + name.replace("\\", "\\\\").replace("}", "\\}") + "}"
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    calls = st.builds(
        lambda name, args: f"{name}({','.join(args)})",
        st.sampled_from(sorted(FUNCTIONS)),
        st.lists(inner, max_size=4),
    )
    chains = st.builds(
        lambda left, op, right: f"{left}{op}{right}",
        inner,
        st.sampled_from(["+", "-", "*", "/", "&", "=", "!=", "<", "<=", ">", ">="]),
        inner,
    )
    return st.one_of(
        calls, calls, chains, inner.map(lambda each: f"({each})"), inner.map(lambda each: f"-{each}")
    )


@settings(deadline=None, max_examples=1_500)
@given(st.recursive(st.one_of(literals, references), compound, max_leaves=12))
def test_any_formula_of_the_language_answers_or_fails(text: str) -> None:
    places: list[int | None] = []
    try:
        node = Formulas().compiled(TABLE, text)
    except BadFormula as refused:
        places = [each.at for each in refused.problems]
    if places:
        assert all(at is None or 0 <= at <= len(text) for at in places)
        return
    shape_of(TABLE, text)
    scope = OneRecord({field_id(name): value for name, value in RECORD.items()})
    with suppress(Failed):
        value = node(scope)
        to_json(value)
        assert all(len(to_text(each)) <= TEXT_LIMIT for each in flat([value]))
    assert scope.work.left > -TEXT_LIMIT * DEEPEST_COST
