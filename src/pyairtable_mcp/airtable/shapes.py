"""Reading Airtable's JSON into values; whatever lacks what it must contain is a `BadShape`."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Model, Record
from pyairtable_mcp.airtable.wire import BadShape

T = TypeVar("T")
M = TypeVar("M", bound=Model)


def record_of(data: JsonValue) -> Record:
    """Read one record."""
    match data:
        case {"id": str(record_id), "createdTime": str(created), "fields": dict(fields), **rest}:
            count = rest.get("commentCount")
            return Record(record_id, created, fields, count if type(count) is int else None)
    raise BadShape("not a record")


def records_of(data: JsonValue) -> tuple[Record, ...]:
    """Read the list under `records`."""
    return tuple(map(record_of, list_of(data, "records")))


def list_of(data: JsonValue, key: str) -> list[JsonValue]:
    """Return the list under `key`."""
    match data:
        case dict() if isinstance(data.get(key), list):
            items = data[key]
            return items if isinstance(items, list) else []
    raise BadShape(f"no list of {key}")


def offset_of(data: JsonValue) -> str:
    """Return the cursor to the next page, empty at the end."""
    offset = data.get("offset") if isinstance(data, dict) else None
    return offset if isinstance(offset, str) else ""


def model_of(model: type[M]) -> Callable[[JsonValue], M]:
    """Return a reader for one object of this model."""
    return model.model_validate


def models_of(model: type[M], key: str) -> Callable[[JsonValue], tuple[M, ...]]:
    """Return a reader for the objects of this model listed under `key`."""
    return lambda data: tuple(map(model.model_validate, list_of(data, key)))


def texts_of(data: JsonValue) -> Sequence[str]:
    """Return a list of texts."""
    if isinstance(data, list):
        return [each for each in data if isinstance(each, str)]
    raise BadShape("not a list of texts")
