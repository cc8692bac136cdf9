"""People by e-mail, name or id.

Airtable tells e-mails and ids of a base's collaborators, but no names (Web API reference, "Get base
collaborators"). Names stand in the cells of person fields, so these are read when a name is needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Base, Field, User
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import AmbiguousName, Forbidden, NotFound, UnknownName
from pyairtable_mcp.base.text import closest, quoted, same_name, visible
from pyairtable_mcp.operations import formulas
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.field_types import Kind, kind_of
from pyairtable_mcp.operations.names import Place

LOOKS_PER_FIELD: Final = 3
_SHOWN: Final = 12


async def people_to_write(call: Call, place: Place, cells: Iterable[JsonValue]) -> dict[str, JsonValue]:
    """Return, for each e-mail or name among person cells, the cell that Airtable takes.

    A token that may not list collaborators leaves e-mails to Airtable. Raises UnknownName, AmbiguousName.
    """
    keys = {key for cell in cells for key in _keys(cell)}
    if not keys:
        return {}
    users, listed = await _known(call, place, keys)
    return {key: _cell(key, users, listed=listed) for key in sorted(keys)}


def _cell(key: str, users: Sequence[User], *, listed: bool) -> JsonValue:
    found = match(key, users)
    if found is None and "@" in key and not listed:
        return {"email": key}
    return {"id": (found or _nobody(key, users)).id}


async def people_to_mention(call: Call, place: Place, keys: Iterable[str]) -> dict[str, User]:
    """Return the person each e-mail, name or id means. Raises UnknownName, AmbiguousName."""
    wanted = set(keys)
    users, _ = await _known(call, place, wanted)
    return {key: match(key, users) or _nobody(key, users) for key in sorted(wanted)}


async def names_to_compare(call: Call, place: Place, asked: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the name that formulas see for each person; "" for somebody whom no cell holds.

    `asked` is field id -> e-mails, names or ids. Raises UnknownName, AmbiguousName.
    """
    names: dict[str, str] = {}
    for field_id, keys in asked.items():
        users = await _seen(call, place, place.table.by_id[field_id])
        for key in keys:
            found = match(key, users)
            if found is None:
                others = _merged(users, await _collaborators(call, place.base) or ())
                found = match(key, others) or _nobody(key, others)
            names[key] = _alone(found, users)
    return names


def _alone(person: User, users: Sequence[User]) -> str:
    """Return a person's name, unless somebody else has it too: formulas see names and nothing more."""
    namesakes = [user for user in users if user.name and user.name == person.name]
    if len(namesakes) > 1:
        raise AmbiguousName(
            f"{len(namesakes)} people of this base are named {quoted(person.name)}: filters see only names.",
            hint="Filter by something else, and tell them apart in the answer with cell_format json.",
            candidates=[_shown(user) for user in namesakes],
        )
    return person.name


def match(key: str, users: Sequence[User]) -> User | None:
    """Return the one of `users` that an id, e-mail or name means, or None. Raises AmbiguousName."""
    hits = [user for user in users if user.id == key]
    for words in ([user.email for user in users], [user.name for user in users]):
        hits = hits or [users[i] for i in same_name(key, words)]
    if len(hits) > 1:
        raise AmbiguousName(
            f"Several people are named {quoted(key)}.",
            hint="Give the e-mail.",
            candidates=[_shown(user) for user in hits],
        )
    return hits[0] if hits else None


def _nobody(key: str, users: Sequence[User]) -> User:
    words = [word for user in users for word in (user.email, user.name) if word]
    near = closest(key, words) or [_shown(user) for user in users[:_SHOWN]]
    raise UnknownName(f"Nobody in this base is {quoted(key)}.", candidates=near)


def _shown(user: User) -> str:
    return f"{visible(user.name)} <{user.email}>" if user.name else user.email or user.id


async def _known(call: Call, place: Place, keys: Iterable[str]) -> tuple[list[User], bool]:
    """Return who is known, reading cells only for keys that the list of collaborators does not answer.

    The second value tells whether Airtable listed the collaborators at all.
    """
    listed = await _collaborators(call, place.base)
    users = list(listed or ())
    if any(match(key, users) is None for key in keys):
        for field in place.table.fields:
            if kind_of(field) in (Kind.PERSON, Kind.PEOPLE):
                users = _merged(users, await _seen(call, place, field))
    return users, listed is not None


async def _collaborators(call: Call, base: Base) -> tuple[User, ...] | None:
    try:
        return await call.airtable.collaborators(base.id)
    except (Forbidden, NotFound):
        return None


async def _seen(call: Call, place: Place, field: Field) -> list[User]:
    """Return the people in a field's cells; each look leaves out the records whose people are known."""
    users: list[User] = []
    for _ in range(LOOKS_PER_FIELD):
        unseen = [formulas.negate(formulas.has(field, user.name)) for user in users if user.name]
        query = Query(fields=(field.id,), formula=formulas.all_of([formulas.filled(field), *unseen]))
        page = await call.airtable.page(place.base.id, place.table.id, query, size=100)
        found = [user for record in page.records for user in _users(record.fields.get(field.id))]
        users = _merged(users, found)
        if not page.offset:
            break
    return users


def _users(cell: JsonValue) -> list[User]:
    cells = cell if isinstance(cell, list) else [cell]
    return [
        User.model_validate(one)
        for one in cells
        if isinstance(one, Mapping) and isinstance(one.get("id"), str)
    ]


def _merged(first: Iterable[User], second: Iterable[User]) -> list[User]:
    """Return everybody once, with a name and an e-mail wherever one of the two lists has it."""
    found: dict[str, User] = {}
    for user in (*first, *second):
        known = found.get(user.id, user)
        found[user.id] = User(id=user.id, email=known.email or user.email, name=known.name or user.name)
    return list(found.values())


def _keys(cell: JsonValue) -> list[str]:
    if isinstance(cell, list):
        return [key for one in cell for key in _keys(one)]
    if isinstance(cell, Mapping) and "id" not in cell:
        return [str(value) for value in cell.values()]
    return []


def put_people(cell: JsonValue, people: Mapping[str, JsonValue]) -> JsonValue:
    """Return a person cell with e-mails and names replaced by what `people_to_write` found."""
    if isinstance(cell, list):
        return [put_people(one, people) for one in cell]
    keys = _keys(cell)
    return people[keys[0]] if keys else cell
