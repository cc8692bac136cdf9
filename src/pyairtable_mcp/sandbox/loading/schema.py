"""A base, its tables, fields and views out of metadata, as `GET /v0/meta/bases/{base}/tables` answers it.

Views may carry two keys that Airtable does not tell: `filter`, a formula, and `sort`, a list like the one of
listing records. `visibleFieldIds` it tells when asked to.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.base.text import closest
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.grammar import BadFormula
from pyairtable_mcp.sandbox.fields.choices import choices
from pyairtable_mcp.sandbox.fields.table import FIELD_TYPES
from pyairtable_mcp.sandbox.loading.problems import Problems
from pyairtable_mcp.sandbox.loading.shapes import Shape
from pyairtable_mcp.sandbox.schema.loading import check_base, field_from_metadata
from pyairtable_mcp.sandbox.state.model import Base, Field, Table, View

_BASE: Final = frozenset({"id", "name", "tables", "records"})
_TABLE: Final = frozenset({"id", "name", "description", "primaryFieldId", "fields", "views"})
_FIELD: Final = frozenset({"id", "name", "type", "description", "options"})
_VIEW: Final = frozenset({"id", "name", "type", "visibleFieldIds", "filter", "sort"})


class SchemaReader:
    """Reads the schema of one document; what it cannot read is noted, and then the base is not to be used."""

    def __init__(self, where: str, problems: Problems) -> None:
        self._where = where
        self._problems = problems
        self._taken: set[str] = set()

    def base(self, document: JsonObject) -> Base:
        """Return the base, without records."""
        shape = Shape(document, self._where, self._problems)
        before = len(self._problems)
        shape.keys(_BASE)
        base = Base(shape.id("app", self._taken), shape.text("name", needed=True))
        tables = shape.objects("tables")
        if not tables:
            self._problems.add(self._where, "tables must be a list of at least one table")
        for raw in tables:
            table = self._table(raw)
            base.tables[table.id] = table
        if len(self._problems) == before:
            for table, raw in zip(base.tables.values(), tables, strict=True):
                self._links(base, table)
                self._views(table, raw)
            with self._problems.noting(self._where):
                check_base(base)
        return base

    def _place(self, table: str, part: str = "") -> str:
        return f"{self._where}: table {table!r}{part and f', {part}'}"

    def _table(self, raw: JsonObject) -> Table:
        shape = Shape(raw, self._place(str(raw.get("name"))), self._problems)
        shape.keys(_TABLE)
        name, description = shape.text("name", needed=True), shape.text("description")
        table = Table(shape.id("tbl", self._taken), name, description=description)
        for each in shape.objects("fields"):
            self._field(table, each)
        primary = shape.text("primaryFieldId")
        if primary in table.fields:
            table.fields = {primary: table.fields[primary], **table.fields}
        elif primary:
            self._problems.add(shape.place, f"primaryFieldId names {primary}, which is none of its fields")
        return table

    def _field(self, table: Table, raw: JsonObject) -> None:
        place = self._place(table.name, f"field {str(raw.get('name'))!r}")
        Shape(raw, place, self._problems).keys(_FIELD)
        with self._problems.noting(place):
            field = field_from_metadata(raw)
            options = [str(each.get("id")) for each in choices(field)]
            for key in [field.id] * (field.id in self._taken) + _repeated(options):
                self._problems.add(place, f"the id {key} is there twice")
            self._taken.add(field.id)
            if field.type not in FIELD_TYPES and (alike := closest(field.type, FIELD_TYPES, 1)):
                self._problems.add(place, f"unknown type {field.type!r}; closest: {alike[0]!r}")
            table.fields[field.id] = field

    def _links(self, base: Base, table: Table) -> None:
        """Note links to tables, and other sides of links, that are not there."""
        for field in table.fields.values():
            if field.type == "multipleRecordLinks":
                self._link(base, field, self._place(table.name, f"field {field.name!r}"))

    def _link(self, base: Base, field: Field, place: str) -> None:
        key, back = field.options.get("linkedTableId"), field.options.get("inverseLinkFieldId")
        target = base.tables.get(str(key))
        if target is None:
            self._problems.add(place, f"linkedTableId names {key}, which is no table of the base")
        elif back is not None and str(back) not in target.fields:
            self._problems.add(
                place, f"inverseLinkFieldId names {back}, which is no field of {target.name!r}"
            )

    def _views(self, table: Table, raw: JsonObject) -> None:
        for each in Shape(raw, self._place(table.name), self._problems).objects("views"):
            place = self._place(table.name, f"view {str(each.get('name'))!r}")
            shape = Shape(each, place, self._problems)
            shape.keys(_VIEW)
            view = View(
                id=shape.id("viw", self._taken),
                name=shape.text("name", needed=True),
                type=shape.text("type") or "grid",
                filter=self._filter(table, shape),
                order=tuple(self._rule(table, place, rule) for rule in shape.objects("sort")),
                visible=self._visible(table, shape),
            )
            table.views[view.id] = view

    def _filter(self, table: Table, shape: Shape) -> str:
        text = shape.text("filter")
        if text.strip():
            try:
                Formulas().compiled(table, text)
            except BadFormula as error:
                self._problems.add(shape.place, f"filter: {error}")
        return text

    def _rule(self, table: Table, place: str, rule: Mapping[str, Json]) -> tuple[str, bool]:
        named, direction = rule.get("field"), rule.get("direction", "asc")
        field = table.field_by(named) if isinstance(named, str) else None
        if field is None:
            names = [each.name for each in table.fields.values()]
            self._problems.unknown(place, "field to sort by called", str(named), names)
        if direction not in ("asc", "desc"):
            self._problems.add(place, f"the direction of a sort is asc or desc, not {direction!r}")
        return (field.id if field else "", direction == "desc")

    def _visible(self, table: Table, shape: Shape) -> tuple[str, ...] | None:
        keys = shape.texts("visibleFieldIds")
        for key in keys or ():
            if key not in table.fields:
                self._problems.add(
                    shape.place, f"visibleFieldIds names {key}, which is no field of the table"
                )
        return None if keys is None or list(keys) == list(table.fields) else tuple(keys)


def _repeated(keys: Sequence[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
