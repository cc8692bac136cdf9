"""What of Airtable somebody may see; everything else is as if it were not there.

Lists are shortened, and every request is looked at once more before it leaves: whatever names a base or a
table that is out of sight, by whichever way it came, is refused as Airtable refuses what does not exist.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.metadata import read_bases, read_schema
from pyairtable_mcp.airtable.models import Base, BaseSchema
from pyairtable_mcp.airtable.wire import hidden
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.policy import Named

Sees = Callable[[Named, Named | None], bool]
"""Tells whether a base, or a table of it, may be known of."""

_FRESH: Final = 10.0
"""Seconds for which a list that lacks an id is believed."""


class Sight:
    """Remembers the names of what was listed, because what may be seen is told by them."""

    def __init__(self, sees: Sees, clock: Clock) -> None:
        self._sees = sees
        self._clock = clock
        self._bases: dict[str, str] = {}
        self._tables: dict[str, dict[str, str]] = {}
        self._read: dict[str, float] = {}

    def bases(self, found: Sequence[Base]) -> tuple[Base, ...]:
        """Return those of all bases that may be seen."""
        self._bases = {one.id: one.name for one in found}
        self._read[""] = self._clock.monotonic()
        return tuple(one for one in found if self._sees(Named(id=one.id, name=one.name), None))

    def schema(self, found: BaseSchema) -> BaseSchema:
        """Return a schema with those tables that may be seen."""
        self._tables[found.id] = {one.id: one.name for one in found.tables}
        self._read[found.id] = self._clock.monotonic()
        tables = tuple(one for one in found.tables if self._shows(found.id, one.id))
        return found.model_copy(update={"tables": tables})

    def knows(self, base: str) -> bool:
        """Tell whether a base is in sight, as far as that is known without asking."""
        name = self._bases.get(base)
        return name is not None and self._sees(Named(id=base, name=name), None)

    async def admit(self, channel: Channel, ask: Ask[Any]) -> None:
        """Raise `Forbidden` when a request is about something out of sight."""
        match tuple(ask.segments):
            case ("meta", "whoami"):
                return
            case ("meta", "bases"):
                allowed = ask.method == "GET"
            case ("meta", "bases", base, "tables") if ask.method == "POST":
                allowed = await self._shows_base(channel, base) and self._shows_new(base, ask.body)
            case ("meta", "bases", base, "tables", table):
                allowed = await self._shows_table(channel, base, table)
                # It must not leave what is seen, nor may Airtable tell whether another one has the name.
                allowed = allowed and self._shows_new(base, ask.body, table)
            case ("meta", "bases", base, "tables", table, *_):
                allowed = await self._shows_table(channel, base, table)
            case ("meta", "bases", base, *_) | ("bases", base, "webhooks", *_):
                allowed = await self._shows_base(channel, base)
            case (base, record, _, "uploadAttachment") if ask.content and is_id(record, "rec"):
                allowed = await self._shows_base(channel, base)
            case (base, table, *_):
                allowed = await self._shows_table(channel, base, table)
            case _:
                allowed = False
        if not allowed:
            raise hidden()

    async def _shows_base(self, channel: Channel, base: str) -> bool:
        if base not in self._bases and self._old(""):
            self.bases(await read_bases(channel.aside()))
        return self.knows(base)

    async def _shows_table(self, channel: Channel, base: str, table: str) -> bool:
        if not await self._shows_base(channel, base):
            return False
        if table not in self._tables.get(base, {}) and self._old(base):
            self.schema(await read_schema(channel.aside(), base))
        return self._shows(base, table)

    def _shows(self, base: str, table: str) -> bool:
        name = self._tables.get(base, {}).get(table)
        known = Named(id=base, name=self._bases.get(base, ""))
        return name is not None and self._sees(known, Named(id=table, name=name))

    def _shows_new(self, base: str, body: JsonValue, table: str = "") -> bool:
        """Tell whether a table could be seen once it is created, or has the name that it is to get."""
        kept = self._tables.get(base, {}).get(table, "")
        name = body.get("name", kept) if isinstance(body, dict) else kept
        known = Named(id=base, name=self._bases.get(base, ""))
        return self._sees(known, Named(id=table, name=str(name)))

    def _old(self, base: str) -> bool:
        read = self._read.get(base)
        return read is None or self._clock.monotonic() - read >= _FRESH
