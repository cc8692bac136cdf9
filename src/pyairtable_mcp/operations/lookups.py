"""Names that only Airtable can resolve: records by their primary value, people by e-mail or name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Base, Field, Record, User
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import AmbiguousName, Forbidden, NotFound, UnknownName
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.text import closest, fold, same_name, visible
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
    call: Call, place: Place, keys: Iterable[str], fields: Sequence[Field] = ()
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
        found |= await call.airtable.records_by_id(place.base.id, place.table.id, ids, columns)
        for key in ids:
            if key not in found:
                raise UnknownName(f"Table '{visible(place.table.name)}' has no record {key}.")
    for start in range(0, len(names), NAMES_PER_REQUEST):
        found |= await _by_name(call, place, names[start : start + NAMES_PER_REQUEST], columns)
    return found


async def _by_name(
    call: Call, place: Place, names: Sequence[str], columns: tuple[str, ...]
) -> dict[str, Record]:
    query = Query(fields=columns, formula=formulas.named(place.primary, names))
    records: list[Record] = []
    async for page in call.airtable.records(place.base.id, place.table.id, query):
        records += page.records
    texts = [record_name(place, record) for record in records]
    found: dict[str, Record] = {}
    for name in names:
        hits = [records[i] for i in same_name(name, texts)]
        if len(hits) != 1:
            raise await _not_one(call, place, name, hits)
        found[name] = hits[0]
    return found


async def _not_one(call: Call, place: Place, name: str, hits: Sequence[Record]) -> Exception:
    table = visible(place.table.name)
    if hits:
        options = [f"{visible(record_name(place, hit))} ({hit.id})" for hit in hits]
        return AmbiguousName(
            f"{len(hits)} records of '{table}' are named '{visible(name)}'.",
            hint="Give the record id.",
            candidates=options,
        )
    near = await _near_names(call, place, name)
    return UnknownName(f"Table '{table}' has no record named '{visible(name)}'.", candidates=near)


async def _near_names(call: Call, place: Place, name: str) -> list[str]:
    """Return up to three names like `name`, out of one page of records that share a part of it."""
    folded = fold(name)
    parts = list(dict.fromkeys([folded[:3], folded[-3:], *(w[:4] for w in _WORDS.findall(folded))]))
    query = Query(fields=(place.primary.id,), formula=formulas.resembling(place.primary, parts[:8]))
    page = await call.airtable.page(place.base.id, place.table.id, query, size=100)
    return closest(name, [record_name(place, record) for record in page.records])


async def find_people(call: Call, base: Base, cells: Iterable[JsonValue]) -> dict[str, JsonValue]:
    """Return, for each e-mail or name among person cells, the cell that Airtable takes.

    A token that may not list collaborators leaves e-mails to Airtable; names then cannot be resolved.
    """
    wanted = {key for cell in cells for key in _person_keys(cell)}
    if not wanted:
        return {}
    try:
        users = await call.airtable.collaborators(base.id)
    except (Forbidden, NotFound):
        return {key: _unlisted_person(key) for key in wanted}
    return {key: {"id": find_person(key, users).id} for key in wanted}


def _person_keys(cell: JsonValue) -> list[str]:
    if isinstance(cell, list):
        return [key for one in cell for key in _person_keys(one)]
    if isinstance(cell, Mapping) and "id" not in cell:
        return [str(value) for value in cell.values()]
    return []


def _unlisted_person(key: str) -> JsonValue:
    if "@" in key:
        return {"email": key}
    raise UnknownName(f"Nobody can be looked up by the name '{visible(key)}'.", hint="Give the e-mail.")


def find_person(key: str, users: Sequence[User]) -> User:
    """Return the one of `users` that an id, e-mail or name means."""
    hits = [user for user in users if user.id == key]
    hits = hits or [users[i] for i in same_name(key, [user.email for user in users])]
    hits = hits or [users[i] for i in same_name(key, [user.name for user in users])]
    if len(hits) == 1:
        return hits[0]
    shown = [f"{visible(u.name)} <{u.email}>" for u in hits or users]
    if hits:
        raise AmbiguousName(
            f"Several people are named '{visible(key)}'.", hint="Give the e-mail.", candidates=shown
        )
    near = closest(key, [u.email for u in users] + [u.name for u in users]) or shown[:12]
    raise UnknownName(f"Nobody in this base is '{visible(key)}'.", candidates=near)


def put_people(cell: JsonValue, people: Mapping[str, JsonValue]) -> JsonValue:
    """Return a person cell with e-mails and names replaced by what `find_people` found."""
    if isinstance(cell, list):
        return [put_people(one, people) for one in cell]
    keys = _person_keys(cell)
    return people[keys[0]] if keys else cell
