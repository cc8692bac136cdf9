"""A sandbox in a process of its own that keeps a file: killed while written to, started again."""

import asyncio
import itertools
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx2

EMPTY = "appEmpty000000001"
KILLS = 4
WRITERS = 3
TOKEN = "patKept"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@asynccontextmanager
async def serving(file: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient]]:
    arguments = ("--file", str(file), "--seed", "empty", "--rate", "0", "--token", TOKEN)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pyairtable_mcp", "sandbox", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = json.loads(await process.stdout.readline())["url"]
        async with httpx2.AsyncClient(base_url=url, headers=HEADERS, timeout=30) as client:
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def write_until_killed(
    client: httpx2.AsyncClient, numbers: Iterator[int], sent: set[str], told: set[str], enough: asyncio.Event
) -> None:
    """Create ten records at a time under a name of their own, until the connection breaks."""
    while True:
        name = f"batch {next(numbers)}"
        sent.add(name)
        body = {"records": [{"fields": {"Name": name}} for _ in range(10)]}
        try:
            answer = await client.post(f"/v0/{EMPTY}/Notes", json=body)
        except httpx2.TransportError:
            return
        assert answer.status_code == 200
        told.add(name)
        if len(told) % 10 == 0:
            enough.set()


async def everything(client: httpx2.AsyncClient) -> Counter[str]:
    names: Counter[str] = Counter()
    offset = ""
    while True:
        answer = (await client.get(f"/v0/{EMPTY}/Notes", params={"offset": offset} if offset else {})).json()
        names.update(each["fields"]["Name"] for each in answer["records"])
        offset = answer.get("offset", "")
        if not offset:
            return names


async def test_killed_at_any_moment_it_has_every_write_it_told_of_and_no_half_of_another(
    tmp_path: Path,
) -> None:
    file, numbers, rng = tmp_path / "kept.db", itertools.count(), Random(4)
    sent: set[str] = set()
    told: set[str] = set()
    async with serving(file) as (_, client):
        table = {"name": "Notes", "fields": [{"name": "Name", "type": "singleLineText"}]}
        assert (await client.post(f"/v0/meta/bases/{EMPTY}/tables", json=table)).status_code == 200
    for times_killed in range(KILLS + 1):
        async with serving(file) as (process, client):
            found = await everything(client)
            assert told <= set(found) <= sent
            assert set(found.values()) <= {10}
            if times_killed == KILLS:
                break
            enough = asyncio.Event()
            async with asyncio.TaskGroup() as writers:
                for _ in range(WRITERS):
                    writers.create_task(write_until_killed(client, numbers, sent, told, enough))
                await enough.wait()
                for _ in range(rng.randrange(8)):
                    await asyncio.sleep(0)
                process.kill()
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert len(told) >= KILLS * 10
