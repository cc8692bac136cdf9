"""What the commands `audit …` do, straight in the store."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import counted
from pyairtable_mcp.console.codes import DONE, NOT_DONE
from pyairtable_mcp.console.showing import console, moment, plain
from pyairtable_mcp.engine.launching import store_place
from pyairtable_mcp.store.audit import Audit
from pyairtable_mcp.store.store import open_store

_HEAD: Final = re.compile(r"([1-9][0-9]*):([0-9a-f]{64})")


@asynccontextmanager
async def _audit(settings: Settings) -> AsyncIterator[Audit]:
    with store_place(settings, temporary=False) as place:
        async with open_store(place(), SystemClock()) as store:
            yield store.audit


async def shown(settings: Settings, *, principal: str, tool: str, limit: int) -> int:
    """Print rows as a table, the youngest first."""
    async with _audit(settings) as audit:
        links = await audit.read(principal=principal, tool=tool, limit=limit, newest=True)
    if not links:
        console().print("Nothing is noted.")
        return DONE
    zone = ZoneInfo(settings.time_zone)
    table = Table("", "when", "who", "by", "what", "effect", "target", "saga", "outcome", "ms", box=None)
    for link in links:
        row = link.row
        when = moment(datetime.fromtimestamp(row.at, UTC), zone)
        words = (row.principal, row.client, row.tool, row.effect, row.target, row.saga, row.outcome)
        table.add_row(str(link.number), when, *map(plain, words), str(row.ms))
    console().print(table)
    return DONE


async def exported(settings: Settings, after: int) -> int:
    """Print every row as a line of JSON."""
    async with _audit(settings) as audit:
        while page := await audit.read(after=after):
            for link in page:
                told = {"number": link.number, **asdict(link.row), "digest": link.digest}
                click.echo(json.dumps(told))
            after = page[-1].number
    return DONE


async def verified(settings: Settings, head: str) -> int:
    """Check the whole chain, and that it goes through a place that was noted before."""
    noted = _HEAD.fullmatch(head)
    if head and noted is None:
        raise BadValue("--head takes NUMBER:HASH, as an earlier check printed it.")
    async with _audit(settings) as audit:
        verdict = await audit.verify()
        held = noted is None or await _goes_through(audit, int(noted[1]), noted[2])
    if verdict.broken_at:
        click.echo(f"Row {verdict.broken_at} is not as it was written, or is not there.", err=True)
        return NOT_DONE
    if not held:
        click.echo(f"Row {head.partition(':')[0]} is another one than was noted.", err=True)
        return NOT_DONE
    click.echo(f"{verdict.head.number}:{verdict.head.digest}")
    click.echo(f"{counted(verdict.rows, 'row')}, each as it was written.", err=True)
    return DONE


async def _goes_through(audit: Audit, number: int, digest: str) -> bool:
    return [link.digest for link in await audit.read(after=number - 1, limit=1)] == [digest]
