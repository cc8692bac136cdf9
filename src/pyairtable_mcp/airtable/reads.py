"""Readings shared by all who want the same: one request for them, or none where an older answer will do.

A reader who wants the truth of this moment (`max_age` 0) may still share: with everybody whose request has
not left yet. Only what was read for somebody content with an older answer is kept.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from pydantic import JsonValue

from pyairtable_mcp.airtable import metadata, records
from pyairtable_mcp.airtable.cache import Key, Shared
from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.gather import Gather, Lane
from pyairtable_mcp.airtable.models import Base, BaseSchema, Record
from pyairtable_mcp.airtable.records import PAGE, Page, Query
from pyairtable_mcp.base.clock import Clock

V = TypeVar("V")

SCHEMA_TTL: Final = 300.0
RECORDS_TTL: Final = 15.0
"""Seconds a record is remembered at most; the links to attachments in it live two hours (API reference)."""
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ENTRIES: Final = 4_096
_LEAST: Final = MAX_BYTES // MAX_ENTRIES

Load = Callable[[Channel], Awaitable[V]]


class Reads:
    """What the callers of one process read, each with a channel of their own."""

    def __init__(self, clock: Clock) -> None:
        self.bases: Shared[tuple[Base, ...]] = Shared(clock, ttl=SCHEMA_TTL)
        self.schemas: Shared[BaseSchema] = Shared(clock, ttl=SCHEMA_TTL)
        self.pages: Shared[Page] = Shared(clock, ttl=RECORDS_TTL, room=MAX_BYTES, weigh=_weight_of_page)
        self.records: Shared[Record | None] = Shared(
            clock, ttl=RECORDS_TTL, room=MAX_BYTES, weigh=_weight_of_record
        )
        self._lists: Gather[Load[tuple[Base, ...]], tuple[Base, ...]] = Gather(_run, most=PAGE, alike=True)
        self._tables: Gather[Load[BaseSchema], BaseSchema] = Gather(_run, most=PAGE, alike=True)
        self._pages: Gather[Load[Page], Page] = Gather(_run, most=PAGE, alike=True)
        self._gets: Gather[str, Record | None] = Gather(_get, most=PAGE, alike=True)

    async def list_bases(self, channel: Channel, *, fresh: bool) -> tuple[Base, ...]:
        """Read the list of bases."""
        join = partial(self._lists.join, channel, Lane(""), metadata.read_bases, name="bases")
        return await self.bases.get(Key(channel.principal), join, max_age=_age(fresh=fresh))

    async def schema(self, channel: Channel, base: str, *, fresh: bool) -> BaseSchema:
        """Read the schema of a base."""
        load = partial(metadata.read_schema, base=base)
        join = partial(self._tables.join, channel, Lane(base), load, name="schema")
        return await self.schemas.get(Key(channel.principal, base), join, max_age=_age(fresh=fresh))

    async def page(
        self,
        channel: Channel,
        base: str,
        table: str,
        query: Query,
        *,
        size: int,
        offset: str = "",
        max_age: float = 0.0,
    ) -> Page:
        """Read one page."""
        what = (query, size, offset)
        load = partial(records.read_page, base=base, table=table, query=query, size=size, offset=offset)
        join = partial(self._pages.join, channel, Lane(base, table, what), load, name="page")
        if max_age <= 0:
            return await join()
        key = Key(channel.principal, base, table, rest=what)
        return await self.pages.get(key, join, max_age=max_age)

    def all_pages(
        self, channel: Channel, base: str, table: str, query: Query, *, limit: int | None, max_age: float
    ) -> AsyncIterator[Page]:
        """Read page after page, `limit` records at most."""

        async def read(size: int, offset: str) -> Page:
            return await self.page(channel, base, table, query, size=size, offset=offset, max_age=max_age)

        return records.read_pages(read, limit=limit)

    async def by_id(
        self,
        channel: Channel,
        base: str,
        table: str,
        ids: Sequence[str],
        fields: tuple[str, ...],
        *,
        max_age: float = 0.0,
    ) -> dict[str, Record]:
        """Read the records of these ids; those without a record are absent."""
        wanted = tuple(dict.fromkeys(ids))
        if len(wanted) > 1 and max_age <= 0:
            return await records.read_by_id(channel, base, table, wanted, fields)
        if wanted:
            # An id that is none must not spoil the request of the others.
            record_id_filter(wanted)
        lane = Lane(base, table, fields)
        joins = [partial(self._gets.join, channel, lane, one, name=one) for one in wanted]
        if max_age <= 0:
            found = [await join() for join in joins]
        else:
            keys = [Key(channel.principal, base, table, one, fields) for one in wanted]
            gets = [
                self.records.get(key, join, max_age=max_age) for key, join in zip(keys, joins, strict=True)
            ]
            found = await asyncio.gather(*gets)
        return {record.id: record for record in found if record}

    def changed(self, base: str) -> None:
        """Forget the records of a base, because something in it was written.

        All of it: a cell of another table may be computed from what was written.
        """
        self.pages.invalidate(base)
        self.records.invalidate(base)


def _age(*, fresh: bool) -> float:
    return 0.0 if fresh else SCHEMA_TTL


async def _run(channel: Channel, _lane: Lane, loads: Sequence[Load[V]]) -> Sequence[V]:
    return [await load(channel) for load in loads]


async def _get(channel: Channel, lane: Lane, ids: Sequence[str]) -> Sequence[Record | None]:
    fields = lane.options if isinstance(lane.options, tuple) else ()
    found = await records.read_by_id(channel, lane.base, lane.table, ids, fields)
    return [found.get(one) for one in ids]


def _weight_of_page(page: Page) -> int:
    return max(_LEAST, sum(map(_weight_of, page.records)))


def _weight_of_record(record: Record | None) -> int:
    return max(_LEAST, _weight_of(record) if record else 0)


def _weight_of(record: Record) -> int:
    return sum(sys.getsizeof(key) + size_of(value) for key, value in record.fields.items())


def size_of(value: JsonValue) -> int:
    """Return about how many bytes of memory a cell takes."""
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(sys.getsizeof(key) + size_of(each) for key, each in value.items())
    if isinstance(value, list):
        return size + sum(map(size_of, value))
    return size
