"""What Airtable may invent tomorrow does not break a reading today."""

from copy import deepcopy
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.airtable import Query, Record, Table
from pyairtable_mcp.airtable.models import Base, Comment
from pyairtable_mcp.airtable.shapes import models_of, offset_of, records_of
from pyairtable_mcp.base.errors import Upstream
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair

SCALARS: Final = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NEW_KEYS: Final = st.dictionaries(st.text(max_size=8).map("new {}".format), JSON, max_size=2)
ESSENTIAL: Final = frozenset({"id", "name", "fields", "tables", "records", "createdTime", "bases", "text"})
"""A thing without these is not what was asked for; everything else may change, or go."""
SCHEMA: Final[JsonValue] = {
    "tables": [
        {
            "id": "tbl1",
            "name": "Tasks",
            "primaryFieldId": "fld1",
            "description": None,
            "fields": [
                {"id": "fld1", "name": "Name", "type": "singleLineText"},
                {
                    "id": "fld2",
                    "name": "State",
                    "type": "singleSelect",
                    "options": {"choices": [{"id": "sel1"}]},
                },
                {"id": "fld3", "name": "Sum", "type": "formula", "options": {"formula": "1", "result": None}},
            ],
            "views": [{"id": "viw1", "name": "All", "type": "grid"}],
        }
    ]
}
PAGE: Final[JsonValue] = {
    "records": [
        {"id": "rec1", "createdTime": "2026-01-01T00:00:00.000Z", "fields": {"fld1": "a"}, "commentCount": 2},
        {"id": "rec2", "createdTime": "2026-01-01T00:00:00.000Z", "fields": {"fld2": [{"id": "att1"}]}},
    ],
    "offset": "itr1/rec2",
}
BASES: Final[JsonValue] = {"bases": [{"id": "app1", "name": "Studio", "permissionLevel": "create"}]}


@st.composite
def mutated(draw: st.DrawFn, source: JsonValue) -> JsonValue:
    """Return the JSON with keys added anywhere, and what is not essential changed or left out."""
    return _mutated(draw, deepcopy(source))


def _mutated(draw: st.DrawFn, value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_mutated(draw, each) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, JsonValue] = {}
    for key, each in value.items():
        fate = "kept" if key in ESSENTIAL else draw(st.sampled_from(["kept", "changed", "left out"]))
        if fate != "left out":
            made[key] = _mutated(draw, each) if fate == "kept" else draw(JSON)
    return made | draw(NEW_KEYS)


@given(mutated(SCHEMA))
def test_a_schema_is_read_whatever_is_new_in_it(data: JsonValue) -> None:
    (table,) = models_of(Table, "tables")(data)
    assert (table.id, table.name) == ("tbl1", "Tasks")
    assert [(field.id, field.name) for field in table.fields] == [
        ("fld1", "Name"), ("fld2", "State"), ("fld3", "Sum"),
    ]  # fmt: skip
    assert {(type(field.type), type(field.options)) for field in table.fields} == {(str, dict)}


@given(mutated(PAGE))
def test_a_page_is_read_whatever_is_new_in_it(data: JsonValue) -> None:
    records = records_of(data)
    assert [record.id for record in records] == ["rec1", "rec2"]
    assert all(type(record.comment_count) in (int, type(None)) for record in records)
    assert isinstance(offset_of(data), str)


@given(mutated(BASES))
def test_a_list_of_bases_is_read_whatever_is_new_in_it(data: JsonValue) -> None:
    assert [base.name for base in models_of(Base, "bases")(data)] == ["Studio"]


@given(JSON)
def test_any_value_may_stand_in_a_cell(cell: JsonValue) -> None:
    page: JsonValue = {"records": [{"id": "rec1", "createdTime": "t", "fields": {"fld1": cell}}]}
    assert records_of(page) == (Record("rec1", "t", {"fld1": cell}),)


def test_a_comment_says_less_and_is_still_read() -> None:
    data: dict[str, Any] = {"id": "com1", "author": {"id": "usr1"}, "text": "hi", "createdTime": "t"}
    comment = Comment.model_validate(data | {"reactions": [1], "parentCommentId": None})
    assert (comment.parent, comment.author.name) == ("", "")


@pytest.mark.parametrize("kind", ["BRAND_NEW_ERROR", "", "x y", "E" * 500])
@pytest.mark.parametrize("status", [400, 404, 409, 418, 422])
async def test_an_error_of_an_unknown_type_is_an_error_and_no_accident(
    pair: Pair, status: int, kind: str
) -> None:
    pair.sandbox.faults.add(Fault(status=status, body={"error": {"type": kind, "new": [1]}}))
    with pytest.raises(Upstream) as caught:
        await pair.at.page(pair.base, pair.tasks.id, Query(), size=1)
    assert caught.value.status == status
    assert len(pair.asked()) == 1
