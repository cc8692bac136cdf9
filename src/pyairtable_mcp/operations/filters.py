"""Which records are meant: conditions, a formula and a text search, joined into one filter formula."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.base.errors import Forbidden, NotFound
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.operations import comparisons, conditions, formulas
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.conditions import Where
from pyairtable_mcp.operations.field_types import Kind, kind_of
from pyairtable_mcp.operations.lookups import find_person, find_records_by_key
from pyairtable_mcp.operations.names import Place
from pyairtable_mcp.operations.rows import now_of

_SEARCHED: Final = (Kind.TEXT, Kind.OPTION, Kind.OPTIONS, Kind.LINKS, Kind.LIST, Kind.PERSON, Kind.PEOPLE)
MAX_SEARCHED_FIELDS: Final = 40


async def build_filter(
    call: Call,
    place: Place,
    where: Sequence[Mapping[str, JsonValue]] = (),
    formula: str = "",
    search: str = "",
) -> str:
    """Return one formula for the records that satisfy all that is given; "" when nothing is.

    Conditions are checked before any request; comparing a link or a person costs one look-up a table.
    """
    parts = []
    if where:
        tree = conditions.parse(place, list(where))
        targets = comparisons.Targets(await _linking(call, place, tree), await _people(call, place, tree))
        parts.append(conditions.formula(tree, targets, now_of(call)))
    if formula.strip():
        parts.append(formula.strip())
    if search.strip():
        parts.append(searching(place, search.strip()))
    return formulas.all_of(parts)


def searching(place: Place, text: str) -> str:
    """Return the filter for records that hold every word of `text` in some text-like field."""
    columns = [f for f in place.table.fields if kind_of(f) in _SEARCHED][:MAX_SEARCHED_FIELDS]
    return formulas.all_of(
        [formulas.any_of([formulas.contains(f, word) for f in columns]) for word in text.split()[:8]]
    )


async def _linking(call: Call, place: Place, tree: Where) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return, for each record that a link field is compared with, the records of this table that link to it.

    The linked record lists them in its inverse field, so that names with commas, and two records of one name,
    are told apart. A field without an inverse is left out; names then decide.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for field_id, keys in conditions.linked(tree).items():
        field = next(f for f in place.table.fields if f.id == field_id)
        linked, inverse = place.linked_table(field), _inverse(place, field)
        if linked is None or (inverse is None and not any(is_id(key, "rec") for key in keys)):
            continue
        records = await find_records_by_key(call, place.at(linked), keys, [inverse] if inverse else [])
        if inverse is not None:
            found |= {(field_id, key): _ids(record, inverse) for key, record in records.items()}
    return found


def _inverse(place: Place, field: Field) -> Field | None:
    linked, wanted = place.linked_table(field), field.options.get("inverseLinkFieldId")
    return next((f for f in linked.fields if f.id == wanted), None) if linked else None


def _ids(record: Record, field: Field) -> tuple[str, ...]:
    cell = record.fields.get(field.id)
    return tuple(one for one in cell if isinstance(one, str)) if isinstance(cell, list) else ()


async def _people(call: Call, place: Place, tree: Where) -> dict[str, str]:
    """Return the name, as formulas see it, of each person given by e-mail or id."""
    asked = {text for _, text in conditions.persons(tree)}
    if not asked:
        return {}
    try:
        users = await call.airtable.collaborators(place.base.id)
    except (Forbidden, NotFound):
        return {}
    return {text: find_person(text, users).name for text in asked}
