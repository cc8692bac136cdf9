import time

import pytest
from pydantic import JsonValue, ValidationError

from pyairtable_mcp.airtable.models import BaseSchema, Comment, Field, Table
from pyairtable_mcp.airtable.shapes import record_of
from pyairtable_mcp.airtable.wire import BadShape


def test_unknown_keys_types_and_nulls_are_tolerated() -> None:
    table = Table.model_validate(
        {
            "id": "tbl1",
            "name": "T",
            "primaryFieldId": "fld1",
            "description": None,
            "fields": [{"id": "fld1", "name": "F", "type": "hologram", "options": None, "isComputed": True}],
            "views": [{"id": "viw1", "name": "V", "type": "constellation", "visibleFieldIds": []}],
            "dateDependencySettings": {},
        }
    )
    assert table.description == ""
    assert table.by_id["fld1"] == Field(id="fld1", name="F", type="hologram")


def test_a_comment_by_somebody_without_a_name_is_read() -> None:
    comment = Comment.model_validate(
        {"id": "com1", "author": {"id": "usr1"}, "text": "x", "createdTime": "t", "parentCommentId": None}
    )
    assert (comment.author.name, comment.parent, comment.mentions) == ("", "", ())


def test_values_cannot_be_changed() -> None:
    field = Field(id="fld1", name="F", type="number")
    with pytest.raises(ValidationError, match="frozen"):
        Field.__setattr__(field, "name", "G")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"id": "rec1"},
        {"id": 1, "createdTime": "", "fields": {}},
        {"id": "r", "createdTime": "", "fields": []},
    ],
)
def test_what_is_no_record_is_not_taken_for_one(data: JsonValue) -> None:
    with pytest.raises(BadShape):
        record_of(data)


def test_a_large_schema_is_read_fast_enough_not_to_stop_the_others() -> None:
    fields = [
        {"id": f"fld{number}", "name": str(number), "type": "number", "options": {"precision": 1}}
        for number in range(50)
    ]
    tables = [{"id": f"tbl{number}", "name": str(number), "fields": fields} for number in range(50)]
    start = time.perf_counter()
    BaseSchema.model_validate({"id": "app1", "tables": tables})
    assert time.perf_counter() - start < 0.2
