"""Workflows as resources and as tools of their own."""

from pathlib import Path

import pytest
from mcp import MCPError
from mcp.types import ResourceTemplateReference, TextResourceContents
from pydantic import SecretStr

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.settings import Settings, WorkflowSettings
from pyairtable_mcp.workflows.tools.publishing import published
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.world import World, open_world
from tests.workflows.flows import BY_CLOCK, TOUR, begun, names, rests, saved


async def read(world: World, uri: str) -> str:
    (content,) = (await world.client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


@behaviour("workflow.resources")
async def test_workflows_are_resources_with_their_names_completed(world: World) -> None:
    await saved(world, TOUR)
    await saved(world, rests("tours-end"))
    saga = await begun(world, "city-tour", inputs={"city": "Rome"})
    assert "2 workflows." in await read(world, "airtable://workflows")
    assert saga in await read(world, "airtable://workflows/city-tour")
    with pytest.raises(MCPError, match="city-tour"):
        await read(world, "airtable://workflows/city-tours")
    found = await world.client.complete(
        ResourceTemplateReference(type="ref/resource", uri="airtable://workflows/{workflow}"),
        {"name": "workflow", "value": "tour"},
    )
    assert found.completion.values == ["tours-end", "city-tour"]


@behaviour("workflow.tools")
async def test_each_workflow_can_be_a_tool_of_its_own_with_its_typed_inputs(tmp_path: Path) -> None:
    place = SecretStr(str(tmp_path / "store.db"))
    async with held(open_world(settings=Settings(store=place))) as world:
        await saved(world, TOUR)
        await saved(world, rests("off-duty"))
        await saved(world, {**rests("by-clock"), "on": BY_CLOCK})
        await world.call("save_workflow", workflow="off-duty", enabled=False)
    offered = Settings(store=place, workflows=WorkflowSettings(publish_as_tools=True))
    lists = []
    for _ in range(2):
        async with held(open_world(settings=offered)) as world:
            tools = (await world.client.list_tools()).tools
            lists.append([tool.model_dump_json() for tool in tools])
            own = [tool for tool in tools if tool.name.startswith("workflow_")]
            assert [tool.name for tool in own] == ["workflow_city-tour"]
            assert own[0].description == "Adds a guide of a city and rates them"
            assert own[0].input_schema["required"] == ["city"]
            assert own[0].input_schema["properties"]["rating"]["type"] == "number"
            refused = await world.call("workflow_city-tour", town="Lima")
            assert (refused.code, refused.candidates) == ("invalid_arguments", ("city", "rating"))
    assert lists[0] == lists[1]
    async with held(open_world(settings=offered)) as world:
        ran = await world.call("workflow_city-tour", city="Lima", rating="2")
        assert "run of workflow 'city-tour'" in ran.text
        assert "Guide of Lima" in names(world)


async def test_without_its_store_a_server_that_publishes_workflows_says_why_it_cannot_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "store.db").write_text("no database at all, but long enough to be looked at as one")
    with pytest.raises(NotConfigured, match="damaged"):
        await published(str(tmp_path / "store.db"), SystemClock())
