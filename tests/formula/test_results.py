"""The type of a formula's result, from the types of the fields it names."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.formula.results import BY_TREE, DAY, MOMENT, RULES, Shape, result_type, shape_of
from pyairtable_mcp.formula.values import Value, flat, is_blank

from .cases import CASES
from .columns import typed
from .record import BROKEN_CELL, RECORD, Expected

EURO: Final[dict[str, Json]] = {"precision": 2, "symbol": "€"}
CURRENCY: Final[Json] = {"type": "currency", "options": EURO}
TEXT: Final[Json] = {"type": "singleLineText"}
ISO: Final[dict[str, Json]] = {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}
TABLE = typed(
    {
        "Name": ("singleLineText", {}),
        "Notes": ("multilineText", {}),
        "Count": ("number", {"precision": 0}),
        "Weight": ("number", {"precision": 3}),
        "Price": ("currency", EURO),
        "Fee": ("currency", EURO),
        "Yen": ("currency", {"precision": 0, "symbol": "¥"}),
        "Share": ("percent", {"precision": 1}),
        "Time": ("duration", {"durationFormat": "h:mm"}),
        "Stars": ("rating", {"max": 5}),
        "Done": ("checkbox", {}),
        "Due": ("date", ISO),
        "At": ("dateTime", {"timeZone": "utc"}),
        "Made": ("createdTime", {}),
        "Day made": ("createdTime", {"result": {"type": "date", "options": ISO}}),
        "Status": ("singleSelect", {"choices": []}),
        "Tags": ("multipleSelects", {"choices": []}),
        "Links": ("multipleRecordLinks", {}),
        "Prices": ("multipleLookupValues", {"result": CURRENCY}),
        "Lost": ("multipleLookupValues", {"result": None}),
        "Total": ("rollup", {"result": CURRENCY}),
        "Text formula": ("formula", {"result": TEXT}),
        "Linked": ("count", {}),
        "Number": ("autoNumber", {}),
    }
)


def number(precision: int) -> Json:
    return {"type": "number", "options": {"precision": precision}}


RESULTS: Final[Mapping[str, Json]] = {
    "1": number(0),
    "1.25": number(2),
    "'a'": TEXT,
    "{Name}": TEXT,
    "{Notes}": TEXT,
    "{Count}": number(0),
    "{Weight}": number(3),
    "{Price}": CURRENCY,
    "({Price})": CURRENCY,
    "{Share}": {"type": "percent", "options": {"precision": 1}},
    "{Time}": {"type": "duration", "options": {"durationFormat": "h:mm"}},
    "{Stars}": number(0),
    "{Done}": number(0),
    "{Due}": {"type": "date", "options": ISO},
    "{At}": {"type": "dateTime", "options": {"timeZone": "utc"}},
    "{Made}": MOMENT.as_json(),
    "{Day made}": {"type": "date", "options": ISO},
    "{Status}": TEXT,
    "{Tags}": TEXT,
    "{Links}": TEXT,
    "{Prices}": CURRENCY,
    "{Lost}": TEXT,
    "{Total}": CURRENCY,
    "{Text formula}": TEXT,
    "{Linked}": number(0),
    "{Number}": number(0),
    "-{Price}": CURRENCY,
    "{Price}+{Fee}": CURRENCY,
    "{Price}-{Fee}-{Total}": CURRENCY,
    "{Price}+{Yen}": number(2),
    "{Price}*{Count}": number(2),
    "{Count}*{Weight}": number(3),
    "{Count}/2": number(1),
    "{Weight}/{Count}": number(3),
    "{Name}+'x'": TEXT,
    "{Name}-1": number(0),
    "{Price}&''": TEXT,
    "{Price}>1": number(0),
    "{Name}={Notes}": number(0),
    "IF({Done},{Price},{Fee})": CURRENCY,
    "IF({Done},{Price})": CURRENCY,
    "IF({Done},{Price},BLANK())": CURRENCY,
    "IF({Done},{Price},'none')": TEXT,
    "IF({Done},{Count},{Weight})": number(3),
    "IF({Done},{Due},TODAY())": MOMENT.as_json(),
    "IF({Done},TODAY())": DAY.as_json(),
    "IF({Done},ERROR(),{Due})": {"type": "date", "options": ISO},
    "SWITCH({Status},'a',{Price},'b',{Fee})": CURRENCY,
    "SWITCH({Status},'a',{Price},'b',{Fee},'other')": TEXT,
    "BLANK()": TEXT,
    "SUM({Prices})": CURRENCY,
    "MAX({Prices},{Price})": CURRENCY,
    "MAX({Due})": {"type": "date", "options": ISO},
    "AVERAGE({Prices})": CURRENCY,
    "AVERAGE({Count})": number(1),
    "ROUND({Price})": number(0),
    "ROUND({Price},1)": {"type": "currency", "options": {"precision": 1, "symbol": "€"}},
    "ROUND({Weight},{Count})": number(3),
    "ROUNDUP({Weight},-2)": number(0),
    "INT({Price})": number(0),
    "CEILING({Price},0.25)": number(2),
    "POWER({Count},2)": number(1),
    "LEN({Name})": number(0),
    "COUNTA({Tags})": number(0),
    "AND({Done},{Name})": number(0),
    "DATEADD({Due},1,'days')": {"type": "date", "options": ISO},
    "DATEADD({Due},1,'hours')": MOMENT.as_json(),
    "DATEADD({Due},1,{Name})": {"type": "date", "options": ISO},
    "DATEADD('2026-01-01',1,'days')": MOMENT.as_json(),
    "WORKDAY({Due},3)": {"type": "date", "options": ISO},
    "DATETIME_PARSE({Name})": MOMENT.as_json(),
    "DATETIME_DIFF({Due},TODAY(),'days')": number(0),
    "DATETIME_FORMAT({Due},'YYYY')": TEXT,
    "ARRAYUNIQUE({Prices})": CURRENCY,
    "ARRAYJOIN({Prices})": TEXT,
    "ARRAYSLICE({Tags},1,2)": TEXT,
    "LAST_MODIFIED_TIME({Name})": MOMENT.as_json(),
    "RECORD_ID()": TEXT,
}


@pytest.mark.parametrize(("text", "expected"), RESULTS.items())
def test_a_formula_has_the_type_its_fields_give_it(text: str, expected: Json) -> None:
    assert result_type(TABLE, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SUM(values)", CURRENCY),
        ("MAX(values)", CURRENCY),
        ("COUNTALL(values)", number(0)),
        ("ARRAYJOIN(values,'; ')", TEXT),
        ("ARRAYUNIQUE(values)", CURRENCY),
        ("AND(values)", number(0)),
        ("values", CURRENCY),
    ],
)
def test_a_rollup_has_the_type_its_values_give_it(text: str, expected: Json) -> None:
    assert result_type(TABLE, text, Shape("currency", EURO)) == expected


def test_a_list_of_something_is_told_from_the_thing() -> None:
    assert shape_of(TABLE, "{Prices}").many
    assert shape_of(TABLE, "{Tags}").many
    assert shape_of(TABLE, "ARRAYCOMPACT({Prices})").many
    assert shape_of(TABLE, "IF({Done},{Prices},{Weight})").many
    assert not shape_of(TABLE, "SUM({Prices})").many
    assert not shape_of(TABLE, "{Price}").many


@pytest.mark.parametrize("text", ["{Nmae}", "NOPE()", "1 +", "values"])
def test_what_is_no_formula_of_the_table_has_no_type(text: str) -> None:
    with pytest.raises(BadFormula):
        result_type(TABLE, text)


def test_every_function_has_a_rule() -> None:
    assert set(RULES) | BY_TREE == set(FUNCTIONS)
    assert not set(RULES) & BY_TREE


def column_of(value: Value) -> tuple[str, dict[str, Json]]:
    """Return a field that could hold a value."""
    items = [each for each in flat([value]) if not is_blank(each)]
    kinds = {type(each) for each in items}
    if kinds <= {bool}:
        result: Json = {"type": "checkbox"}
    elif kinds <= {int, float, bool}:
        result = {"type": "number", "options": {"precision": 1}}
    elif kinds <= {datetime} or kinds <= {date}:
        result = {"type": "dateTime" if datetime in kinds else "date"}
    else:
        result = TEXT
    return ("multipleLookupValues" if isinstance(value, list) else "formula"), {"result": result}


CASE_TABLE = typed({**{name: column_of(value) for name, value in RECORD.items()}, BROKEN_CELL: ("email", {})})
SORTS: Final[Mapping[str, type | tuple[type, ...]]] = {"number": (int, float), "date": date, "dateTime": date}


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_value_is_of_the_type_that_was_foretold(text: str, expected: Expected) -> None:
    shape = shape_of(CASE_TABLE, text)
    if isinstance(expected, type) or is_blank(expected):
        return
    for each in flat([expected]):
        assert isinstance(each, SORTS.get(shape.type, (str, int, float))) or is_blank(each)
        assert isinstance(each, datetime) <= (shape.type == "dateTime")
    if isinstance(expected, list):
        assert shape.many
