"""Bodies that went wrong on their way: refused, one by one, by a server that stays as it was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import repeat

import httpx2
import pytest

from tests.support.behaviours import behaviour
from tests.support.mutations import MODERN_META
from tests.transport.http.hostile import Caller, bombard, older
from tests.transport.http.serving import built, served, servers

ADA = {"authorization": "Bearer ada"}
AT_ONCE = 8
COUNT = 125


@asynccontextmanager
async def calling(*, modern: bool) -> AsyncIterator[list[Caller]]:
    async with (
        servers() as open_server,
        served(built(open_server)) as address,
        httpx2.AsyncClient() as http,
    ):
        url = f"{address}/mcp"
        if modern:
            yield list(repeat(Caller(http, url, ADA, modern=True), AT_ONCE))
        else:
            yield [await older(http, url, ADA) for _ in range(AT_ONCE)]


async def alive(caller: Caller) -> bool:
    params: dict[str, object] = {"name": "list_bases", "arguments": {}}
    meta = {"_meta": MODERN_META} if caller.modern else {}
    message = {"jsonrpc": "2.0", "id": "alive", "method": "tools/call", "params": {**params, **meta}}
    return "Studio" in str(await caller.ask(message))


@behaviour("http.hostile")
@pytest.mark.parametrize("modern", [True, False])
async def test_no_body_is_a_fault_of_the_server_and_none_leaves_anything_behind(modern: bool) -> None:
    async with calling(modern=modern) as callers:
        # What the first of them begin once and for all, such as the worker for sagas, is no leak.
        first = await bombard(callers, COUNT, seed=7)
        before = len(asyncio.all_tasks())
        second = await bombard(callers, COUNT, seed=8)
        assert all([await alive(caller) for caller in callers])
        # The last answers' tasks may still be about to end.
        assert len(asyncio.all_tasks()) < before + AT_ONCE
    assert first.wrong + second.wrong == []
    assert first.statuses[200] + second.statuses[200] > COUNT / 5
