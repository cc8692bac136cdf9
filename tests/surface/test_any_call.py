"""Every tool, called with anything: a result or a declared refusal, and never an accident."""

import logging
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyairtable_mcp.base.errors import error_classes
from pyairtable_mcp.base.policy import Effect
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import tokens
from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.behaviours import behaviour
from tests.support.fuzz import arguments, sensible
from tests.support.held import held
from tests.support.inside import writes
from tests.support.world import World, open_world

DECLARED = {one.code for one in error_classes()} - {"internal", "refused", "upstream"}
EXAMPLES = settings().max_examples * 2 // 5
shared_world = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture
async def restricted() -> AsyncIterator[World]:
    async with held(open_world(settings=Settings(read_only=True))) as opened:
        yield opened


@behaviour("any.declared")
@pytest.mark.parametrize("tool", [spec.name for spec in CATALOG])
@shared_world
@given(data=st.data())
async def test_any_call_ends_in_a_result_or_a_declared_error(
    studio: World, caplog: pytest.LogCaptureFixture, tool: str, data: st.DataObject
) -> None:
    caplog.set_level(logging.ERROR)
    caplog.clear()
    given_arguments = data.draw(arguments(tool))
    reply = await studio.call(tool, **given_arguments)
    assert (reply.code in DECLARED) if reply.is_error else not reply.code, reply.text
    assert not caplog.records, "what is refused is no fault of the server"
    assert reply.text
    assert tokens(reply.text) <= 22_000
    assert "\u202e" not in reply.text


@behaviour("any.sensible")
async def test_the_sensible_call_of_every_tool_succeeds(world: World) -> None:
    for spec in CATALOG:
        if spec.name in ("attach_file", "update_schema", "create_fields") or "saga" in spec.args.model_fields:
            continue
        reply = await world.call(spec.name, **sensible(spec.name))
        assert not reply.is_error, (spec.name, reply.text)


@behaviour("any.dry_run")
@pytest.mark.parametrize("tool", [spec.name for spec in CATALOG if spec.effect is not Effect.READ])
@shared_world
@given(data=st.data())
async def test_no_dry_run_ever_writes(studio: World, tool: str, data: st.DataObject) -> None:
    studio.requests.clear()
    await studio.call(tool, **{**data.draw(arguments(tool)), "dry_run": True})
    assert writes(studio.requests) == []


@behaviour("any.read_only")
@shared_world
@given(data=st.data())
async def test_no_arguments_talk_a_read_only_server_into_a_write(
    restricted: World, data: st.DataObject
) -> None:
    tool = data.draw(st.sampled_from([spec.name for spec in CATALOG]))
    reply = await restricted.call(tool, **data.draw(arguments(tool)))
    reads = next(spec for spec in CATALOG if spec.name == tool).effect is Effect.READ
    assert reads or reply.code == "not_allowed"
    assert writes(restricted.requests) == []
