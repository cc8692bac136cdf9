"""Cells on their way back: from what Airtable showed to what Airtable takes."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Table
from pyairtable_mcp.operations.field_types import Kind, type_of

FILE_URLS_LIVE: Final = timedelta(hours=2)
"""How long the address of an attachment answers (Airtable API reference, attachments)."""


def writable_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields of a table that can be written."""
    return tuple(field for field in table.fields if type_of(field).writable)


def writable_cells(table: Table, cells: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return those of the cells, by field id, that can be written."""
    known = {field.id for field in writable_fields(table)}
    return {key: value for key, value in cells.items() if key in known}


def to_write(field: Field, shown: JsonValue, held: JsonValue = None) -> JsonValue:
    """Return what writes a cell back to what it showed; None clears it. `held` is what it holds now.

    People go by id; files that are still in the cell by id, others by address and name.
    """
    kind = type_of(field).kind
    if kind is Kind.FILES:
        return _files(shown, {str(one.get("id")) for one in _objects(held)})
    if kind is Kind.PEOPLE:
        return [{"id": one["id"]} for one in _objects(shown)] or None
    if kind is Kind.PERSON:
        return {"id": shown["id"]} if isinstance(shown, Mapping) and "id" in shown else None
    return shown


def _objects(cell: JsonValue) -> list[Mapping[str, JsonValue]]:
    return [one for one in cell if isinstance(one, Mapping)] if isinstance(cell, list) else []


def _files(shown: JsonValue, held: Collection[str]) -> JsonValue:
    files: list[JsonValue] = []
    for one in _objects(shown):
        if one.get("id") in held:
            files.append({"id": one["id"]})
        elif isinstance(one.get("url"), str):
            files.append({key: one[key] for key in ("url", "filename") if isinstance(one.get(key), str)})
    return files or None


def lost_files(shown: JsonValue, held: JsonValue, *, seen: datetime, now: datetime) -> list[str]:
    """Return the names of files that were in a cell when it was `seen` and cannot be had any more."""
    there = {one.get("id") for one in _objects(held)}
    gone = [one for one in _objects(shown) if one.get("id") not in there]
    if now - seen < FILE_URLS_LIVE:
        return []
    return [str(one.get("filename") or one.get("id")) for one in gone]
