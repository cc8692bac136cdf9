"""What the tests of the use cases share."""

from collections.abc import AsyncIterator

import pytest

from tests.support.held import held
from tests.support.judging import build_lab
from tests.support.world import World, open_world


@pytest.fixture
async def bench() -> AsyncIterator[World]:
    async with held(open_world(seed="empty")) as opened:
        build_lab(opened)
        yield opened
