"""The list of tools: the same in both eras, every time, whatever a base holds; cut by the policy alone."""

import json
from collections.abc import Mapping

import pytest

from pyairtable_mcp.base.policy import Effect
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds.words import HOSTILE
from pyairtable_mcp.surface.catalog import CATALOG
from pyairtable_mcp.surface.instructions import INSTRUCTIONS
from tests.support.behaviours import behaviour
from tests.support.counting import o200k
from tests.support.inside import fill, lab
from tests.support.world import World, open_world

READS = [tool.name for tool in CATALOG if tool.effect is Effect.READ]


async def listing(world: World) -> str:
    tools = (await world.client.list_tools()).tools
    return json.dumps([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools])


def described(tool: Mapping[str, object]) -> dict[str, object]:
    """Return what a model is told of a tool."""
    return {key: tool[key] for key in ("name", "title", "description", "inputSchema", "annotations")}


@behaviour("list.both_eras")
async def test_the_list_is_the_same_in_both_eras_and_every_time(world: World) -> None:
    told = await listing(world)
    assert [tool["name"] for tool in json.loads(told)] == [tool.name for tool in CATALOG]
    assert told == await listing(world)
    async with open_world(seed="empty") as other:
        assert [described(tool) for tool in json.loads(await listing(other))] == [
            described(tool) for tool in json.loads(told)
        ]


@behaviour("list.size")
async def test_the_list_is_short_and_every_tool_has_a_title_and_all_its_hints(studio: World) -> None:
    tools = (await studio.client.list_tools()).tools
    assert len(tools) <= 24
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert o200k(json.dumps(listed, separators=(",", ":"))) <= 4_000
    for tool in tools:
        assert tool.title
        assert tool.description
        hints = tool.annotations
        assert hints is not None
        flags = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert None not in flags, tool.name
        assert tool.input_schema["additionalProperties"] is False
        assert not {"anyOf", "oneOf", "allOf"} & set(tool.input_schema)


@behaviour("list.no_reads_in_writes")
def test_a_tool_reads_or_writes_and_says_which() -> None:
    for tool in CATALOG:
        assert tool.effect is Effect.READ or tool.group != "read", tool.name
        assert tool.effect is not Effect.READ or tool.group in ("read", "saga", "workflow"), tool.name
        assert bool(tool.annotations.read_only_hint) == (tool.effect is Effect.READ)
        assert bool(tool.annotations.destructive_hint) == (tool.effect in (Effect.CHANGE, Effect.DELETE))


def poison(sandbox: Sandbox) -> None:
    for n, text in enumerate(HOSTILE):
        builder = lab(sandbox, name=text, base_id=f"appHostile{n:07d}")
        made = builder.table(text, c.line(text), c.one_of(f"{text} option", *HOSTILE))
        builder.connect()
        fill(made, {text: text, f"{text} option": text})


@behaviour("list.data_free")
async def test_nothing_a_base_holds_becomes_part_of_a_definition(studio: World) -> None:
    before = await listing(studio), studio.client.instructions, await listed(studio)
    poison(studio.sandbox)
    await studio.call("list_bases")
    for n in range(len(HOSTILE)):
        base = f"appHostile{n:07d}"
        await studio.call("describe_base", base=base, detail="full")
        await studio.call("find_records", base=base, table=HOSTILE[n])
    assert (await listing(studio), studio.client.instructions, await listed(studio)) == before


async def listed(world: World) -> Mapping[str, object]:
    resources = (await world.client.list_resources()).resources
    templates = (await world.client.list_resource_templates()).resource_templates
    prompts = (await world.client.list_prompts()).prompts
    return {
        "resources": [one.model_dump(mode="json") for one in resources],
        "templates": [one.model_dump(mode="json") for one in templates],
        "prompts": [one.model_dump(mode="json") for one in prompts],
    }


@behaviour("list.instructions")
async def test_the_instructions_fit_every_client_and_arrive_in_both_eras(world: World) -> None:
    assert world.client.instructions == INSTRUCTIONS
    assert len(INSTRUCTIONS) <= 2_048
    for tool in ("dry_run", "cursor", "new_options"):
        assert tool in INSTRUCTIONS


@behaviour("policy.read_only")
async def test_a_read_only_server_lists_and_runs_only_what_reads() -> None:
    async with open_world(settings=Settings(read_only=True)) as world:
        assert [tool.name for tool in (await world.client.list_tools()).tools] == READS
        for tool in CATALOG:
            if tool.name in READS:
                continue
            reply = await world.call(
                tool.name, base="Studio", table="Tasks", ids=["x"], records=[{"Name": "x"}]
            )
            assert reply.code == "not_allowed", tool.name
            assert "read_only" in reply.text
        assert world.requests == []


@behaviour("policy.toolsets")
@pytest.mark.parametrize("group", ["read", "write", "schema"])
async def test_only_the_toolsets_that_are_on_are_listed_and_run(group: str) -> None:
    async with open_world(settings=Settings.model_validate({"toolsets": [group]})) as world:
        names = [tool.name for tool in (await world.client.list_tools()).tools]
        assert names == [tool.name for tool in CATALOG if tool.group == group]
        for tool in CATALOG:
            if tool.group != group:
                reply = await world.call(tool.name)
                assert reply.code == "not_allowed", tool.name
                assert f"'{tool.group}'" in reply.text
                assert "toolsets" in reply.text
        templates = (await world.client.list_resource_templates()).resource_templates
        assert bool(templates) == (group == "read")
        assert world.requests == []


@behaviour("tool.unknown")
@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("find_record", "find_records"),
        ("list_base", "list_bases"),
        ("deleterecords", "delete_records"),
        ("query", "list_bases"),
        ("", "list_bases"),
        ("\u202eevil" * 50, "list_bases"),
    ],
)
async def test_an_unknown_tool_is_refused_with_the_closest_names(world: World, name: str, near: str) -> None:
    reply = await world.call(name)
    assert reply.code == "unknown_tool"
    assert near in reply.candidates
    assert "\u202e" not in reply.text
    assert world.requests == []
