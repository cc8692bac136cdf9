"""Collaborators: stored by user id, shown as `{"id","email","name"}`, seen by formulas as names."""

from collections.abc import Sequence
from typing import Final

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value
from pyairtable_mcp.sandbox.fields.kinds import Cell, FieldType, Incoming
from pyairtable_mcp.sandbox.fields.listed import listed


def _person(incoming: Incoming, raw: Json, *, bare: bool = False) -> str:
    """Return the user id of `{"id"}` or `{"email"}`; under typecast also of a bare id, e-mail or name.

    `bare` takes a bare id in any case.
    """
    key = raw if isinstance(raw, str) and (incoming.writer.typecast or (bare and is_id(raw, "usr"))) else None
    if isinstance(raw, dict):
        key = raw.get("id") or raw.get("email")
    user = incoming.writer.person(key) if isinstance(key, str) else None
    if user is None:
        raise incoming.refuse()
    return user.id


def person_of(incoming: Incoming) -> Json:
    """Take one collaborator."""
    return _person(incoming, incoming.raw)


def people_of(incoming: Incoming) -> Json:
    """Take a list of ids or collaborators; under typecast also names or e-mails separated by commas."""
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast:
        raw = listed(raw)
    if not isinstance(raw, list | tuple):
        raise incoming.refuse()
    return list(dict.fromkeys(_person(incoming, each, bare=True) for each in raw)) or None


def _shown(cell: Cell, keys: Sequence[Json]) -> list[Json]:
    users = (cell.reader.user(key) for key in keys if isinstance(key, str))
    return [user.as_json() for user in users if user is not None]


def show_person(cell: Cell) -> Json:
    """Show one collaborator, or nothing once the user is gone."""
    return next(iter(_shown(cell, [cell.held])), None)


def show_people(cell: Cell) -> Json:
    """Show a list of collaborators."""
    return _shown(cell, cell.held) if isinstance(cell.held, list) else None


def _name(cell: Cell, key: Json) -> str | None:
    user = cell.reader.user(key) if isinstance(key, str) else None
    return user.name if user else None


def person_value(cell: Cell) -> Value:
    """Give formulas the collaborator's name."""
    return _name(cell, cell.held)


def people_value(cell: Cell) -> Value:
    """Give formulas the list of names."""
    return [_name(cell, key) for key in cell.held] if isinstance(cell.held, list) else None


def creator_value(cell: Cell) -> Value:
    """Give formulas the name of who made the record."""
    return _name(cell, cell.record.created_by)


def show_creator(cell: Cell) -> Json:
    """Show who made the record."""
    return next(iter(_shown(cell, [cell.record.created_by])), None)


def editor_value(cell: Cell) -> Value:
    """Give formulas the name of who last changed the record."""
    return _name(cell, cell.record.modified_by)


def show_editor(cell: Cell) -> Json:
    """Show who last changed the record."""
    return next(iter(_shown(cell, [cell.record.modified_by])), None)


PEOPLE: Final = (
    FieldType("singleCollaborator", person_value, person_of, show_person),
    FieldType("multipleCollaborators", people_value, people_of, show_people),
    FieldType("createdBy", creator_value, show=show_creator, computed=True),
    FieldType("lastModifiedBy", editor_value, show=show_editor, computed=True),
)
