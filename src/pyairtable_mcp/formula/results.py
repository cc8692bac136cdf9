"""What type a formula's result has, from the types of the fields it names.

Airtable shows it as `options.result` of formula and rollup fields. Its documentation does not say how the
type is found; what is here is how `docs/sandbox.md` says it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.compiler import bind, find_field
from pyairtable_mcp.formula.kinds import Columns
from pyairtable_mcp.formula.temporal import unit_of
from pyairtable_mcp.formula.tree import Call, Chain, Literal, Negated, Reference, Tree


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of Airtable's with its options; `many` when it is a list of them."""

    type: str
    options: Mapping[str, Json]
    many: bool = False

    def as_json(self) -> JsonObject:
        """Return the shape as `options.result` shows it; a list is shown as what it lists."""
        return {"type": self.type, "options": dict(self.options)} if self.options else {"type": self.type}


def _number(precision: int) -> Shape:
    return Shape("number", {"precision": precision})


_DATE_FORMAT: Final[Json] = {"name": "local", "format": "l"}
TEXT: Final = Shape("singleLineText", {})
WHOLE: Final = _number(0)
DECIMAL: Final = _number(1)
DAY: Final = Shape("date", {"dateFormat": _DATE_FORMAT})
MOMENT: Final = Shape(
    "dateTime",
    {
        "dateFormat": _DATE_FORMAT,
        "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
)

_NUMBERS: Final = frozenset({"number", "currency", "percent", "duration"})
_DATES: Final = frozenset({"date", "dateTime"})
_PRECISION_LIMIT: Final = 8
_SUB_DAY: Final = frozenset({"milliseconds", "seconds", "minutes", "hours"})
_WHOLE_TYPES: Final = frozenset({"rating", "count", "autoNumber", "checkbox"})
_LIST_TYPES: Final = frozenset(
    {"multipleSelects", "multipleRecordLinks", "multipleCollaborators", "multipleAttachments"}
)
_RESULT_TYPES: Final = frozenset(
    {"formula", "rollup", "multipleLookupValues", "createdTime", "lastModifiedTime"}
)

Known: TypeAlias = Shape | None
"""A shape, or None for what is always blank or an error and so has a say in nothing."""


def column_shape(type_name: str, options: Mapping[str, Json]) -> Shape:
    """Return the shape of a field's value, as a formula that only names the field has it."""
    if type_name in _RESULT_TYPES:
        result = options.get("result")
        if isinstance(result, Mapping):
            inner = result.get("options")
            shape = column_shape(str(result.get("type")), inner if isinstance(inner, Mapping) else {})
        else:
            shape = MOMENT if type_name in ("createdTime", "lastModifiedTime") else TEXT
        return Shape(shape.type, shape.options, shape.many or type_name == "multipleLookupValues")
    if type_name in _NUMBERS or type_name in _DATES:
        return Shape(type_name, options)
    if type_name in _WHOLE_TYPES:
        return WHOLE
    return Shape(TEXT.type, {}, type_name in _LIST_TYPES)


def united(shapes: Sequence[Known]) -> Known:
    """Return the shape that can be any of these: numbers stay numbers, dates dates, a mixture is text."""
    known = [each for each in shapes if each is not None]
    if not known or all(each == known[0] for each in known):
        return known[0] if known else None
    types = {each.type for each in known}
    many = any(each.many for each in known)
    if types <= _NUMBERS:
        return replace(_sum(known), many=many)
    return replace(MOMENT if types <= _DATES else TEXT, many=many)


def _precision(shape: Known) -> int:
    found = shape.options.get("precision") if shape else 0
    return found if isinstance(found, int) else 0


def _product(shapes: Sequence[Known], least: int = 0) -> Shape:
    """Return a plain number as precise as the most precise of these."""
    return _number(max([least, *(_precision(each) for each in shapes)]))


def _sum(shapes: Sequence[Known]) -> Shape:
    """Return what these are when all are the same sort of number, as one currency is; else a number."""
    known = [each for each in shapes if each is not None and each.type in _NUMBERS]
    if known and all(replace(each, many=False) == replace(known[0], many=False) for each in known):
        return replace(known[0], many=False)
    return _product(known)


def _extreme(shapes: Sequence[Known]) -> Shape:
    known = [each for each in shapes if each is not None]
    if known and all(each.type in _DATES for each in known):
        found = united(known)
        return replace(found, many=False) if found else DAY
    return _sum(shapes)


def _items(shapes: Sequence[Known]) -> Shape:
    return replace(united(shapes) or TEXT, many=True)


def _date_like(shapes: Sequence[Known]) -> Shape:
    first = shapes[0] if shapes else None
    return replace(first, many=False) if first is not None and first.type in _DATES else MOMENT


Rule: TypeAlias = Callable[[Sequence[Known]], Known]


def _always(shape: Known) -> Rule:
    return lambda _: shape


_NAMES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "ARRAYJOIN CONCATENATE DATESTR DATETIME_FORMAT ENCODE_URL_COMPONENT FROMNOW LEFT LOWER MID RECORD_ID"
        " REGEX_EXTRACT REGEX_REPLACE REPLACE REPT RIGHT SUBSTITUTE T TIMESTR TONOW TRIM UPPER": _always(
            TEXT
        ),
        "AND COUNT COUNTA COUNTALL DATETIME_DIFF DAY EVEN FALSE FIND HOUR INT IS_AFTER IS_BEFORE IS_SAME"
        " ISERROR LEN MINUTE MONTH NOT ODD OR REGEX_MATCH SEARCH SECOND TRUE WEEKDAY WEEKNUM WORKDAY_DIFF XOR"
        " YEAR": _always(WHOLE),
        "EXP LOG POWER SQRT VALUE": lambda shapes: _product(shapes, 1),
        "AVERAGE": lambda shapes: _sum(shapes) if _sum(shapes).type != "number" else _product(shapes, 1),
        "ABS SUM": _sum,
        "CEILING FLOOR": lambda shapes: _product(shapes[1:]),
        "MOD": _product,
        "MAX MIN": _extreme,
        "BLANK ERROR": _always(None),
        "CREATED_TIME LAST_MODIFIED_TIME NOW SET_LOCALE SET_TIMEZONE": _always(MOMENT),
        "TODAY": _always(DAY),
        "DATETIME_PARSE WORKDAY": _date_like,
        "ARRAYCOMPACT ARRAYFLATTEN ARRAYUNIQUE": _items,
        "ARRAYSLICE": lambda shapes: _items(shapes[:1]),
        "IF": lambda shapes: united(shapes[1:]),
        "SWITCH": lambda shapes: united([*shapes[2::2], *(shapes[-1:] if len(shapes) % 2 == 0 else ())]),
    }
)
RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {name: rule for names, rule in _NAMES.items() for name in names.split()}
)
"""What a function's result is, by name, from its arguments' shapes."""

BY_TREE: Final = frozenset({"ROUND", "ROUNDUP", "ROUNDDOWN", "DATEADD"})
"""The functions whose result depends on a number or unit that is written out."""


class _Inference:
    def __init__(self, columns: Columns, values: Known) -> None:
        self._columns = columns
        self._values = values

    def of(self, tree: Tree) -> Known:
        match tree:
            case Literal(value):
                return TEXT if isinstance(value, str) else _number(_decimals(value))
            case Reference():
                return self._named(tree)
            case Negated(value):
                return _sum([self.of(value)])
            case Chain(first, rest):
                return self._chain(tree) if rest else self.of(first)
            case Call(name, args):
                shapes = [self.of(each) for each in args]
                return _by_tree(tree, shapes) if name in BY_TREE else RULES[name](shapes)

    def _named(self, reference: Reference) -> Known:
        if self._values is not None and reference.name == "values":
            return replace(self._values, many=True)
        field = find_field(self._columns, reference)
        return column_shape(*self._columns.column(field)) if field else None

    def _chain(self, chain: Chain) -> Known:
        operators = {operator for operator, _ in chain.rest}
        shapes = [self.of(chain.first), *(self.of(each) for _, each in chain.rest)]
        if "&" in operators:
            return TEXT
        if "/" in operators:
            return _product(shapes, 1)
        if "*" in operators:
            return _product(shapes)
        if not operators & {"+", "-"}:
            return WHOLE
        # Plus joins where a side is text.
        return TEXT if operators == {"+"} and any(each == TEXT for each in shapes) else _sum(shapes)


def _decimals(number: float) -> int:
    text = f"{number:.{_PRECISION_LIMIT}f}".rstrip("0")
    return len(text.partition(".")[2])


def _written(tree: Tree) -> float | str | None:
    """Return the number or text that is written out, or None when it is computed."""
    if isinstance(tree, Negated):
        inner = _written(tree.value)
        return None if inner is None or isinstance(inner, str) else -inner
    return tree.value if isinstance(tree, Literal) else None


def _by_tree(call: Call, shapes: Sequence[Known]) -> Shape:
    value = _written(call.args[-1])
    if call.name == "DATEADD":
        timed = isinstance(value, str) and unit_of(value) in _SUB_DAY
        return MOMENT if timed else _date_like(shapes)
    if len(call.args) < 2:
        return WHOLE
    kept = _sum(shapes[:1])
    if not isinstance(value, int | float):
        return kept
    digits = max(0, min(_PRECISION_LIMIT, int(value)))
    return Shape(kept.type, {**kept.options, "precision": digits}) if "precision" in kept.options else kept


def shape_of(columns: Columns, text: str, values: Shape | None = None) -> Shape:
    """Return the shape of a formula's result; `values` is that of the values a rollup sums up.

    Raises `BadFormula` when the text is no formula of these columns. What is always blank is text.
    """
    bound = bind(columns, text, rollup=values is not None)
    return _Inference(columns, values).of(bound.tree) or TEXT


def result_type(columns: Columns, text: str, values: Shape | None = None) -> JsonObject:
    """Return `options.result` of a formula field, or of a rollup over `values`; raise `BadFormula`."""
    return shape_of(columns, text, values).as_json()
