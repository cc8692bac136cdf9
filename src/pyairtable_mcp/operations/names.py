"""From names to objects: bases, tables, fields and views, by id or by name.

A name that fits nothing, or more than one thing, is refused with the closest right names. Whatever the
schema cache can answer is answered without a request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pyairtable_mcp.airtable.models import Base, BaseSchema, Field, Table, View
from pyairtable_mcp.base.errors import AmbiguousName, UnknownName
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, fold, listed, quoted, same_name, visible
from pyairtable_mcp.operations.call import Call

SHOWN_CANDIDATES = 12


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


_T = TypeVar("_T", bound=_Named)


@dataclass(frozen=True)
class Place:
    """One table of one base, with the schema around it."""

    base: Base
    schema: BaseSchema
    table: Table

    @property
    def primary(self) -> Field:
        """Return the field that names a record of this table."""
        return next(
            (f for f in self.table.fields if f.id == self.table.primary_field_id), self.table.fields[0]
        )

    def linked_table(self, field: Field) -> Table | None:
        """Return the table a link field points to, or None when the schema does not say."""
        wanted = field.options.get("linkedTableId")
        return next((t for t in self.schema.tables if t.id == wanted), None)

    def at(self, table: Table) -> "Place":
        """Return the same base at another of its tables."""
        return Place(self.base, self.schema, table)


def pick(what: str, name: str, things: Sequence[_T], *, where: str, hint: str = "") -> _T:
    """Return the one of `things` that `name` means, by id or by name.

    Raises UnknownName with the closest names, AmbiguousName with the ids that answer to the name.
    """
    by_id = [thing for thing in things if thing.id == name]
    found = by_id or [things[i] for i in same_name(name, [thing.name for thing in things])]
    if len(found) == 1:
        return found[0]
    if found:
        options = [f"{visible(thing.name)} ({thing.id})" for thing in found]
        raise AmbiguousName(
            f"{where} has {len(found)} {what}s that answer to {quoted(name)}.",
            hint="Give the id.",
            candidates=options,
        )
    names = [thing.name for thing in things]
    near = closest(name, names) or (names if len(names) <= SHOWN_CANDIDATES else [])
    raise UnknownName(f"{where} has no {what} {quoted(name)}.", hint=hint, candidates=near)


async def find_base(call: Call, name: str) -> Base:
    """Return the base that `name` means.

    An id is taken as it is: a token may reach a base that it cannot list.
    """
    if is_id(name, "app"):
        return Base(id=name, name=name)
    return pick("base", name, await call.airtable.bases(), where="This token")


async def find_place(call: Call, base: str, table: str) -> Place:
    """Return the table that these two names mean, with its base's schema."""
    found = await find_base(call, base)
    schema = await call.airtable.schema(found.id)
    return Place(found, schema, pick("table", table, schema.tables, where=f"Base {quoted(found.name)}"))


def find_field(place: Place, name: str) -> Field:
    """Return the field of this table that `name` means; a field of another table is pointed out."""
    return pick(
        "field",
        name,
        place.table.fields,
        where=f"Table {quoted(place.table.name)}",
        hint=_other_tables_with(place, name),
    )


def _other_tables_with(place: Place, name: str) -> str:
    wanted = fold(name)
    homes = [
        table.name
        for table in place.schema.tables
        if table.id != place.table.id and any(fold(f.name) == wanted for f in table.fields)
    ]
    return f"A field of this name is in table {listed(homes, 3)}." if homes else ""


def find_fields(place: Place, names: Iterable[str]) -> tuple[Field, ...]:
    """Return the fields these names mean, each once, in the order given."""
    found = {field.id: field for field in (find_field(place, name) for name in names)}
    return tuple(found.values())


def find_view(place: Place, name: str) -> View:
    """Return the view of this table that `name` means."""
    return pick("view", name, place.table.views, where=f"Table {quoted(place.table.name)}")
