"""From what a caller wrote to what Airtable takes: names to ids, values checked, links and people found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import AppError, BadValue
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, listed, quoted
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.comparisons import Now
from pyairtable_mcp.operations.field_types import Kind, type_of
from pyairtable_mcp.operations.lookups import find_records_by_key
from pyairtable_mcp.operations.names import Place, find_field
from pyairtable_mcp.operations.people import people_to_write, put_people
from pyairtable_mcp.operations.problems import Problems
from pyairtable_mcp.operations.values import Rules, check

_PEOPLE: Final = (Kind.PERSON, Kind.PEOPLE)


def rules(call: Call, new_options: Sequence[str] = (), *, typecast: bool = False) -> Rules:
    """Return the rules by which this call's values are checked."""
    return Rules(ZoneInfo(call.settings.time_zone), frozenset(new_options), typecast)


def now_of(call: Call) -> Now:
    """Return the moment of this call, in the zone in which its days begin."""
    return Now(call.clock.now(), ZoneInfo(call.settings.time_zone))


@dataclass(frozen=True)
class Prepared:
    """Rows as Airtable takes them, field id -> value; `names` of the linked records that were looked up."""

    rows: list[dict[str, JsonValue]]
    names: Mapping[str, str]


async def prepare(
    call: Call, place: Place, rows: Sequence[Mapping[str, JsonValue]], by: Rules, at: str = "records[{}]"
) -> Prepared:
    """Return the rows in Airtable's form.

    Everything the schema can tell is checked before any request; all problems found are raised together.
    Names of linked records and people then cost one request per table.
    """
    checked = check_rows(place, rows, by, at)
    names = await _find_links(call, place, checked)
    await _find_persons(call, place, checked)
    return Prepared(checked, names)


def check_rows(
    place: Place, rows: Sequence[Mapping[str, JsonValue]], by: Rules, at: str = "records[{}]"
) -> list[dict[str, JsonValue]]:
    """Return each row as field id -> checked value; links and people may still be names."""
    problems = Problems()
    checked = [_check_row(place, row, by, at.format(i), problems) for i, row in enumerate(rows)]
    problems.raise_any()
    _refuse_unused_options(checked, by)
    return checked


def _refuse_unused_options(rows: Sequence[Mapping[str, JsonValue]], by: Rules) -> None:
    """Refuse an option that was to be created and is in no row: one of the two is misspelt."""
    cells = [cell for row in rows for cell in row.values()]
    used = {
        one for cell in cells for one in (cell if isinstance(cell, list) else [cell]) if isinstance(one, str)
    }
    unused = sorted(set(by.new_options) - used)
    if unused:
        raise BadValue(
            f"new_options names {listed(unused)}, which no record uses.", candidates=closest(unused[0], used)
        )


def _check_row(
    place: Place, row: Mapping[str, JsonValue], by: Rules, where: str, problems: Problems
) -> dict[str, JsonValue]:
    out: dict[str, JsonValue] = {}
    for name, value in row.items():
        try:
            field = find_field(place, name)
            if field.id in out:
                raise BadValue(f"{quoted(field.name)} is given twice.")
            out[field.id] = check(field, value, by)
            _refuse_unseen(place, field, out[field.id])
        except AppError as problem:
            problems.add(where, problem)
    return out


def _refuse_unseen(place: Place, field: Field, value: JsonValue) -> None:
    """Refuse to link what the caller must not know of: Airtable would tell whether there is such a record."""
    to = field.options.get("linkedTableId")
    if value and to is not None and type_of(field).kind is Kind.LINKS and place.linked_table(field) is None:
        raise BadValue(
            f"{quoted(field.name)} links to a table that is out of sight, so no record of it can be named.",
            hint="Leave the field out, or clear it with null.",
        )


def _fields_of(place: Place, *kinds: Kind) -> list[Field]:
    return [field for field in place.table.fields if type_of(field).kind in kinds]


async def _find_links(call: Call, place: Place, rows: Sequence[dict[str, JsonValue]]) -> dict[str, str]:
    """Replace names by record ids in link cells, one look-up for each linked table; return id -> name."""
    names: dict[str, list[str]] = {}
    for field in _fields_of(place, Kind.LINKS):
        linked = place.linked_table(field)
        if linked is not None:
            names.setdefault(linked.id, []).extend(_names_in(rows, field))
    ids: dict[str, dict[str, str]] = {}
    for table in place.schema.tables:
        if names.get(table.id):
            records = await find_records_by_key(call, place.at(table), names[table.id])
            ids[table.id] = {key: record.id for key, record in records.items()}
    for field in _fields_of(place, Kind.LINKS):
        linked = place.linked_table(field)
        found = ids.get(linked.id, {}) if linked else {}
        for row in rows:
            cell = row.get(field.id)
            if isinstance(cell, list):
                row[field.id] = list(dict.fromkeys(found.get(str(one), str(one)) for one in cell))
    return {record_id: name for found in ids.values() for name, record_id in found.items()}


def _names_in(rows: Sequence[dict[str, JsonValue]], field: Field) -> list[str]:
    cells = [row[field.id] for row in rows if isinstance(row.get(field.id), list)]
    texts = [one for cell in cells if isinstance(cell, list) for one in cell if isinstance(one, str)]
    return [one for one in texts if not is_id(one, "rec")]


async def _find_persons(call: Call, place: Place, rows: Sequence[dict[str, JsonValue]]) -> None:
    fields = _fields_of(place, *_PEOPLE)
    people = await people_to_write(call, place, [row[f.id] for row in rows for f in fields if f.id in row])
    for row in rows:
        for field in fields:
            if field.id in row:
                row[field.id] = put_people(row[field.id], people)
