"""Listing records: which ones, in which order, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.formula.grammar import BadFormula
from pyairtable_mcp.formula.operators import single
from pyairtable_mcp.formula.values import Failed, Value, flat, is_blank, to_moment, to_text
from pyairtable_mcp.sandbox.fields.choices import names
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Field, Record, Table, View
from pyairtable_mcp.sandbox.wire import bad_formula, refusal, unknown_field

PAGE: Final = 100
"""Most records on one page (Airtable API reference, list records)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What decides which records are listed and in which order."""

    formula: str = ""
    view: str = ""
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None


def listed(reader: BaseReader, table: Table, question: Question) -> list[str]:
    """Return the ids of the records asked for, in order."""
    view = _view(table, question.view)
    order = question.order or (view.order if view else ())
    filters = [text for text in (view.filter if view else "", question.formula) if text.strip()]
    if not filters and not order:
        return list(table.records) if question.limit is None else list(islice(table.records, question.limit))
    keep = list(table.records.values())
    for text in filters:
        keep = _filtered(reader, table, text, keep)
    for key, descending in reversed(order):
        field = table.field_by(key)
        if field is None:
            raise unknown_field(key)
        keep.sort(key=_sort_key(reader, table, field), reverse=descending)
    return [each.id for each in keep][: question.limit]


def _view(table: Table, key: str) -> View | None:
    if not key:
        return None
    view = table.view_by(key)
    if view is None:
        sort = "VIEW_ID_NOT_FOUND" if is_id(key, "viw") else "VIEW_NAME_NOT_FOUND"
        raise refusal(sort, f"View {key} not found")
    return view


def _filtered(reader: BaseReader, table: Table, text: str, records: Sequence[Record]) -> list[Record]:
    try:
        matches = reader.filter(table, text)
    except BadFormula as error:
        raise bad_formula(str(error)) from error
    return [each for each in records if matches(each)]


SortKey: TypeAlias = tuple[int, float, str]


def _sort_key(reader: BaseReader, table: Table, field: Field) -> Callable[[Record], SortKey]:
    """Return a key that puts blanks first, selects in the order of their options, text whatever its case."""
    places = {name: place for place, name in enumerate(names(field).values())}

    def key(record: Record) -> SortKey:
        try:
            value = reader.value(table, record, field)
        except Failed:
            return (3, 0.0, "")
        if places and not is_blank(value):
            first = next(flat([value]))
            return (1, float(places.get(to_text(first), len(places))), to_text(value))
        return _ordered(single(value))

    return key


def _ordered(value: Value) -> SortKey:
    if is_blank(value):
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    moment = None if isinstance(value, str) else to_moment(value)
    if moment is not None:
        return (1, moment.timestamp(), "")
    return (2, 0.0, to_text(value).lower())
