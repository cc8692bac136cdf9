"""Arguments as models send them: forgiving about form, strict about meaning."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.operations.reading import FindRecords
from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.answers import table
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, named
from tests.support.world import World

HERE = {"base": "Studio", "table": "Tasks"}


@behaviour("arguments.json_text")
async def test_lists_and_objects_may_come_as_json_text(world: World) -> None:
    where = [{"field": "Status", "op": "in", "value": ["Blocked", "Todo"]}]
    plain = await world.call(
        "find_records", **HERE, where=where, fields=["Name", "Status"], sort=["Name"], limit=5
    )
    packed = await world.call(
        "find_records",
        **HERE,
        where=json.dumps(where),
        fields='["Name", "Status"]',
        sort=json.dumps([{"field": "Name"}]),
        limit="5",
    )
    assert not plain.is_error
    assert table(packed.text).rows == table(plain.text).rows
    reply = await world.call("create_records", **HERE, records='{"Name": "one"}', dry_run="true")
    assert "Would create 1 record" in reply.text
    patches = json.dumps([{"id": "Write launch copy", "fields": {"Priority": 1}}])
    reply = await world.call("update_records", **HERE, records=patches, dry_run=True)
    assert "1 record" in reply.text


@behaviour("arguments.one_item")
async def test_a_single_item_stands_for_a_list_of_one(world: World) -> None:
    reply = await world.call(
        "find_records",
        **HERE,
        where={"field": "Status", "value": "Done"},
        fields="Name",
        sort="-Name",
        limit=2,
    )
    assert table(reply.text).columns == ("Name",)
    reply = await world.call("get_records", **HERE, ids="Write launch copy", fields="Status")
    assert table(reply.text).ids == [named(world.sandbox, "Tasks", "Write launch copy").id]
    reply = await world.call("create_records", **HERE, records={"Name": "one"}, dry_run=True)
    assert "1 record" in reply.text


@behaviour("arguments.null")
async def test_null_stands_for_not_given_and_a_missing_argument_is_named(world: World) -> None:
    nothing = dict.fromkeys(
        ("where", "formula", "search", "view", "fields", "sort", "limit", "cursor", "cell_format")
    )
    reply = await world.call("find_records", **HERE, **nothing)
    assert not reply.is_error, reply.text
    reply = await world.call("find_records", base="Studio", table=None)
    assert reply.code == "invalid_arguments"
    assert "table" in reply.text


@behaviour("arguments.text_stays")
async def test_text_that_looks_like_json_stays_text_where_text_is_meant(studio: World) -> None:
    for text in ('{"a": 1}', "[1]", "null", "12", "true"):
        reply = await studio.call("create_records", **HERE, records=[{"Name": text}])
        assert not reply.is_error, reply.text
        assert named(studio.sandbox, "Tasks", text)["Name"] == text
        reply = await studio.call("get_records", **HERE, ids=[text], fields=["Name"])
        assert table(reply.text).column("Name") == [text]
        reply = await studio.call("find_records", **HERE, search=text, fields=["Name"], limit=1000)
        assert text in table(reply.text).column("Name")


@behaviour("arguments.unknown")
@pytest.mark.parametrize("tool", [spec.name for spec in CATALOG])
async def test_an_unknown_argument_is_refused_and_never_dropped(studio: World, tool: str) -> None:
    spec = next(one for one in CATALOG if one.name == tool)
    for name in spec.args.model_fields:
        reply = await studio.call(tool, **{f"{name}x": "y"})
        assert reply.code == "invalid_arguments"
        assert f"'{name}x'" in reply.text
        assert name in reply.candidates, reply.candidates
    assert studio.requests == []


@behaviour("arguments.unknown_inside")
async def test_an_unknown_key_inside_a_list_is_named_with_its_place(studio: World) -> None:
    patches = [{"id": "a", "fields": {}}, {"id": "b", "fields": {}, "typecast": True}]
    reply = await studio.call("update_records", **HERE, records=patches)
    assert reply.code == "invalid_arguments"
    assert "records[1].typecast" in reply.text
    assert data_requests(studio.requests) == []


@behaviour("arguments.wrong_type")
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"limit": 1_001}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"fields": [1]}, "fields[0]"),
        ({"fields": [""]}, "fields[0]"),
        ({"where": "Status = Done"}, "where"),
        ({"where": [1]}, "where[0]"),
        ({"where": '[{"field": '}, "where"),
        ({"cell_format": "html"}, "cell_format"),
        ({"table": ""}, "table"),
        ({"table": 3}, "table"),
        ({"table": "x" * 1_001}, "table"),
        ({"formula": ["x"]}, "formula"),
        ({"search": "x" * 1_001}, "search"),
        ({"sort": [3]}, "sort"),
    ],
    ids=str,
)
def test_an_argument_of_the_wrong_shape_is_named(arguments: dict[str, JsonValue], place: str) -> None:
    raw: dict[str, JsonValue] = {"base": "Studio", "table": "Tasks", **arguments}
    with pytest.raises(InvalidArguments) as refused:
        parse(FindRecords, raw)
    assert place in refused.value.message
    assert "pydantic" not in refused.value.message
    assert len(refused.value.message) < 1_000


@behaviour("arguments.total")
@given(
    st.sampled_from(CATALOG),
    st.dictionaries(
        st.sampled_from(["base", "table", "records", "where", "ids", "limit", "\u202e", "fields"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=10)
            | st.just("[" * 500),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    ),
)
def test_any_arguments_are_taken_or_refused_as_arguments(spec: object, raw: dict[str, JsonValue]) -> None:
    tool = next(one for one in CATALOG if one is spec)
    try:
        parse(tool.args, raw)
    except InvalidArguments as refused:
        told = f"{refused.message} {refused.hint}"
    else:
        told = ""
    assert "\u202e" not in told
    assert len(told) < 2_000


async def test_deeply_nested_json_text_is_refused_politely(studio: World) -> None:
    reply = await studio.call("find_records", **HERE, where="[" * 100_000)
    assert reply.code == "invalid_arguments"
    assert len(reply.text) < 1_000
