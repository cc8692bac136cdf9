"""Reading cells of one base at one moment: shown, spelled, or as formulas see them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.grammar import BadFormula
from pyairtable_mcp.formula.kinds import Work
from pyairtable_mcp.formula.values import Failed, Value, flat, to_text
from pyairtable_mcp.sandbox.fields.choices import names
from pyairtable_mcp.sandbox.fields.kinds import Cell, plain
from pyairtable_mcp.sandbox.fields.linked import BROKEN, show_lookup
from pyairtable_mcp.sandbox.fields.sources import sources
from pyairtable_mcp.sandbox.fields.table import FIELD_TYPES, kind_of
from pyairtable_mcp.sandbox.records.links import ORIGIN, FileLinks
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table, User, Workspace

CHAIN_LIMIT: Final = 24
"""How many computed fields may lie on top of each other; a longer chain shows errors."""


class BaseReader:
    """Reads one base; values are remembered, so make a new one after every change."""

    def __init__(self, workspace: Workspace, base: Base, formulas: Formulas, origin: str = "") -> None:
        self._users = workspace.users
        self._base = base
        self._formulas = formulas
        self._known: dict[tuple[str, str], Value | Failed] = {}
        self._open: set[tuple[str, str]] = set()
        self._options: dict[str, Mapping[str, str]] = {}
        self._looked_up: dict[tuple[str, str], Json] = {}
        self._alike: dict[str, Field] = {}
        self.now = workspace.clock.now()
        self.links = FileLinks(workspace.secret, self.now, origin or ORIGIN)

    def table(self, table_id: str) -> Table | None:
        """Return a table of the base by id."""
        return self._base.tables.get(table_id)

    def user(self, user_id: str) -> User | None:
        """Return a user by id."""
        return self._users.get(user_id)

    def options(self, field: Field) -> Mapping[str, str]:
        """Return the names of a select's options by their ids, in order."""
        found = self._options.get(field.id)
        if found is None:
            found = self._options[field.id] = names(field)
        return found

    def file_url(self, attachment: str, size: str, filename: str, kind: str) -> str:
        """Return a link to an uploaded file (`size` is `file`) or to a thumbnail of it."""
        return self.links.url(attachment, size, filename, kind)

    def json(self, table: Table, record: Record, field: Field) -> Json:
        """Return a cell as the API shows it; None when it is empty."""
        cell = Cell(self, table, record, field)
        if field.type != "multipleLookupValues":
            return kind_of(field.type).show(cell)
        # Lookups look up lookups: each is shown once, and one on its way to itself shows an error.
        key = (record.id, field.id)
        if key not in self._looked_up:
            self._looked_up[key] = BROKEN
            self._looked_up[key] = show_lookup(cell)
        return self._looked_up[key]

    def text(self, table: Table, record: Record, field: Field, zone: tzinfo = UTC) -> str:
        """Return a cell as `cellFormat=string` shows it in a time zone; "" when it is empty."""
        shown = self._shown_like(table, field)
        spell = kind_of(shown.type).spell
        try:
            value = self.value(table, record, field)
            if spell is not plain and isinstance(value, list | tuple):
                value = [spell(_local(each, zone), shown) for each in flat(value)]
                return to_text(value)
            return spell(_local(value, zone), shown)
        except Failed:
            return "#ERROR!"

    def _shown_like(self, table: Table, field: Field) -> Field:
        """Return the field whose format a field's values are spelled in."""
        found = self._alike.get(field.id)
        if found is None:
            self._alike[field.id] = field  # where fields lead in a circle, it ends here
            found = self._alike[field.id] = self._alike_of(table, field)
        return found

    def _alike_of(self, table: Table, field: Field) -> Field:
        if field.type in ("multipleLookupValues", "multipleRecordLinks"):
            far = next(iter(sources(self._base, table, field)), None)
            return self._shown_like(*far) if far else field
        return _result(field)

    def value(self, table: Table, record: Record, field: Field) -> Value:
        """Return a cell as formulas see it; raise `Failed` when it shows an error."""
        kind = kind_of(field.type)
        if kind.lone:
            return kind.value(Cell(self, table, record, field))
        key = (record.id, field.id)
        if key not in self._known:
            self._known[key] = self._compute(key, Cell(self, table, record, field))
        known = self._known[key]
        if isinstance(known, Failed):
            raise known
        return known

    def formula(
        self, table: Table, record: Record, field: Field, text: str, values: Sequence[Value]
    ) -> Value:
        """Compute a formula text over a record; `values` is what a rollup's word `values` stands for."""
        try:
            compiled = self._formulas.compiled(table, text, rollup=field.type == "rollup")
        except BadFormula as error:
            raise Failed(str(error)) from error
        return compiled(RecordScope(self, table, record, values))

    def filter(self, table: Table, text: str) -> Callable[[Record], bool]:
        """Return what tells whether a record matches a filter; raise `BadFormula` when it is none."""
        holds = self._formulas.filter(table, text)
        return lambda record: holds(RecordScope(self, table, record, ()))

    def _compute(self, key: tuple[str, str], cell: Cell) -> "Value | Failed":
        if key in self._open or len(self._open) >= CHAIN_LIMIT:
            return Failed("a field that depends on itself")
        self._open.add(key)
        try:
            return kind_of(cell.field.type).value(cell)
        except Failed as failed:
            return failed
        except RecursionError:
            return Failed("fields computed from fields, too deep")
        finally:
            self._open.discard(key)


def _local(value: Value, zone: tzinfo) -> Value:
    """Return a moment in a zone; one at the edge of the calendar stays where it is."""
    try:
        return value.astimezone(zone) if isinstance(value, datetime) else value
    except OverflowError:
        return value


def _result(field: Field) -> Field:
    """Return the field a computed value is spelled like, which is the field itself when it has no result."""
    result = field.options.get("result")
    kind = result.get("type") if isinstance(result, dict) else None
    if not isinstance(result, dict) or kind not in FIELD_TYPES:
        return field
    options = result.get("options")
    return Field(field.id, field.name, str(kind), dict(options) if isinstance(options, Mapping) else {})


class RecordScope:
    """What a formula sees of one record."""

    __slots__ = ("_known", "_reader", "_record", "_table", "values", "work")

    def __init__(self, reader: BaseReader, table: Table, record: Record, values: Sequence[Value]) -> None:
        self._reader = reader
        self._table = table
        self._record = record
        self.values = values
        self.work = Work()
        self._known: dict[str, Value] = {}

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self._reader.now

    @property
    def record_id(self) -> str:
        """The record's id."""
        return self._record.id

    @property
    def created(self) -> datetime:
        """When the record was made."""
        return self._record.created

    def modified(self, fields: Sequence[str]) -> datetime | None:
        """Return when the record, or any of these fields, was last changed."""
        if not fields:
            return self._record.modified
        touched = self._record.touched
        return max((touched[each] for each in fields if each in touched), default=None)

    def field(self, field_id: str) -> Value:
        """Return the value of a field of the record."""
        if field_id in self._known:
            return self._known[field_id]
        field = self._table.fields.get(field_id)
        if field is None:
            raise Failed("the field is gone")
        value = self._known[field_id] = self._reader.value(self._table, self._record, field)
        return value
