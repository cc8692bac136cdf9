"""The endpoint under load beside a bare SDK server on the same transport: `python -m bench.endpoint`.

Each is a process of its own, served alike; both are asked in turn for a text of the same length, which ours
has to work out (`check_formula`, whose schema is known: no request to Airtable) and the other has at hand.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from tests.support.mutations import MODERN_META
from tests.transport.http.serving import built, served, servers

from bench.figures import Figure, show
from bench.load import processor_seconds, request, send
from pyairtable_mcp.transport.http.serving import listening, server_of

WHICH: Final = ("bare", "ours")
ROUNDS: Final = 7
CALLS: Final = 60
CONNECTIONS: Final = 8
ADDED_BAR: Final = 2.0
_TOKEN: Final = "ada"


def bare() -> MCPServer:
    """Return the SDK's server with a tool that gives a text at once."""
    server = MCPServer("bare", log_level="WARNING")

    @server.tool(structured_output=False)
    async def read(size: int) -> str:
        """Return a text of that length."""
        return "x" * size

    return server


async def serve(which: str) -> None:
    """Serve one of them until the process is ended; the first line out is its address."""
    if which == "bare":
        known = TransportSecuritySettings(allowed_hosts=["localhost"])
        app = bare().streamable_http_app(stateless_http=True, transport_security=known)
        with listening("127.0.0.1", 0) as bound:
            print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
            await server_of(app).serve(sockets=[bound])
        return
    async with servers() as open_server, served(built(open_server)) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def process(which: str) -> AsyncIterator[tuple[int, int]]:
    """Start one of them, and give its port and its number."""
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.endpoint", "serve", which), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert made.stdout is not None
        yield int((await made.stdout.readline()).decode().rpartition(":")[2]), made.pid
    finally:
        made.kill()
        await made.wait()


def call(tool: str, arguments: Mapping[str, object]) -> bytes:
    """Return a call of the newest revision as it goes over the wire."""
    params = {"name": tool, "arguments": arguments, "_meta": MODERN_META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    return request("POST", "/mcp", _TOKEN, json.dumps(body).encode(), headers)


@dataclass
class Taken:
    """What the rounds of one server took: requests a second, seconds of each call, its processor's of all."""

    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    processor: float | None = 0.0

    def add(self, before: float | None, after: float | None) -> None:
        """Add the processor's time between two looks at it."""
        if before is None or after is None or self.processor is None:
            self.processor = None
        else:
            self.processor += after - before

    def at(self, percent: int) -> float:
        """Return the milliseconds within which so many of a hundred calls were answered."""
        return statistics.quantiles(self.seconds, n=100)[percent - 1] * 1_000

    @property
    def worked(self) -> float | None:
        """Return the milliseconds that a call kept the processor, None where the system does not tell."""
        return None if self.processor is None else self.processor * 1_000 / len(self.seconds)


async def measured() -> dict[tuple[str, int], Taken]:
    """Ask both in turn, over one connection and over several."""
    async with AsyncExitStack() as stack:
        started = {which: await stack.enter_async_context(process(which)) for which in WHICH}
        ports = {which: port for which, (port, _) in started.items()}
        ours = call("check_formula", {"base": "Studio", "table": "Tasks", "formula": "LEN({Name}) > 12"})
        _, body = await send(ports["ours"], [ours] * 2)
        size = len(json.loads(body)["result"]["content"][0]["text"])
        calls = {"bare": call("read", {"size": size}), "ours": ours}
        taken = {(which, wide): Taken() for wide in (1, CONNECTIONS) for which in WHICH}
        for turn in range(ROUNDS + 1):
            for (which, wide), found in taken.items():
                before = processor_seconds(started[which][1])
                load, _ = await send(ports[which], *[[calls[which]] * (CALLS // wide)] * wide)
                if turn:
                    after = processor_seconds(started[which][1])
                    found.rates.append(load.rate)
                    found.seconds += load.seconds
                    found.add(before, after)
    return taken


def figures(taken: Mapping[tuple[str, int], Taken], wide: int) -> Sequence[Figure]:
    """Return the figures of both over so many connections."""
    rows = []
    for which in WHICH:
        found = taken[which, wide]
        rate = statistics.median(found.rates)
        rows += [
            Figure(f"{which}: requests a second", rate, ""),
            Figure(f"{which}: half of the answers within", found.at(50), "ms"),
            Figure(f"{which}: 99 of 100 answers within", found.at(99), "ms"),
        ]
        if found.worked is not None:
            rows.append(Figure(f"{which}: of the processor for each", found.worked, "ms"))
    bare_took, our_took = taken["bare", wide].worked, taken["ours", wide].worked
    if bare_took is not None and our_took is not None:
        rows.append(Figure("ours keeps the processor longer by", our_took - bare_took, "ms", ADDED_BAR))
    return rows


def main() -> None:
    """Measure and print, or serve what is measured."""
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(sys.argv[2]))
        return
    taken = asyncio.run(measured())
    missed = show("A cached read over one connection", figures(taken, 1))
    missed += show(f"A cached read over {CONNECTIONS} connections", figures(taken, CONNECTIONS))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
