"""Makes a base out of columns and rows, with ids that are the same every time."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Final, TypeAlias

from pyairtable_mcp.base.ids import mint
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.seeds.columns import Column
from pyairtable_mcp.sandbox.state.model import COLOURS, Base, Field, Record, Table, View

_BRACED: Final = re.compile(r"\{([^{}]+)\}")

Cell: TypeAlias = "Json | Sequence[Record]"
Row: TypeAlias = Mapping[str, Cell]


class BaseBuilder:
    """Builds one base; ids come from `rng`, so the same calls give the same base."""

    def __init__(self, base_id: str, name: str, rng: Random, maker: str, created: datetime) -> None:
        self.base = Base(base_id, name, created=created)
        self.rng = rng
        self._maker = maker
        self._columns: list[tuple[Table, Field, Column]] = []
        self._options: dict[str, dict[str, str]] = {}
        self._by_name: dict[str, dict[str, Field]] = {}

    def table(self, name: str, *columns: Column) -> Table:
        """Add a table with a grid view `All`."""
        table = Table(mint("tbl", self.rng), name)
        self.base.tables[table.id] = table
        named = self._by_name[table.id] = {}
        self.view(table, "All")
        for column in columns:
            field = Field(mint("fld", self.rng), column.name, column.type, dict(column.options))
            table.fields[field.id] = named[column.name] = field
            self._columns.append((table, field, column))
            if column.choices:
                self._choose(field, column.choices)
        return table

    def view(self, table: Table, name: str, filtered: str = "") -> None:
        """Add a grid view."""
        view = View(mint("viw", self.rng), name, filter=filtered)
        table.views[view.id] = view

    def connect(self) -> None:
        """Resolve the names columns refer to each other by; call once, when every table is there."""
        for table, field, column in self._columns:
            if column.to:
                self._connect_link(field, column)
            if column.through:
                field.options.update(self._through(table, column))
            if column.formula:
                self._connect_formula(table, field, column)

    def add(self, table: Table, created: datetime, row: Row) -> Record:
        """Add a row; selects by option name, links as records, both sides of a link at once."""
        record = Record(
            id=mint("rec", self.rng),
            number=table.next_number,
            created=created,
            created_by=self._maker,
            modified=created,
            modified_by=self._maker,
        )
        table.next_number += 1
        table.records[record.id] = record
        by_name = self._by_name[table.id]
        for name, value in row.items():
            if value not in (None, "", [], False):
                self._put(record, by_name[name], value)
        return record

    def _put(self, record: Record, field: Field, value: Cell) -> None:
        if field.type == "multipleRecordLinks" and isinstance(value, list):
            self._link(record, field, [each for each in value if isinstance(each, Record)])
        elif field.id in self._options:
            ids = self._options[field.id]
            chosen = [ids[str(each)] for each in value] if isinstance(value, list) else ids[str(value)]
            record.cells[field.id] = chosen
        else:
            record.cells[field.id] = _json(value)

    def _link(self, record: Record, field: Field, targets: Sequence[Record]) -> None:
        record.cells[field.id] = [each.id for each in targets]
        back = str(field.options["inverseLinkFieldId"])
        for each in targets:
            held = each.cells.get(back)
            each.cells[back] = [*(held if isinstance(held, list) else []), record.id]

    def _choose(self, field: Field, names: Sequence[str]) -> None:
        ids = {name: mint("sel", self.rng) for name in names}
        self._options[field.id] = ids
        field.options["choices"] = [
            {"id": key, "name": name, "color": COLOURS[place % len(COLOURS)]}
            for place, (name, key) in enumerate(ids.items())
        ]

    def _named(self, table: str, field: str) -> tuple[Table, Field]:
        found = self.base.table_by(table)
        column = found.field_by(field) if found else None
        if found is None or column is None:
            raise LookupError(f"the seed names a column {table}.{field} that is not there")
        return found, column

    def _connect_link(self, field: Field, column: Column) -> None:
        target, back = self._named(column.to, column.back)
        field.options.update(linkedTableId=target.id, isReversed=False, inverseLinkFieldId=back.id)

    def _through(self, table: Table, column: Column) -> dict[str, Json]:
        _, through = self._named(table.name, column.through)
        options: dict[str, Json] = {"isValid": True, "recordLinkFieldId": through.id}
        target = next(
            each.to for owner, _, each in self._columns if owner is table and each.name == column.through
        )
        if column.far:
            options["fieldIdInLinkedTable"] = self._named(target, column.far)[1].id
        return options

    def _connect_formula(self, table: Table, field: Field, column: Column) -> None:
        names = _BRACED.findall(column.formula)
        ids = {name: self._named(table.name, name)[1].id for name in names}
        field.formula = _BRACED.sub(lambda found: "{" + ids[found[1]] + "}", column.formula)
        if column.type == "formula":
            field.options["isValid"] = True
        field.options["referencedFieldIds"] = list(dict.fromkeys(ids.values()))


def _json(value: Cell) -> Json:
    """Return a value that is no list of records."""
    if isinstance(value, list):
        return [each for each in value if not isinstance(each, Record)]
    return value if isinstance(value, str | int | float | dict) else None
