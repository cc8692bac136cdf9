"""Records by id or by primary value: what only Airtable can resolve."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.airtable.reads import RECORDS_TTL
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import AmbiguousName, UnknownName
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, fold, quoted, same_name, visible
from pyairtable_mcp.operations import formulas
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.cells import cell_text
from pyairtable_mcp.operations.names import Place

NAMES_PER_REQUEST: Final = 100
_WORDS: Final = re.compile(r"\w{3,}")


def record_name(place: Place, record: Record) -> str:
    """Return a record's primary value as text."""
    return cell_text(place.primary, record.fields.get(place.primary.id))


async def find_records_by_key(
    call: Call,
    place: Place,
    keys: Iterable[str],
    fields: Sequence[Field] = (),
    *,
    comment_counts: bool = False,
) -> dict[str, Record]:
    """Return the record each key means: a record id, or the primary value of exactly one record.

    The primary field is always among the fields read. Raises UnknownName or AmbiguousName for the first
    key that does not mean one record; nothing is written by then.
    """
    wanted = list(dict.fromkeys(keys))
    ids = [key for key in wanted if is_id(key, "rec")]
    names = [key for key in wanted if not is_id(key, "rec")]
    columns = tuple(dict.fromkeys([place.primary.id, *(f.id for f in fields)]))
    found: dict[str, Record] = {}
    if ids:
        found |= await _by_id(call, place, ids, columns, comment_counts=comment_counts)
        for key in ids:
            if key not in found:
                raise UnknownName(f"Table {quoted(place.table.name)} has no record {key}.")
    for start in range(0, len(names), NAMES_PER_REQUEST):
        part = names[start : start + NAMES_PER_REQUEST]
        found |= await _by_name(call, place, part, columns, comment_counts=comment_counts)
    return found


async def _by_id(
    call: Call, place: Place, ids: Sequence[str], columns: tuple[str, ...], *, comment_counts: bool
) -> dict[str, Record]:
    base, table = place.base.id, place.table.id
    if not comment_counts:
        return await call.airtable.records_by_id(base, table, ids, columns)
    return await counted_records(call, base, table, ids, columns)


async def counted_records(
    call: Call, base: str, table: str, ids: Sequence[str], fields: tuple[str, ...]
) -> dict[str, Record]:
    """Return the records of these ids that are there, with these fields and the number of their comments."""
    found: dict[str, Record] = {}
    for start in range(0, len(ids), NAMES_PER_REQUEST):
        part = ids[start : start + NAMES_PER_REQUEST]
        query = Query(fields=fields, formula=record_id_filter(part), comment_counts=True)
        async for page in call.airtable.records(base, table, query, limit=len(part)):
            found |= {record.id: record for record in page.records}
    return found


async def _by_name(
    call: Call, place: Place, names: Sequence[str], columns: tuple[str, ...], *, comment_counts: bool
) -> dict[str, Record]:
    telling = _telling(place)
    columns = tuple(dict.fromkeys([*columns, *(f.id for f in telling)]))
    query = Query(fields=columns, formula=formulas.named(place.primary, names), comment_counts=comment_counts)
    records: list[Record] = []
    async for page in call.airtable.records(place.base.id, place.table.id, query):
        records += page.records
    texts = [record_name(place, record) for record in records]
    found: dict[str, Record] = {}
    for name in names:
        hits = [records[i] for i in same_name(name, texts)]
        if len(hits) != 1:
            raise await _not_one(call, place, name, hits, telling)
        found[name] = hits[0]
    return found


def _telling(place: Place) -> tuple[Field, ...]:
    """Return the field that best tells namesakes apart: an e-mail, else some other plain field."""
    for types in (("email",), ("singleLineText", "phoneNumber"), ("singleSelect", "date", "autoNumber")):
        for field in place.table.fields:
            if field.type in types and field.id != place.primary.id:
                return (field,)
    return ()


def _told_apart(place: Place, record: Record, telling: Sequence[Field]) -> str:
    more = [cell_text(field, record.fields.get(field.id)) for field in telling]
    name = visible(record_name(place, record))
    return f"{name} ({', '.join([record.id, *(visible(text) for text in more if text)])})"


async def _not_one(
    call: Call, place: Place, name: str, hits: Sequence[Record], telling: Sequence[Field]
) -> Exception:
    table = visible(place.table.name)
    if hits:
        options = [_told_apart(place, hit, telling) for hit in hits]
        return AmbiguousName(
            f"{len(hits)} records of '{table}' are named {quoted(name)}.",
            hint="Give the record id.",
            candidates=options,
        )
    near = await _near_names(call, place, name)
    return UnknownName(f"Table '{table}' has no record named {quoted(name)}.", candidates=near)


async def _near_names(call: Call, place: Place, name: str) -> list[str]:
    """Return up to three names like `name`, out of one page of records that share a part of it."""
    folded = fold(name)
    parts = list(dict.fromkeys([folded[:3], folded[-3:], *(w[:4] for w in _WORDS.findall(folded))]))
    query = Query(fields=(place.primary.id,), formula=formulas.resembling(place.primary, parts[:8]))
    page = await call.airtable.page(place.base.id, place.table.id, query, size=100, max_age=RECORDS_TTL)
    return closest(name, [record_name(place, record) for record in page.records])
