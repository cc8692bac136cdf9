"""A thousand records created, changed and taken back, against what is possible: `python -m bench.undoing`.

Over real sockets, with the real allowance of five requests a second and the default host. The least there can
be is a write for each ten records and, where the records have to be looked at first, a read for each hundred.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from random import Random
from time import perf_counter
from typing import Final

from mcp import Client
from tests.sandbox.serving import serving
from tests.support.inside import LAB, lab
from tests.support.world import reply

from bench.figures import Figure, show
from pyairtable_mcp.app import App, running
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.seeds import columns as c

RECORDS: Final = 1_000
RATE: Final = 5
REQUESTS_BAR: Final = 1.05
"""How many times the least requests a change may take."""
SECONDS_BAR: Final = 1.15
"""How many times the least seconds; connections and our own work are in it."""
WRITES: Final = RECORDS // 10
READS: Final = RECORDS // 100


class Meter:
    """Calls tools and measures what each call took."""

    def __init__(self, client: Client, sandbox: Sandbox) -> None:
        self.figures: list[Figure] = []
        self._client = client
        self._sandbox = sandbox

    async def call(self, what: str, reads: int, tool: str, **arguments: object) -> str:
        """Call a tool, note what it took against the least, and return the saga it names."""
        # Every call begins with the whole allowance.
        await asyncio.sleep(1.2)
        before, begun = len(self._sandbox.requests), perf_counter()
        answer = reply(await self._client.call_tool(tool, arguments))
        seconds = perf_counter() - begun
        assert not answer.is_error, answer.text
        new = self._sandbox.requests[before:]
        least = WRITES + reads
        self.figures += [
            Figure(f"{what}: requests (least {least})", len(new), "", None),
            Figure(f"{what}: times the least", len(new) / least, "", REQUESTS_BAR),
            Figure(f"{what}: seconds (least {least / RATE:g})", seconds, "s", None),
            Figure(f"{what}: times the least", seconds / (least / RATE), "", SECONDS_BAR),
            Figure(f"{what}: answers 429", sum(one.status == 429 for one in new), "", 0.0),
        ]
        found = re.search(r"\bsg[a-z0-9]{6}\b", answer.text)
        assert found, answer.text
        return found[0]


async def measured(app: App, sandbox: Sandbox) -> list[Figure]:
    """Create, take back, create anew, change, and take the change back."""
    rows: Sequence[object] = [{"Name": f"Thing {at}", "Number": at} for at in range(RECORDS)]
    where = {"base": LAB, "table": "Things"}
    async with Client(app.server) as client:
        # What is read once for all calls is read before.
        await client.call_tool("describe_base", {"base": LAB})
        meter = Meter(client, sandbox)
        made = await meter.call("create", 0, "create_records", **where, records=rows)
        undone = await meter.call("undo of create", READS, "undo_saga", saga=made)
        await meter.call("undo of that", 0, "undo_saga", saga=undone)
        changed = await meter.call(
            "update by formula", READS, "update_records", **where, formula="{Number} >= 0", set={"Number": -1}
        )
        await meter.call("undo of update", READS, "undo_saga", saga=changed)
        return meter.figures


async def run() -> int:
    """Measure and print; return how many figures missed their bar."""
    sandbox = Sandbox(
        "empty", clock=SystemClock(), rng=Random(1), rate=RATE, tokens=frozenset({DEFAULT_TOKEN})
    )
    builder = lab(sandbox)
    builder.table("Things", c.line("Name"), c.number("Number", 0), c.one_of("State", "Open", "Done"))
    builder.connect()
    with serving(sandbox) as announced, tempfile.TemporaryDirectory(prefix="undoing") as folder:
        settings = Settings.model_validate(
            {
                "airtable": {"api_key": DEFAULT_TOKEN, "endpoint_url": str(announced["url"])},
                "limits": {"write_records": RECORDS},
                "store": f"{folder}/store.db",
            }
        )
        async with running(settings) as app:
            figures = await measured(app, sandbox)
    return show(f"{RECORDS:,} records at {RATE} requests a second, over sockets, run by DBOS", figures)


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(run()) else 0)
