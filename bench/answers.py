"""What answers cost in a model's context: exact o200k tokens of the texts a client receives."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Final

from mcp import Client
from mcp.types import TextContent
from rs_bpe.bpe import openai

from bench.figures import Figure
from bench.wide import NAME, add_wide_base
from bench.wire import start
from pyairtable_mcp.app import InProcess, running
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import tokens as estimate
from pyairtable_mcp.sandbox import Sandbox

_O200K: Final = openai.o200k_base()
STUDIO: Final[dict[str, object]] = {"base": "Studio", "table": "Tasks"}
BY_FILTER: Final[dict[str, object]] = {
    **STUDIO,
    "where": [{"field": "Status", "op": "=", "value": "In Review"}],
    "set": {"Status": "Done"},
}


def exact(text: str) -> int:
    """Return the o200k tokens of a text."""
    return int(_O200K.count(text))


async def answer_figures() -> list[Figure]:
    """Measure every answer that has a bar."""
    async with _client() as client:
        rows = await _text(client, "find_records", {**STUDIO, "limit": 20})
        one = await _text(client, "describe_base", STUDIO)
        wide = await _text(client, "describe_base", {"base": NAME})
        change = await _exchange(client, {**BY_FILTER, "dry_run": True}) + await _exchange(client, BY_FILTER)
    return [
        *_listing(),
        Figure("find_records: 20 records of 14 fields", exact(rows), "tokens", 2_400),
        Figure("describe_base: one table of 14 fields", exact(one), "tokens", 300),
        Figure(f"describe_base: 30 tables of 30 fields{_fields_told(wide)}", exact(wide), "tokens", 5_000),
        Figure("update_records: 89 by filter, dry run and run, calls and answers", change, "tokens", 600),
        Figure(
            "the server's own estimate / the exact count, over these texts", _bias(rows, one, wide), "times"
        ),
    ]


def _listing() -> Iterator[Figure]:
    """Measure what every conversation pays, from the bytes that leave the process."""
    with start("ours") as server:
        hello = server.initialize()
        told = server.ask("tools/list", {})
    tools = told["result"]["tools"]
    listing = [json.dumps(tool, ensure_ascii=False, separators=(",", ":")) for tool in tools]
    yield Figure("tools/list: tools", len(tools), "", 24)
    yield Figure("tools/list: the JSON of all tools", exact("[" + ",".join(listing) + "]"), "tokens", 4_000)
    yield Figure("tools/list: the largest tool", max(exact(tool) for tool in listing), "tokens", 600)
    yield Figure("instructions", exact(hello["result"]["instructions"]), "tokens")
    yield Figure("instructions", len(hello["result"]["instructions"]), "chars", 2_048)


def _fields_told(text: str) -> str:
    """Say how many of the 900 fields the description names: small by leaving out would be no merit."""
    told = sum(not line.startswith("#") for line in text.splitlines()[2:-1])
    return "" if told == 900 else f" (tells {told} of 900)"


def _bias(*texts: str) -> float:
    return sum(map(estimate, texts)) / sum(map(exact, texts))


@asynccontextmanager
async def _client() -> AsyncIterator[Client]:
    clock = ManualClock()
    sandbox = Sandbox("studio", clock=clock, rng=Random(7), rate=0)
    add_wide_base(sandbox.workspace)
    inside = InProcess(sandbox.app, next(iter(sandbox.tokens)))
    async with (
        running(Settings(), clock=clock, rng=Random(7), sandbox=inside) as app,
        Client(app.server) as client,
    ):
        yield client


async def _text(client: Client, tool: str, arguments: dict[str, object]) -> str:
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if result.is_error:
        raise RuntimeError(f"{tool} was refused: {text}")
    return text


async def _exchange(client: Client, arguments: dict[str, object]) -> int:
    """Return the tokens of a call and its answer."""
    called = json.dumps(arguments, ensure_ascii=False)
    text = await _text(client, "update_records", arguments)
    if "89 records" not in text:
        raise RuntimeError(f"The filter was meant to find 89 records: {text}")
    return exact(called) + exact(text)
