"""What the arguments of each kind of step name in a table, as far as it stands there in plain words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import AppError, UnknownName
from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.formula.problems import BadFormula
from pyairtable_mcp.operations import formula_checks, names
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.conditions import condition, field_and_operator
from pyairtable_mcp.operations.rows import rules
from pyairtable_mcp.operations.values import Rules, check

Found = Iterator[tuple[Fault, str]]
"""What is wrong, each with the name that names nothing; "" where it is something else."""
Looker = Callable[["Here", JsonValue, Mapping[str, JsonValue]], Found]


@dataclass(frozen=True)
class Here:
    """A table that arguments are held against."""

    call: Call
    place: names.Place

    def faults(self, kind: str, args: Mapping[str, JsonValue]) -> Found:
        """Yield what is wrong with the arguments of a kind of step, each under the argument's name."""
        for name, look in ARGUMENTS_OF[kind].items():
            value = args.get(name)
            if value is not None and value != "":
                yield from ((fault.under((name,)), word) for fault, word in look(self, value, args))

    def field(self, name: str) -> tuple[Field | None, list[tuple[Fault, str]]]:
        """Return a field, or what is wrong with its name."""
        try:
            return names.find_field(self.place, name), []
        except AppError as problem:
            return None, [(_fault((), problem), name)]

    def rules(self, args: Mapping[str, JsonValue]) -> Rules:
        """Return by what rules the values of a step are checked."""
        options = [one for one in _listed(args.get("new_options")) if isinstance(one, str)]
        return rules(self.call, options, typecast=args.get("typecast") is True)


def _fault(at: Place, problem: AppError) -> Fault:
    return Fault(at, f"{problem.message} {problem.hint}".strip(), tuple(problem.candidates))


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _names(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    several = isinstance(value, list)
    for place, name in enumerate(_listed(value)):
        if isinstance(name, str) and not has_expression(name):
            yield from _under((place,) if several else (), here.field(name)[1])


def _sorted_by(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    for place, one in enumerate(value if isinstance(value, list) else [value]):
        name = one.get("field") if isinstance(one, Mapping) else one
        if isinstance(name, str) and not has_expression(name):
            found = here.field(name.removeprefix("-"))[1] if here.field(name)[1] else []
            yield from _under((place,) if isinstance(value, list) else (), found)


def _view(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    if isinstance(value, str) and not has_expression(value):
        try:
            names.find_view(here.place, value)
        except AppError as problem:
            yield _fault((), problem), ""


def _formula(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    if not isinstance(value, str) or has_expression(value) or not value.strip():
        return
    try:
        formula_checks.bound(here.place, value)
    except BadFormula as bad:
        for problem, told in zip(
            bad.problems, formula_checks.problems_of(here.place, value, bad), strict=True
        ):
            # What is wrong whatever the table is was told before anybody looked at it.
            if problem.kind == "field":
                yield Fault((), f"In the formula: {told.message}.", told.candidates), problem.name


def _conditions(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    several = isinstance(value, list)
    for place, one in enumerate(value if isinstance(value, list) else [value]):
        at: Place = (place,) if several else ()
        if not isinstance(one, Mapping):
            continue
        inner = next((key for key in ("any", "all") if set(one) == {key}), "")
        if inner:
            yield from _under((*at, inner), _conditions(here, one[inner], {}))
        else:
            yield from _under(at, _condition(here, one))


def _condition(here: Here, one: Mapping[str, JsonValue]) -> Found:
    if has_expression([one.get("field"), one.get("op")]):
        return
    try:
        if has_expression(dict(one)):
            field_and_operator(here.place, one)
        else:
            condition(here.place, one, here.rules({}).zone)
    except AppError as problem:
        at = ("field",) if isinstance(problem, UnknownName) else ()
        yield _fault(at, problem), str(one.get("field")) if at else ""


def _cells(here: Here, value: JsonValue, args: Mapping[str, JsonValue]) -> Found:
    for name, cell in value.items() if isinstance(value, Mapping) else ():
        column, found = here.field(name)
        yield from _under((name,), found)
        if column is None:
            continue
        try:
            check(column, None if has_expression(cell) else cell, here.rules(args))
        except AppError as problem:
            yield _fault((name,), problem), ""


def _rows(here: Here, value: JsonValue, args: Mapping[str, JsonValue]) -> Found:
    for place, row in enumerate(value if isinstance(value, list) else [value]):
        yield from _under((place,) if isinstance(value, list) else (), _cells(here, row, args))


def _patches(here: Here, value: JsonValue, args: Mapping[str, JsonValue]) -> Found:
    for place, row in enumerate(value if isinstance(value, list) else [value]):
        cells = row.get("fields") if isinstance(row, Mapping) else None
        at: Place = (place, "fields") if isinstance(value, list) else ("fields",)
        yield from _under(at, _cells(here, cells, args))


def _changed_fields(here: Here, value: JsonValue, _: Mapping[str, JsonValue]) -> Found:
    for place, one in enumerate(value if isinstance(value, list) else [value]):
        name = one.get("field") if isinstance(one, Mapping) else None
        if isinstance(name, str) and not has_expression(name):
            yield from _under((place, "field"), here.field(name)[1])


def _under(at: Place, found: Sequence[tuple[Fault, str]] | Found) -> Found:
    yield from ((fault.under(at), name) for fault, name in found)


_FILTER: Final[Mapping[str, Looker]] = {"where": _conditions, "formula": _formula}
ARGUMENTS_OF: Final[Mapping[str, Mapping[str, Looker]]] = MappingProxyType(
    {
        "record": {"fields": _names, "when": _formula, "was": _formula},
        "find": {**_FILTER, "fields": _names, "sort": _sorted_by, "view": _view},
        "create": {"records": _rows},
        "update": {**_FILTER, "records": _patches, "set": _cells},
        "replace": {"records": _patches},
        "upsert": {"records": _rows, "match_on": _names},
        "delete": _FILTER,
        "attach": {"field": _names},
        "comment": {},
        "create_table": {},
        "create_fields": {},
        "update_schema": {"fields": _changed_fields},
    }
)
"""Which arguments name something in a table, by the kind of step; `record` is the trigger."""
