"""A record trigger with its names resolved: what of a table it watches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record, Table
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.formula.compiler import Bound
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.formula.values import Failed, truthy
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.field_types import type_of
from pyairtable_mcp.operations.formula_checks import bound, with_field_ids
from pyairtable_mcp.operations.formula_values import RecordCells, holds_links
from pyairtable_mcp.operations.names import Place, find_fields, find_place
from pyairtable_mcp.workflows.definition.model import RecordTrigger

Cells = Mapping[str, JsonValue]
"""Cells by field id, as the records of Airtable's API hold them; empty ones are left out."""

_LINKED: Final = "multipleRecordLinks"


@dataclass(frozen=True, slots=True)
class Condition:
    """A formula over a record's cells. Where it fails it does not hold, as in Airtable's filters."""

    table: Table
    bound: Bound

    def holds(self, record: str, created: str, cells: Cells, names: Cells, now: datetime) -> bool:
        """Tell whether it holds; `names` is what Airtable shows for cells that hold links."""
        scope = RecordCells(self.table, Record(record, created, cells), names, now)
        try:
            return truthy(self.bound.run(scope))
        except Failed:
            return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What of a table is watched; `fields` by id, empty for all."""

    base: str
    table: Table
    events: frozenset[str]
    fields: frozenset[str] = frozenset()
    when: Condition | None = None
    was: Condition | None = None
    own_changes: bool = False
    poll_seconds: float = 60.0

    @property
    def named(self) -> frozenset[str]:
        """Return the fields that the formulas name."""
        conditions = [each for each in (self.when, self.was) if each]
        return frozenset(field for each in conditions for field in each.bound.fields)

    @property
    def links(self) -> tuple[str, ...]:
        """Return the fields the formulas name whose cells hold links, of which formulas see the names."""
        return tuple(each.id for each in self.table.fields if each.id in self.named and holds_links(each))

    @property
    def seen(self) -> tuple[Field, ...]:
        """Return the fields whose cells count or are asked about."""
        wanted = self.fields | self.named
        return tuple(each for each in self.table.fields if not self.fields or each.id in wanted)

    @property
    def wants_what_was(self) -> bool:
        """Tell whether a deleted record's cells have to be known, which Airtable's webhooks do not tell."""
        return "deleted" in self.events and bool(self.when or self.was)

    @property
    def typed(self) -> bool:
        """Tell whether every cell that counts is one people write, so that Airtable dates its changes."""
        return all(is_typed(each) for each in self.table.fields if not self.fields or each.id in self.fields)


def is_typed(field: Field) -> bool:
    """Tell whether a cell changes only when somebody writes it: it is not computed, and holds no links."""
    return type_of(field).writable and field.type != _LINKED


async def read_watch(call: Call, trigger: RecordTrigger) -> Watch:
    """Resolve the names of a trigger.

    Raises `UnknownName` or `AmbiguousName` for a name that fits nothing or too much, `BadValue` for a formula
    that is none.
    """
    place = await find_place(call, trigger.base, trigger.table)
    return Watch(
        base=place.base.id,
        table=place.table,
        events=frozenset(trigger.events),
        fields=frozenset(each.id for each in find_fields(place, trigger.fields)),
        when=_condition(place, trigger.when),
        was=_condition(place, trigger.was),
        own_changes=trigger.own_changes,
        poll_seconds=trigger.poll_seconds,
    )


def _condition(place: Place, text: str) -> Condition | None:
    if not text.strip():
        return None
    text = with_field_ids(place, text)
    try:
        return Condition(place.table, bound(place, text))
    except BadFormula as refused:
        told = refused.problems[0].message
        raise BadValue(f"The formula {text} cannot be computed: {told}.") from refused


def named_cells(table: Table, cells: Cells) -> dict[str, JsonValue]:
    """Return cells by the names of their fields."""
    by_id = table.by_id
    return {by_id[key].name if key in by_id else key: cell for key, cell in cells.items()}


def named_fields(table: Table, fields: Collection[str]) -> list[JsonValue]:
    """Return the names of fields, in the table's order."""
    return [each.name for each in table.fields if each.id in fields]
