"""Records of a loaded base: made in the order given, ids and times kept, links in step on both sides.

A record may carry one key that Airtable does not tell: `lastModified`, `{"time"[,"fields"]}` with the moments
the record and its fields (by id) were last changed, which formulas and computed fields show.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import parse_moment
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.loading.cells import CellReader
from pyairtable_mcp.sandbox.loading.problems import Problems
from pyairtable_mcp.sandbox.loading.rows import Row, Rows
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table, User, Workspace

_LINKS: Final = "multipleRecordLinks"


@dataclass(frozen=True, slots=True)
class _Made:
    """Records made of rows, and the fields that cells are given for, each with the key it is given under."""

    cells: CellReader
    pairs: Sequence[tuple[Row, Record]]
    columns: Sequence[tuple[str, Field]]


class RecordLoader:
    """Fills the tables of one base that is not part of the workspace yet; `users` are people it met."""

    def __init__(self, workspace: Workspace, base: Base, problems: Problems) -> None:
        self._workspace = workspace
        self._base = base
        self._problems = problems
        self._taken: set[str] = set()
        self.users: dict[str, User] = {}

    def load(self, sources: Sequence[tuple[Table, Rows]]) -> None:
        """Make every record, then fill plain cells, then links, which may name any of the records."""
        made = [self._made(table, rows) for table, rows in sources]
        for links in (False, True):
            for each in made:
                self._fill(each, [pair for pair in each.columns if (pair[1].type == _LINKS) is links])
        for each in made:
            self._take_over(each)
        for table, _ in sources:
            table.next_number = max((each.number for each in table.records.values()), default=0) + 1
        for table, field in self._links():
            self._connect(table, field)

    def _made(self, table: Table, rows: Rows) -> _Made:
        columns = []
        for key in dict.fromkeys((*rows.columns, *(key for row in rows.rows for key in row.cells))):
            field = table.field_by(key)
            if field:
                columns.append((key, field))
            else:
                names = [each.name for each in table.fields.values()]
                self._problems.unknown(rows.where, f"field in {table.name!r} called", key, names)
        pairs = [(row, self._record(table, row)) for row in rows.rows]
        return _Made(CellReader(self._workspace, self._base, self.users, typecast=rows.text), pairs, columns)

    def _record(self, table: Table, row: Row) -> Record:
        key = row.record.get("id")
        if key is None:
            key = self._workspace.new_id("rec")
        elif not isinstance(key, str) or not is_id(key, "rec"):
            self._problems.add(row.place, f"the id {key!r} is not rec and 14 letters or digits")
        elif key in self._taken:
            self._problems.add(row.place, f"the id {key} is there twice")
        at = self._moment(row.place, "createdTime", row.record.get("createdTime"))
        made, owner = at or self._workspace.clock.now(), self._workspace.owner
        record = Record(str(key), table.next_number, made, owner, made, owner)
        table.next_number += 1
        self._taken.add(record.id)
        table.records[record.id] = record
        return record

    def _moment(self, place: str, key: str, raw: Json) -> datetime | None:
        moment = parse_moment(raw) if isinstance(raw, str) else None
        if raw is not None and moment is None:
            self._problems.add(place, f"{key} {raw!r} is no moment")
        return moment

    def _fill(self, made: _Made, columns: Sequence[tuple[str, Field]]) -> None:
        stored = [(key, field) for key, field in columns if not kind_of(field.type).computed]
        for row, record in made.pairs:
            for key, field in stored:
                raw = row.cells.get(key)
                if raw is None:
                    continue
                with self._problems.noting(row.place):
                    cell = made.cells.read(field, raw)
                    if cell is not None:
                        record.cells[field.id] = cell

    def _take_over(self, made: _Made) -> None:
        """Take over what Airtable generates, or tells of when, by whom and as which a record was made."""
        computed = [(key, field) for key, field in made.columns if kind_of(field.type).computed]
        for row, record in made.pairs:
            for key, field in computed:
                self._take(made.cells, record, field, row.cells.get(key))
            last = row.record.get("lastModified")
            if isinstance(last, Mapping):
                self._changed(row.place, record, last)

    def _take(self, cells: CellReader, record: Record, field: Field, raw: Json) -> None:
        who = raw.get("id") if isinstance(raw, Mapping) else None
        match field.type:
            case "aiText" | "button" if raw is not None:
                record.cells[field.id] = raw
            case "autoNumber" if isinstance(raw, int | str) and str(raw).isdecimal():
                record.number = int(raw)
            case "createdBy" if isinstance(who, str):
                cells.meet(raw)
                record.created_by = who
            case "lastModifiedBy" if isinstance(who, str):
                cells.meet(raw)
                record.modified_by = who
            case "lastModifiedTime" if isinstance(raw, str) and (moment := parse_moment(raw)):
                _modified(record, field, moment)
            case _:
                pass

    def _changed(self, place: str, record: Record, last: Mapping[str, Json]) -> None:
        record.modified = self._moment(place, "lastModified.time", last.get("time")) or record.modified
        fields = last.get("fields")
        for key, raw in fields.items() if isinstance(fields, Mapping) else ():
            if moment := self._moment(place, f"lastModified.fields.{key}", raw):
                record.touched[key] = moment

    def _links(self) -> Iterable[tuple[Table, Field]]:
        for table in self._base.tables.values():
            yield from ((table, each) for each in table.fields.values() if each.type == _LINKS)

    def _connect(self, table: Table, field: Field) -> None:
        """Put every link on its other side too; leave out links into a table of which nothing was loaded."""
        target = self._base.tables[str(field.options["linkedTableId"])]
        back = str(field.options.get("inverseLinkFieldId") or "")
        lost: list[str] = []
        for record in table.records.values():
            held = record.cells.get(field.id)
            if not isinstance(held, list):
                continue
            if not target.records:
                del record.cells[field.id]
                continue
            for key in held:
                other = target.records.get(str(key))
                if other is None:
                    lost.append(str(key))
                elif back:
                    _mirror(other, back, record.id)
        if lost:
            what = f"field {field.name!r} links to {len(lost)} records that are not loaded, such as {lost[0]}"
            self._problems.add(f"table {table.name!r}", what)


def _mirror(record: Record, back: str, key: str) -> None:
    held = record.cells.get(back)
    if not isinstance(held, list):
        record.cells[back] = [key]
    elif key not in held:
        record.cells[back] = [*held, key]


def _modified(record: Record, field: Field, moment: datetime) -> None:
    watched = field.options.get("referencedFieldIds")
    if not isinstance(watched, list) or not watched:
        record.modified = moment
        return
    # A field was last changed no later than any computed moment that watches it.
    for key in watched:
        record.touched[str(key)] = min(moment, record.touched.get(str(key), moment))
