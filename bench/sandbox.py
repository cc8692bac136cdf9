"""How fast the served sandbox is, over HTTP, in a process of its own: `python -m bench.sandbox`.

Small reads go over eight connections at once; pages of a table of 100,000 records, and writes beside it, one
after another over one connection.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bench.figures import Figure, show
from bench.load import Load, processor_seconds, request, send

TOKEN: Final = "patBench"
CONNECTIONS: Final = 8
READS: Final = 4_000
ORDERS: Final = 100_000
ONCE: Final = 40
SLOW: Final = 3
STUDIO: Final = "/v0/appStudio00000001"
TABLE: Final = "/v0/appWarehouse00001/Orders"


class Served:
    """A sandbox in a process of its own."""

    def __init__(self, port: int, process: int, started: float) -> None:
        self.port = port
        self.process = process
        self.started = started

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of one answer."""
        _, answer = await send(self.port, [_request(method, path, body)])
        return json.loads(answer)

    async def median(self, path: str, times: int = ONCE) -> float:
        """Return the median milliseconds of a read."""
        load, _ = await send(self.port, [_request("GET", path)] * times)
        return _median(load)

    def megabytes(self) -> float | None:
        """Return the memory it has in use, None where the system does not tell."""
        status = Path(f"/proc/{self.process}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), None)


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[Served]:
    """Serve without a rate until the block ends."""
    start = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pyairtable_mcp", "sandbox", "--rate", "0", "--token", TOKEN, *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = json.loads(await process.stdout.readline())
        yield Served(int(line["url"].rpartition(":")[2]), process.pid, time.perf_counter() - start)
    finally:
        process.terminate()
        await process.wait()


def _request(method: str, path: str, body: object = None) -> bytes:
    return request(method, path, TOKEN, b"" if body is None else json.dumps(body).encode())


def _median(load: Load) -> float:
    return statistics.median(load.seconds) * 1000


async def small_reads() -> Sequence[Figure]:
    """Measure requests a second."""
    figures = []
    async with serving() as served:
        first = (await served.ask("GET", f"{STUDIO}/Clients?pageSize=1"))["records"][0]["id"]
        for what, path, bar in (
            ("who am I", "/v0/meta/whoami", None),
            ("one record", f"{STUDIO}/Clients/{first}", 1000 / 1500),
            ("a page of one record", f"{STUDIO}/Clients?pageSize=1", 1000 / 1500),
        ):
            queue = [_request("GET", path)] * (READS // CONNECTIONS)
            used = processor_seconds(served.process)
            load, _ = await send(served.port, *[queue] * CONNECTIONS)
            told = f"{what}: {load.rate:,.0f} a second, one every"
            figures.append(Figure(told, 1000 / load.rate, "ms", bar))
            if used is not None and (now := processor_seconds(served.process)):
                figures.append(Figure(f"{what}: of the processor", (now - used) * 1000 / READS, "ms"))
    return figures


async def pages() -> Sequence[Figure]:
    """Measure pages of 100 records of a large table."""
    async with serving("--seed", "none", "--records", str(ORDERS)) as served:
        offset = str((await served.ask("GET", TABLE))["offset"]).partition("/")[0]
        middle = f"{TABLE}?offset={offset}/{ORDERS // 2}"
        chosen = f"{TABLE}?filterByFormula=" + quote('AND({Status} = "Shipped", {Quantity} > 20)')
        ordered = f"{TABLE}?sort[0][field]=Placed"
        figures = [
            Figure(f"started with {ORDERS:,} records after", served.started, "s", 10.0),
            Figure("the first page", await served.median(TABLE), "ms", 15.0),
            Figure("a page in the middle", await served.median(middle), "ms", 15.0),
            Figure("the first page of a filter", await served.median(chosen, SLOW), "ms"),
            Figure("the first page of an order", await served.median(ordered, SLOW), "ms"),
        ]
        if megabytes := served.megabytes():
            figures.append(Figure("memory in use", megabytes, "MB"))
    return figures


async def writes() -> Sequence[Figure]:
    """Measure single writes, into a small table and a large one, without a file and with one."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kept.db"
        for what, arguments in (
            ("in memory, 100 records", ("--records", "100")),
            (f"in memory, {ORDERS:,} records", ("--records", str(ORDERS))),
            (f"in a file, {ORDERS:,} records", ("--records", str(ORDERS), "--file", str(file))),
        ):
            async with serving("--seed", "none", *arguments) as served:
                figures += await _written(served, what)
        figures.append(Figure("the file", file.stat().st_size / 1024**2, "MB"))
        async with serving("--file", str(file)) as served:
            figures.append(Figure("started from that file after", served.started, "s", 10.0))
    return figures


async def _written(served: Served, what: str) -> Sequence[Figure]:
    made = [_request("POST", TABLE, {"fields": {"Number": f"N-{place}"}}) for place in range(ONCE)]
    load, body = await send(served.port, made)
    path = f"{TABLE}/{json.loads(body)['id']}"
    changed = [_request("PATCH", path, {"fields": {"Quantity": place}}) for place in range(ONCE)]
    return [
        Figure(f"create one record, {what}", _median(load), "ms"),
        Figure(f"change one record, {what}", _median((await send(served.port, changed))[0]), "ms"),
    ]


def main() -> None:
    """Measure and print everything."""
    missed = show(f"Small reads over {CONNECTIONS} connections", asyncio.run(small_reads()))
    missed += show(f"Pages of a table of {ORDERS:,} records", asyncio.run(pages()))
    missed += show("Writes", asyncio.run(writes()))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
