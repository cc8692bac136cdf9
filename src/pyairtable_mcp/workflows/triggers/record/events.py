"""From changes to the events that start runs: one rule for both ways of learning of a change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import JsonValue

from pyairtable_mcp.operations.field_types import type_of
from pyairtable_mcp.workflows.triggers.record.cells import same
from pyairtable_mcp.workflows.triggers.record.watch import Cells, Condition, Watch, named_cells, named_fields

What = Literal["created", "changed", "deleted"]

SKEW: Final = 120.0
"""Seconds by which the clocks of Airtable, of this host and of others may differ."""
_NEW: Final = frozenset({"create", "upsert"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What happened to a record, between two moments (seconds since 1970).

    `key` tells it from every other change. `before` and `after` are None where there was no record, or where
    nobody knows what it held. `changed` are the ids of the fields whose cells differ. `names` and `former`
    are the names that Airtable shows for cells that hold links, after and before.
    """

    what: What
    record: str
    key: str
    since: float
    until: float
    created: str = ""
    before: Cells | None = None
    after: Cells | None = None
    changed: frozenset[str] = frozenset()
    names: Cells = field(default_factory=dict)
    former: Cells = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a write of ours left of a record: its `cells`, None when it is gone; when it was answered."""

    record: str
    kind: str
    cells: Cells | None
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A write of ours that is under way: its kind, and the records it names."""

    kind: str
    records: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What starts a run: its key, and what the run's expressions see as `trigger`."""

    key: str
    value: Mapping[str, JsonValue]


def events(
    trigger: str, watch: Watch, changes: Iterable[Change], written: Sequence[Written], now: datetime
) -> Iterator[Event]:
    """Yield the events among changes, in their order.

    Created and deleted records count whatever their cells; changed ones when a watched cell differs. `when`
    has to hold of what the record is, or was in the end; `was` of what it was before. Where that is not known
    it does not hold. What a write of ours did counts with `own_changes` only.
    """
    ours: dict[str, list[Written]] = {}
    for one in written:
        ours.setdefault(one.record, []).append(one)
    for change in changes:
        own = not watch.own_changes and is_own(watch, change, ours.get(change.record, ()))
        if not own and _counts(watch, change, now):
            yield Event(key=f"{trigger}:{change.key}", value=_told(trigger, watch, change))


def is_own(watch: Watch, change: Change, written: Iterable[Written]) -> bool:
    """Tell whether a change is what writes of ours did at that time.

    Every cell that differs and is not computed has to hold what one of them left in it.
    """
    near = [one for one in written if change.since - SKEW <= one.at <= change.until + SKEW]
    if change.what == "created":
        return any(one.kind in _NEW for one in near)
    if change.what == "deleted":
        return any(one.cells is None for one in near)
    after = change.after or {}
    cells = [
        each for each in change.changed if (found := watch.table.by_id.get(each)) and type_of(found).writable
    ]
    return bool(near) and all(
        any(one.cells is not None and same(one.cells.get(key), after.get(key)) for one in near)
        for key in cells
    )


def may_be_ours(change: Change, pending: Iterable[Pending]) -> bool:
    """Tell whether a change may be what a write of ours does that was not answered yet."""
    return any(
        change.record in one.records or (change.what == "created" and one.kind in _NEW) for one in pending
    )


def _counts(watch: Watch, change: Change, now: datetime) -> bool:
    if change.what not in watch.events:
        return False
    # Of what changed while nobody looked it is not known which cells did.
    if change.what == "changed" and watch.fields and change.changed and not watch.fields & change.changed:
        return False
    after = (change.after, change.names)
    before = (change.before, change.former)
    last = before if change.what == "deleted" else after
    return _holds(watch.when, change, *last, now) and _holds(watch.was, change, *before, now)


def _holds(
    condition: Condition | None, change: Change, cells: Cells | None, names: Cells, now: datetime
) -> bool:
    if condition is None:
        return True
    return cells is not None and condition.holds(change.record, change.created, cells, names, now)


def _told(trigger: str, watch: Watch, change: Change) -> Mapping[str, JsonValue]:
    return {
        "kind": "record",
        "id": trigger,
        "at": datetime.fromtimestamp(change.until, UTC).isoformat(),
        "base": watch.base,
        "table": watch.table.id,
        "event": change.what,
        "record": {"id": change.record, "fields": named_cells(watch.table, change.after or {})},
        "before": {"fields": named_cells(watch.table, change.before or {})},
        "changed": named_fields(watch.table, change.changed),
    }
