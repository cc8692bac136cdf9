"""Which records are meant: conditions, a formula and a text search, joined into one filter formula."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import counted
from pyairtable_mcp.operations import comparisons, conditions, formulas
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.conditions import Where
from pyairtable_mcp.operations.field_types import Kind, kind_of
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place
from pyairtable_mcp.operations.people import names_to_compare
from pyairtable_mcp.operations.rows import now_of

_SEARCHED: Final = (Kind.TEXT, Kind.OPTION, Kind.OPTIONS, Kind.LINKS, Kind.LIST, Kind.PERSON, Kind.PEOPLE)
MAX_SEARCH_TESTS: Final = 400


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
        now = now_of(call)
        tree = conditions.parse(place, list(where), now.zone)
        parts.append(conditions.formula(tree, await _targets(call, place, tree), now))
    if formula.strip():
        parts.append(with_field_ids(place, formula.strip()))
    if search.strip():
        parts.append(searching(place, search.strip()))
    return formulas.all_of(parts)


def with_field_ids(place: Place, formula: str) -> str:
    """Return a caller's formula with every field it names turned into `{fld…}`.

    Raises BadValue for what is no formula, UnknownName for names of nothing, before a request is spent on it.
    """
    # Reading formulas takes long to start, and most calls bring none.
    from pyairtable_mcp.operations import formula_checks

    return formula_checks.with_field_ids(place, formula)


def searching(place: Place, text: str) -> str:
    """Return the filter for records that hold every word of `text` in some text-like field.

    Raises InvalidArguments rather than leave out a word or a field.
    """
    columns = [f for f in place.table.fields if kind_of(f) in _SEARCHED]
    words = text.split()
    if len(columns) * len(words) > MAX_SEARCH_TESTS:
        raise InvalidArguments(
            f"{counted(len(words), 'word')} in {counted(len(columns), 'text field')} are too many to search.",
            hint="Search fewer words, or use where with op contains on the fields that matter.",
        )
    return formulas.all_of([formulas.any_of([formulas.contains(f, word) for f in columns]) for word in words])


async def _targets(call: Call, place: Place, tree: Where) -> comparisons.Targets:
    """Look up the records and people that the conditions name.

    A linked record lists the records that link to it in its inverse field, which tells names with commas, and
    two records of one name, apart. Where there is no inverse, its name decides, if no other record has it.
    """
    links: dict[tuple[str, str], tuple[str, ...]] = {}
    names = await names_to_compare(call, place, conditions.persons(tree))
    for field_id, keys in conditions.linked(tree).items():
        field = place.table.by_id[field_id]
        linked, inverse = place.linked_table(field), _inverse(place, field)
        if linked is None:
            continue
        there = place.at(linked)
        records = await find_records_by_key(call, there, keys, [inverse] if inverse else [])
        if inverse is not None:
            links |= {(field_id, key): _ids(record, inverse) for key, record in records.items()}
            continue
        names |= {key: record_name(there, record) for key, record in records.items()}
        await find_records_by_key(call, there, [names[key] for key in keys if is_id(key, "rec")])
    return comparisons.Targets(links, names)


def _inverse(place: Place, field: Field) -> Field | None:
    linked, wanted = place.linked_table(field), field.options.get("inverseLinkFieldId")
    return next((f for f in linked.fields if f.id == wanted), None) if linked else None


def _ids(record: Record, field: Field) -> tuple[str, ...]:
    cell = record.fields.get(field.id)
    return tuple(one for one in cell if isinstance(one, str)) if isinstance(cell, list) else ()
