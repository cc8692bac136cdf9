"""Fields out of Airtable's own metadata: every type, computed ones too, ids kept.

The metadata API tells a formula's text but not a rollup's. A rollup described without one gets the summary
its result suggests; `options.formula`, which Airtable does not know, says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.schema.cycles import refuse_cycles
from pyairtable_mcp.sandbox.state.model import Base, Field
from pyairtable_mcp.sandbox.wire import invalid

_DERIVED: Final = frozenset({"formula", "rollup"})
"""Types whose `options.formula` is what they compute with."""

_SUMS: Final = frozenset({"number", "currency", "percent", "duration", "rating", "count", "autoNumber"})
_MOMENTS: Final = frozenset({"date", "dateTime", "createdTime", "lastModifiedTime"})


def field_from_metadata(described: Json) -> Field:
    """Return the field that `{"id","name","type"[,"description"][,"options"]}` describes, its id kept.

    Takes each element of `fields` in the answer of `GET /v0/meta/bases/{base}/tables` as it is, whatever its
    type; a type nobody knows becomes a read-only field. What the options refer to need not be there yet.
    Refuses a description of another shape. Once all fields of a base are in place, call `check_base`.
    """
    if not isinstance(described, Mapping):
        raise invalid("a field's description must be an object")
    key, name, kind = (described.get(each) for each in ("id", "name", "type"))
    if not isinstance(key, str) or not is_id(key, "fld"):
        raise invalid(f"{key!r} is no field id")
    if not isinstance(name, str) or not name or not isinstance(kind, str) or not kind:
        raise invalid(f"the field {key} needs a name and a type")
    options, description = described.get("options"), described.get("description")
    if not isinstance(options, Mapping | None) or not isinstance(description, str | None):
        raise invalid(f"the field {name} has options or a description of the wrong shape")
    held = dict(options or {})
    formula = held.pop("formula", None) if kind in _DERIVED else None
    if not isinstance(formula, str | None):
        raise invalid(f"the formula of {name} is no text")
    if formula is None and kind == "rollup":
        formula = _summary(held.get("result"))
    return Field(key, name, kind, held, description or "", formula or "")


def _summary(result: Json) -> str:
    """Return the rollup formula a declared result suggests."""
    kind = result.get("type") if isinstance(result, Mapping) else None
    if kind in _SUMS:
        return "SUM(values)"
    return "MAX(values)" if kind in _MOMENTS else "ARRAYJOIN(values)"


def check_base(base: Base) -> None:
    """Refuse a base that was put together from descriptions and cannot work.

    A table needs fields; names of tables and of fields within a table differ; no field depends on itself.
    """
    _differ([each.name for each in base.tables.values()], "tables")
    for table in base.tables.values():
        if not table.fields:
            raise invalid(f"the table {table.name} has no fields")
        _differ([each.name for each in table.fields.values()], f"fields of {table.name}")
    refuse_cycles(base)


def _differ(names: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise invalid(f"two {what} are called {name!r}")
        seen.add(name)
