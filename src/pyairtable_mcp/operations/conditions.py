"""Plain conditions: `where` read, checked against the schema, and turned into a filter formula.

    where = [{"field": "Status", "op": "=", "value": "Done"}, {"any": [ …, … ]}]      all must hold

Three steps: `parse` (pure: names, operators and values checked), `find_targets` (linked records and people
looked up, the only requests), `formula` (pure).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import AppError, InvalidArguments
from pyairtable_mcp.base.text import closest, cut, listed, visible
from pyairtable_mcp.operations import comparisons
from pyairtable_mcp.operations.comparisons import OPS, SYNONYMS, Comparison, Operator
from pyairtable_mcp.operations.field_types import Kind, kind_of
from pyairtable_mcp.operations.formulas import all_of, any_of
from pyairtable_mcp.operations.names import Place, find_field
from pyairtable_mcp.operations.problems import Problems

MAX_DEPTH: Final = 5
MAX_CONDITIONS: Final = 200
_SHAPE: Final = 'Use {"field": …, "op": …, "value": …} or {"any": [conditions]}.'


@dataclass(frozen=True)
class Group:
    """Conditions of which all, or any, must hold."""

    any: bool
    parts: tuple["Group | Comparison", ...]


Where = Group


def parse(place: Place, raw: Sequence[Mapping[str, JsonValue]], zone: ZoneInfo) -> Where:
    """Return `raw` as a tree of checked comparisons, all of which must hold.

    Raises the problems of all conditions together: InvalidArguments for a wrong shape or operator,
    UnknownName for a field, BadValue for a value that the field cannot hold.
    """
    reader = _Reader(place, zone, Problems())
    tree = reader.group(list(raw), "where", 1, any_holds=False)
    reader.problems.raise_any()
    if sum(1 for _ in comparisons_in(tree)) > MAX_CONDITIONS:
        raise InvalidArguments(f"where has more than {MAX_CONDITIONS} conditions.", hint="Use op 'in'.")
    return tree


@dataclass(frozen=True)
class _Reader:
    """Reads conditions on one table, collecting what is wrong with any of them."""

    place: Place
    zone: ZoneInfo
    problems: Problems

    def group(self, raw: object, at: str, depth: int, *, any_holds: bool) -> Group:
        """Return the group that a list of conditions stands for; what is wrong goes to the problems."""
        if not isinstance(raw, list) or not raw:
            told = InvalidArguments("A list with at least one condition is expected.", hint=_SHAPE)
            self.problems.add(at, told)
            return Group(any_holds, ())
        if depth > MAX_DEPTH:
            self.problems.add(at, InvalidArguments(f"Conditions are nested deeper than {MAX_DEPTH}."))
            return Group(any_holds, ())
        parts = [self._tried(part, f"{at}[{i}]", depth) for i, part in enumerate(raw)]
        return Group(any_holds, tuple(part for part in parts if part is not None))

    def _tried(self, raw: object, at: str, depth: int) -> "Group | Comparison | None":
        try:
            return self._part(raw, at, depth)
        except AppError as problem:
            self.problems.add(at, problem)
            return None

    def _part(self, raw: object, at: str, depth: int) -> "Group | Comparison":
        if not isinstance(raw, Mapping):
            raise InvalidArguments(f"{cut(visible(repr(raw)), 60)} is not a condition.", hint=_SHAPE)
        for key in ("any", "all"):
            if set(raw) == {key}:
                return self.group(raw[key], f"{at}.{key}", depth + 1, any_holds=key == "any")
        return condition(self.place, raw, self.zone)


def condition(place: Place, raw: Mapping[str, JsonValue], zone: ZoneInfo) -> Comparison:
    """Return one comparison, checked; raises as `parse`."""
    field, op = field_and_operator(place, raw)
    if "value" not in raw and op not in ("empty", "not_empty"):
        raise InvalidArguments(f"Op {op} needs a value.", hint="For blank cells use op 'empty'.")
    return comparisons.read(field, op, raw.get("value"), zone)


def field_and_operator(place: Place, raw: Mapping[str, JsonValue]) -> tuple[Field, Operator]:
    """Return what a comparison compares and how; raises as `parse`."""
    extra = sorted(str(key) for key in set(raw) - {"field", "op", "value"})
    if extra or not isinstance(raw.get("field"), str):
        told = f"Unknown keys {listed(extra)}." if extra else "A condition needs a field name."
        raise InvalidArguments(told, hint=_SHAPE)
    op = _operator(raw.get("op", "="))
    return find_field(place, str(raw["field"])), op


def _operator(raw: object) -> Operator:
    if isinstance(raw, str):
        name = SYNONYMS.get(raw.strip().lower(), raw.strip().lower())
        for op in OPS:
            if op == name:
                return op
    near = closest(str(raw), OPS) or list(OPS)
    raise InvalidArguments(f"There is no operator {cut(visible(str(raw)), 40)!r}.", candidates=near)


def comparisons_in(tree: Where) -> Iterator[Comparison]:
    """Yield every comparison of the tree."""
    for part in tree.parts:
        if isinstance(part, Comparison):
            yield part
        else:
            yield from comparisons_in(part)


def formula(tree: Where, targets: comparisons.Targets, now: comparisons.Now) -> str:
    """Return the filter formula of the tree."""
    parts = [
        comparisons.formula(part, targets, now)
        if isinstance(part, Comparison)
        else formula(part, targets, now)
        for part in tree.parts
    ]
    return any_of(parts) if tree.any else all_of(parts)


def linked(tree: Where) -> dict[str, list[str]]:
    """Return, for each link field compared with records, the names or ids it is compared with."""
    return _members(tree, Kind.LINKS)


def persons(tree: Where) -> dict[str, list[str]]:
    """Return, for each person field compared with people, the names, e-mails or ids it is compared with."""
    return _members(tree, Kind.PERSON, Kind.PEOPLE)


def _members(tree: Where, *kinds: Kind) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for one in comparisons_in(tree):
        if kind_of(one.field) in kinds and one.op in comparisons.MEMBER_OPS:
            wanted.setdefault(one.field.id, []).extend(comparisons.texts(one))
    return wanted
