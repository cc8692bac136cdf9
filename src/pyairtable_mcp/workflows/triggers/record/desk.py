"""What both ways of learning of changes share: the means, and how changes become runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.engine.standing import NewCall
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.workflows.triggers.record.cells import is_empty
from pyairtable_mcp.workflows.triggers.record.events import (
    SKEW,
    Change,
    Pending,
    Written,
    events,
    may_be_ours,
)
from pyairtable_mcp.workflows.triggers.record.watch import Cells, Watch
from pyairtable_mcp.workflows.triggers.turn import Firing, Turn

SOON: Final = 0.5
"""Seconds until the next look when a write of ours has to be answered first."""
_PATIENCE: Final = 60.0
"""Seconds that a change waits for the outcome of a write that it may be."""


class Later(Exception):
    """The changes cannot be judged yet: one may be what a write does that was not answered."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a look at records needs.

    `new_call` gives what somebody, by the principal and what they were let in with, asks Airtable with.
    `public_url` is where Airtable reaches this server, "" for nowhere. If it is not for `everybody`, only
    what the operator has saved is looked at.
    """

    store: Store
    new_call: NewCall
    clock: Clock
    public_url: str = ""
    everybody: bool = True

    def now(self) -> float:
        """Return the time people see, in seconds since 1970."""
        return self.clock.now().timestamp()

    async def firings(self, turn: Turn, watch: Watch, changes: Sequence[Change]) -> list[Firing]:
        """Return the runs that changes want, in their order; raises `Later`."""
        changes = [each for each in changes if each.what in watch.events]
        written = [] if watch.own_changes or not changes else await self._written(watch, changes)
        found = events(turn.row.id, watch, changes, written, self.clock.now())
        return [turn.firing("record", one.key, one.value) for one in found]

    async def _written(self, watch: Watch, changes: Sequence[Change]) -> list[Written]:
        now = self.now()
        # Asked for first: what is answered in between is then among what was written.
        left = await self.store.own_writes.pending(watch.table.id, since=now - _PATIENCE - SKEW)
        pending = [_pending(each) for each in left]
        if any(each.until > now - _PATIENCE and may_be_ours(each, pending) for each in changes):
            raise Later
        records = {each.record for each in changes}
        rows = await self.store.own_writes.of(records, since=min(each.since for each in changes) - SKEW)
        return [Written(record=row.record, kind=_kind(row.write), cells=row.cells, at=row.at) for row in rows]

    async def names(self, call: Call, watch: Watch, records: Sequence[Record]) -> Mapping[str, Cells]:
        """Return, by record, what Airtable shows for cells of links that formulas name; 100 a request."""
        asked = [one.id for one in records if any(not is_empty(one.fields.get(key)) for key in watch.links)]
        found: dict[str, Mapping[str, JsonValue]] = {}
        for start in range(0, len(asked), 100):
            query = Query(
                fields=watch.links,
                formula=record_id_filter(asked[start : start + 100]),
                cell_format="string",
                time_zone=call.settings.time_zone,
                user_locale=call.settings.locale,
            )
            page = await call.airtable.page(watch.base, watch.table.id, query, size=100)
            found |= {one.id: one.fields for one in page.records}
        return found


def _kind(write: JsonValue) -> str:
    return str(write.get("kind", "")) if isinstance(write, dict) else ""


def _pending(write: JsonValue) -> Pending:
    items = write.get("items") if isinstance(write, dict) else None
    ids = [one.get("id") for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return Pending(kind=_kind(write), records=frozenset(str(one) for one in ids if one))
