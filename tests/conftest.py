"""Fixtures that every folder shares."""

import gc
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.held import held
from tests.support.world import Era, World, open_world

pytest_plugins = ["pyairtable_mcp.sandbox.pytest_plugin"]

# Time limits per example only measure how busy the machine is. `--hypothesis-profile thorough` looks longer.
settings.register_profile("usual", deadline=None)
settings.register_profile(
    "thorough", deadline=None, max_examples=1_250, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usual")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "behaviour(id, ...): proves these behaviours of tests/behaviours.toml")


def pytest_collection_finish() -> None:
    """Keep the collector from going through all modules and tests again for every studio that is made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(params=["auto", "legacy"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world over the studio base, once for each protocol era."""
    era: Era = request.param
    async with held(open_world(era=era)) as opened:
        yield opened


@pytest.fixture
async def studio() -> AsyncIterator[World]:
    """A world over the studio base, in the newest protocol era."""
    async with held(open_world()) as opened:
        yield opened
