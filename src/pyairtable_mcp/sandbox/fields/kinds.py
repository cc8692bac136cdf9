"""What a field type is, and what reading and writing cells need from the outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value, to_text
from pyairtable_mcp.sandbox.state.model import Field, Record, Table, User
from pyairtable_mcp.sandbox.wire import ApiError, bad_value


class Reader(Protocol):
    """Reads cells of one base at one moment, remembering what it computed."""

    def table(self, table_id: str) -> Table | None:
        """Return a table of the base by id."""
        ...

    def user(self, user_id: str) -> User | None:
        """Return a user by id."""
        ...

    def options(self, field: Field) -> Mapping[str, str]:
        """Return the names of a select's options by their ids, in order."""
        ...

    def file_url(self, attachment: str, size: str, filename: str, kind: str) -> str:
        """Return a link to an uploaded file (`size` is `file`) or to a thumbnail of it."""
        ...

    def json(self, table: Table, record: Record, field: Field) -> Json:
        """Return a cell as the API shows it; None when it is empty."""
        ...

    def value(self, table: Table, record: Record, field: Field) -> Value:
        """Return a cell as formulas see it; raise `Failed` when it shows an error."""
        ...

    def formula(
        self, table: Table, record: Record, field: Field, text: str, values: Sequence[Value]
    ) -> Value:
        """Compute a formula text over a record; `values` is what a rollup's word `values` stands for."""
        ...


class Writer(Protocol):
    """What judging a value to be written needs; what it creates is undone when the request fails."""

    typecast: bool

    def choice(self, field: Field, name: str) -> str:
        """Return the option id of this name, creating it under typecast."""
        ...

    def link(self, field: Field, key: str) -> str:
        """Return the id of the linked record `key` (its id, or under typecast its name)."""
        ...

    def person(self, key: str) -> User | None:
        """Return the user of this id or e-mail, and under typecast also of this name."""
        ...

    def attachment(self, given: Json, held: Json) -> Json:
        """Return the attachment object for one `{"url"}` or `{"id"}`; `held` is the present cell."""
        ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """One value on its way into one cell; `held` is what the cell holds now."""

    raw: Json
    field: Field
    writer: Writer
    held: Json = None

    def refuse(self) -> ApiError:
        """Return the refusal for a value that does not fit."""
        return bad_value(self.field.name)


class Cell(NamedTuple):
    """One cell being read; a tuple, because one is made for every cell of every answer."""

    reader: Reader
    table: Table
    record: Record
    field: Field

    @property
    def held(self) -> Json:
        """What is stored, or None."""
        return self.record.cells.get(self.field.id)


Parse = Callable[[Incoming], Json]
Show = Callable[[Cell], Json]
Evaluate = Callable[[Cell], Value]
Spell = Callable[[Value, Field], str]


def stored(cell: Cell) -> Json:
    """Show what is stored, as it is."""
    return cell.held


def plain(value: Value, field: Field) -> str:
    """Spell a value as text without any format of the field."""
    del field
    return to_text(value)


@dataclass(frozen=True, slots=True)
class FieldType:
    """A kind of column.

    `parse` turns a written value into a stored one (None clears the cell) and is None for computed types;
    `show` is the API's JSON, `value` what formulas see, `spell` the text of `cellFormat=string`.
    The cells of a `computed` type are not stored.
    `primary` tells whether it may be a table's first field, `mergeable` whether an upsert may match on it.
    """

    name: str
    value: Evaluate
    parse: Parse | None = None
    show: Show = stored
    spell: Spell = plain
    primary: bool = False
    mergeable: bool = False
    computed: bool = False

    @property
    def lone(self) -> bool:
        """Tell whether the value of a cell depends on no other cell."""
        return self.parse is not None and self.name != "multipleRecordLinks"
