"""Date dependency settings of a table: taken, checked and shown; dates are not moved by them."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.state.model import Table
from pyairtable_mcp.sandbox.wire import invalid

_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "startDateFieldId": frozenset({"date", "dateTime"}),
    "endDateFieldId": frozenset({"date", "dateTime"}),
    "durationFieldId": frozenset({"number", "duration"}),
    "predecessorFieldId": frozenset({"multipleRecordLinks"}),
}
"""The types of the fields the settings name; that of the predecessor may be missing."""

_FLAGS: Final = ("isEnabled", "shouldSkipWeekendsAndHolidays")
_MODES: Final = ("flexible", "fixed", "none")


def read_dependency(table: Table, given: Json) -> JsonObject | None:
    """Return the settings, None for null; refuse those of another shape or with fields that do not fit.

    The keys are those of pyairtable's `TableSchema.DateDependency`.
    """
    if given is None:
        return None
    known = {*_FIELDS, *_FLAGS, "reschedulingMode", "holidays", "isForwardOnly"}
    if not isinstance(given, dict) or set(given) - known:
        raise invalid("dateDependencySettings has another shape")
    for key, kinds in _FIELDS.items():
        named = given.get(key)
        field = table.fields.get(named) if isinstance(named, str) else None
        if (field is None or field.type not in kinds) and not (key == "predecessorFieldId" and named is None):
            raise invalid(f"dateDependencySettings.{key} is no fitting field of the table")
    if not all(isinstance(given.get(key), bool) for key in _FLAGS):
        raise invalid("dateDependencySettings needs " + " and ".join(_FLAGS))
    if not isinstance(given.get("isForwardOnly"), bool | None) or given.get("reschedulingMode") not in _MODES:
        raise invalid("dateDependencySettings.reschedulingMode must be one of " + ", ".join(_MODES))
    holidays = given.get("holidays", [])
    if not isinstance(holidays, list) or not all(_is_day(each) for each in holidays):
        raise invalid("dateDependencySettings.holidays must be days")
    return {key: part for key, part in given.items() if part is not None}


def _is_day(text: Json) -> bool:
    try:
        return isinstance(text, str) and bool(date.fromisoformat(text))
    except ValueError:
        return False
