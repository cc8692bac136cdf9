"""Bases for tests in a few words: tables by name, each with its fields by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from pyairtable_mcp.base.json_types import JsonObject

FieldSpec: TypeAlias = str | Sequence[str] | JsonObject
"""A field type; the name of a table of the base, for links to it; a list of names, for a choice among them;
or the type and options of a field as the metadata API takes them, where `linkedTableId` may be a name."""

TableSpec: TypeAlias = Mapping[str, FieldSpec]
"""Fields by name; the first is the primary one."""

_USUAL: Final[Mapping[str, JsonObject]] = MappingProxyType(
    {
        "checkbox": {"icon": "check", "color": "greenBright"},
        "currency": {"precision": 2, "symbol": "$"},
        "date": {"dateFormat": {"name": "iso"}},
        "dateTime": {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "utc"},
        "duration": {"durationFormat": "h:mm"},
        "multipleSelects": {"choices": []},
        "number": {"precision": 0},
        "percent": {"precision": 0},
        "rating": {"icon": "star", "color": "yellowBright", "max": 5},
        "singleSelect": {"choices": []},
    }
)
"""Options of the types that need some, for fields of which nothing more is said."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A base in two steps: tables to create with it, and the links to add once every table has an id."""

    tables: Sequence[JsonObject]
    _later: Sequence[tuple[str, str, str | JsonObject]]

    def links(self, ids: Mapping[str, str]) -> Iterator[tuple[str, JsonObject]]:
        """Yield each link with the name of its table; `ids` are those of the tables by name."""
        for table, name, spec in self._later:
            yield table, {"name": name, **_link(spec, ids)}


def plan(tables: Mapping[str, Any]) -> Plan:
    """Return how to make these tables; raise `ValueError` for a table without fields or a strange field."""
    made: list[JsonObject] = []
    later: list[tuple[str, str, Any]] = []
    for name, fields in tables.items():
        if not isinstance(fields, Mapping) or not fields:
            raise ValueError(f"the table {name} needs fields by name, each with its type")
        now = {key: spec for key, spec in fields.items() if not _is_link(spec, tables)}
        later += [(name, key, spec) for key, spec in fields.items() if key not in now]
        made.append({"name": name, "fields": [{"name": key, **_described(now[key])} for key in now]})
    return Plan(made, later)


def _is_link(spec: FieldSpec, tables: Mapping[str, Any]) -> bool:
    if isinstance(spec, str):
        return spec in tables
    return isinstance(spec, Mapping) and spec.get("type") == "multipleRecordLinks"


def _link(spec: str | JsonObject, ids: Mapping[str, str]) -> JsonObject:
    if isinstance(spec, str):
        return {"type": "multipleRecordLinks", "options": {"linkedTableId": ids[spec]}}
    options = spec.get("options")
    if not isinstance(options, Mapping):
        return spec
    target = options.get("linkedTableId")
    return {**spec, "options": {**options, "linkedTableId": ids.get(str(target), target)}}


def _described(spec: FieldSpec) -> JsonObject:
    if isinstance(spec, str):
        return {"type": spec, "options": _USUAL[spec]} if spec in _USUAL else {"type": spec}
    if isinstance(spec, Mapping):
        return spec
    return {"type": "singleSelect", "options": {"choices": [{"name": each} for each in spec]}}
