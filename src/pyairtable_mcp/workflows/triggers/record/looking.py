"""Learning of changes by looking at a table now and then, where no notification can arrive.

The first look only remembers. Where every watched cell is one that people write, a later one reads what was
created or changed since, which Airtable dates itself; else it reads the table. A record that is missing is
asked for by its id before it counts as deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.formulas import all_of, any_of, moment, negate
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.record.events import Change
from pyairtable_mcp.workflows.triggers.record.pictures import Glance, Picture, compare, deleted, picture
from pyairtable_mcp.workflows.triggers.record.watch import Watch
from pyairtable_mcp.workflows.triggers.turn import Turn

WAY: Final = "look"
_OVERLAP: Final = timedelta(seconds=90)
"""By how much looks overlap: Airtable may date a change before one can see it."""


@dataclass(frozen=True, slots=True)
class Looking:
    """One look at a table."""

    desk: Desk
    call: Call
    turn: Turn
    watch: Watch

    async def tend(self) -> None:
        """Look, fire what changed, and remember; raises `Later` and what Airtable and the store raise."""
        state = self.turn.row.state if isinstance(self.turn.row.state, dict) else {}
        begun = self.desk.now()
        following: dict[str, JsonValue] = {
            "way": WAY, "at": begun, "since": self.call.airtable.earliest().isoformat(),
        }  # fmt: skip
        if state.get("way") == WAY:
            await self._again(state, begun)
        else:
            await self._first()
        await self.turn.end(following, due_at=self.turn.now + self.watch.poll_seconds)

    async def _first(self) -> None:
        async for page in self.call.airtable.records(self.watch.base, self.watch.table.id, Query()):
            names = await self.desk.names(self.call, self.watch, page.records)
            pictures: dict[str, JsonValue] = {
                one.id: dict(picture(self.watch, Glance(record=one, names=names.get(one.id, {}))))
                for one in page.records
            }
            await self.turn.commit(self.turn.row.state, pictures=pictures)

    async def _again(self, state: Mapping[str, JsonValue], now: float) -> None:
        before = state.get("at")
        since = float(before) if isinstance(before, int | float) else now
        whole = not self.watch.typed
        query = Query() if whole else Query(formula=self._since(str(state.get("since", ""))))
        seen: set[str] = set()
        async for page in self.call.airtable.records(self.watch.base, self.watch.table.id, query):
            seen.update(one.id for one in page.records)
            await self._compare(page.records, since, now)
        if "deleted" in self.watch.events:
            await self._missing(seen if whole else await self._ids(), since, now)

    async def _compare(self, records: Sequence[Record], since: float, now: float) -> None:
        known = await self._known([one.id for one in records])
        key = str(self.turn.row.epoch)
        unnamed = [Glance(record=one, names={}) for one in records]
        differing = {change.record for change, _ in compare(self.watch, known, unnamed, key, since, now)}
        found = [one for one in records if one.id in differing]
        names = await self.desk.names(self.call, self.watch, found)
        glances = [Glance(record=one, names=names.get(one.id, {})) for one in found]
        pairs = list(compare(self.watch, known, glances, key, since, now))
        await self._commit([change for change, _ in pairs], {each.record: dict(new) for each, new in pairs})

    async def _missing(self, seen: set[str], since: float, now: float) -> None:
        last = ""
        where = (self.turn.row.workflow, self.turn.row.id)
        while ids := await self.desk.store.pictures.records(*where, after=last):
            last = ids[-1]
            missing = [one for one in ids if one not in seen]
            there = await self.call.airtable.records_by_id(self.watch.base, self.watch.table.id, missing)
            gone = [one for one in missing if one not in there]
            known = await self._known(gone)
            key = str(self.turn.row.epoch)
            changes = [deleted(one, known[one], key, since, now) for one in gone if one in known]
            await self._commit(changes, dict.fromkeys(gone))

    async def _commit(self, changes: Sequence[Change], pictures: Mapping[str, JsonValue]) -> None:
        if changes:
            firings = await self.desk.firings(self.turn, self.watch, changes)
            await self.turn.commit(self.turn.row.state, firings, pictures=pictures)

    async def _known(self, records: Sequence[str]) -> Mapping[str, Picture]:
        found = await self.desk.store.pictures.of(self.turn.row.workflow, self.turn.row.id, records)
        return {key: one for key, one in found.items() if isinstance(one, Mapping)}

    async def _ids(self) -> set[str]:
        query = Query(fields=(self.watch.table.primary_field_id,))
        pages = self.call.airtable.records(self.watch.base, self.watch.table.id, query)
        return {one.id async for page in pages for one in page.records}

    def _since(self, text: str) -> str:
        return changed_between(self.watch, (datetime.fromisoformat(text) - _OVERLAP).timestamp())


def changed_between(watch: Watch, since: float, until: float = 0.0) -> str:
    """Return the filter for records created, or changed in a watched field, after a moment.

    With `until` those are left out that were changed after that. Moments are seconds since 1970.
    """
    fields = ",".join(f"{{{field}}}" for field in sorted(watch.fields))
    times = ("CREATED_TIME()", f"LAST_MODIFIED_TIME({fields})")
    after = any_of([f"IS_AFTER({time},{_edge(since)})" for time in times])
    if not until:
        return after
    return all_of([after, *(negate(f"IS_AFTER({time},{_edge(until)})") for time in times)])


def _edge(at: float) -> str:
    return moment(datetime.fromtimestamp(at, UTC).isoformat())
