"""What a saga does to each record, cell by cell: before and after, by name where the schema is known."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import BaseSchema, Field, Table
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.airtable_carrier import AIRTABLE, batch_of
from pyairtable_mcp.engine.model import PLAN, Plan, Write
from pyairtable_mcp.operations.batches import MARKS, Batch, Item, Kind, Mark
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.store.journal_values import Cells, History, Image, IntentRow, StepRow

Schemas = Mapping[str, BaseSchema]

_WORDS: Final[Mapping[Kind, str]] = {
    Kind.CREATE: "create",
    Kind.UPDATE: "change",
    Kind.REPLACE: "replace",
    Kind.UPSERT: "write",
    Kind.DELETE: "delete",
}
_WHOLE: Final = frozenset({Kind.CREATE, Kind.DELETE})


@dataclass(frozen=True, kw_only=True)
class CellDiff:
    """One cell: the name of its field (the id where that is not known), and its text before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class RecordDiff:
    """One thing a saga writes: `does` what to it, in which table, and what became of it ("" if not sent)."""

    does: str
    table: str
    record: str
    cells: tuple[CellDiff, ...] = ()
    fate: str = ""
    undo: bool = False


@dataclass(frozen=True, kw_only=True)
class StepDiff:
    """One step with everything it writes or, when it was not sent yet, would write."""

    id: str
    kind: str
    status: str
    records: tuple[RecordDiff, ...] = field(default_factory=tuple)


async def schemas_of(call: Call, history: History) -> Schemas:
    """Return the schemas of the bases that a saga writes to, as far as they can be had."""
    found: dict[str, BaseSchema] = {}
    for base in dict.fromkeys(batch.base for batch in _batches(history)):
        try:
            found[base] = await call.airtable.schema(base)
        except AppError:
            # Ids tell it as well.
            continue
    return found


def _batches(history: History) -> Iterator[Batch]:
    planned = (write for row in history.steps for write in plan_of_row(row).writes)
    sent = (_write(one) for one in history.intents)
    yield from (batch_of(write) for write in (*planned, *sent) if write.via == AIRTABLE)


def plan_of_row(row: StepRow) -> Plan:
    """Return what a step that was begun does; nothing for one that takes back."""
    return PLAN.validate_python(row.plan) if row.number > 0 and row.plan else Plan()


def depicted(history: History, schemas: Schemas) -> tuple[StepDiff, ...]:
    """Return the steps of a saga in the order they were begun, those that take back at the end."""
    rows = sorted(history.steps, key=lambda row: (row.number < 0, abs(row.number)))
    return tuple(
        StepDiff(id=row.id, kind=row.kind, status=row.status, records=tuple(_of_step(history, row, schemas)))
        for row in rows
    )


def _of_step(history: History, row: StepRow, schemas: Schemas) -> Iterator[RecordDiff]:
    sent = [one for one in history.intents if one.step == row.number]
    for intent in sent:
        outcome = history.outcomes.get(intent.number)
        undo = intent.role == "undo"
        if outcome is None:
            yield from _of_write(_write(intent), schemas, fate="unknown", undo=undo)
        elif intent.via == AIRTABLE and isinstance(outcome.items, list):
            marks = MARKS.validate_python(outcome.items)
            after = tuple(outcome.after) or (Image(),) * len(marks)
            yield from _of_write(_write(intent), schemas, marks=marks, after=after, undo=undo)
        else:
            yield from _of_write(_write(intent), schemas, fate=outcome.status, undo=undo)
    for write in plan_of_row(row).writes[len(sent) :]:
        yield from _of_write(write, schemas)


def _write(intent: IntentRow) -> Write:
    return Write(via=intent.via, body=intent.write, before=tuple(intent.before))


def _of_write(
    write: Write,
    schemas: Schemas,
    *,
    marks: Sequence[Mark] = (),
    after: Sequence[Image] = (),
    fate: str = "",
    undo: bool = False,
) -> Iterator[RecordDiff]:
    if write.via != AIRTABLE:
        yield RecordDiff(does="call out", table="", record="", fate=fate, undo=undo)
        return
    batch = batch_of(write)
    schema = schemas.get(batch.base)
    table = schema.by_id.get(batch.table) if schema else None
    for place, item in enumerate(batch.items):
        mark = marks[place] if marks else None
        held = after[place].cells if after else None
        yield RecordDiff(
            does=_WORDS.get(batch.kind, batch.kind.value.replace("_", " ")),
            table=table.name if table else batch.table,
            record=(mark.id if mark else "") or item.id or batch.record,
            cells=tuple(_cells(batch, item, held, table)),
            fate=mark.status.replace("_", " ") if mark else fate,
            undo=undo,
        )


def _cells(batch: Batch, item: Item, held: Cells | None, table: Table | None) -> Iterator[CellDiff]:
    """Yield the cells that change; of a new or deleted record those that are not empty."""
    before: Cells = item.before or {}
    gone = batch.kind is Kind.DELETE
    after: Cells = {} if gone else {key: (held or {}).get(key, value) for key, value in item.cells.items()}
    for key in before if gone else item.cells:
        known = table.by_id.get(key) if table else None
        old, new = _text(known, before.get(key)), _text(known, after.get(key))
        if old != new or batch.kind not in _WHOLE:
            yield CellDiff(name=known.name if known else key, before=old, after=new)


def _text(known: Field | None, value: JsonValue) -> str:
    if known is not None:
        return cell_text(known, value)
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def lines_of(steps: Sequence[StepDiff], most: int) -> list[str]:
    """Return a line for each record that is not sent yet, `most` of them, and one that counts the rest."""
    told = [_line(record) for step in steps for record in step.records if not record.fate]
    more = len(told) - most
    return [*told[:most], f"… and {more} more"] if more > 0 else told


def _line(record: RecordDiff) -> str:
    head = " ".join(filter(None, [record.does, record.record, f"in {record.table}" if record.table else ""]))
    cells = "; ".join(
        f"{one.name}: {one.before or '(empty)'} → {one.after or '(empty)'}" for one in record.cells
    )
    return f"{head}: {cells}" if cells else head
