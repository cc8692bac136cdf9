"""Tree to closure: names are bound to fields and functions once, so running is plain calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.grammar import parse
from pyairtable_mcp.formula.kinds import Columns, Function, Lazy, Node, Scope, Strict
from pyairtable_mcp.formula.operators import OPERATORS, equal, joined
from pyairtable_mcp.formula.problems import BadFormula, Problem, ProblemKind
from pyairtable_mcp.formula.tree import Call, Chain, Literal, Negated, Reference, Tree
from pyairtable_mcp.formula.values import Failed, Value, to_number, truthy

_CACHED: Final = 512


@dataclass(frozen=True, slots=True)
class Bound:
    """A formula bound to a table: what runs it, its tree, and the ids of the fields it names, in order."""

    run: Node
    tree: Tree
    fields: tuple[str, ...]


def _constant(value: Value) -> Node:
    return lambda _: value


def _field(field_id: str) -> Node:
    def read(scope: Scope) -> Value:
        value = scope.field(field_id)
        return scope.work.charge(value) if type(value) is list else value

    return read


def _all_values(scope: Scope) -> Value:
    # A tuple, so that the one function that treats a rollup's values differently can tell them from a cell's.
    return scope.work.charge(tuple(scope.values))


def find_field(table: Columns, name: Reference) -> str | None:
    """Return the id of the field a reference means, or None."""
    return next((found for each in name.spellings if (found := table.field_id(each)) is not None), None)


class _Binder:
    """Binds one tree to one table; `rollup` lets the word `values` stand for the linked values."""

    def __init__(self, table: Columns, *, rollup: bool) -> None:
        self._table = table
        self._rollup = rollup
        self._fields: dict[str, None] = {}
        self._problems: list[Problem] = []

    def bound(self, tree: Tree) -> Bound:
        """Return a whole tree bound; raise `BadFormula` with everything that is wrong."""
        node = self.bind(tree)
        if self._problems:
            raise _refusal(self._problems)
        return Bound(node, tree, tuple(self._fields))

    def bind(self, tree: Tree) -> Node:
        match tree:
            case Literal(value):
                return _constant(value)
            case Reference():
                return self._reference(tree)
            case Chain(first, ((("=" | "!=") as op, Literal(str() as text)),)):
                return _equals(self.bind(first), text, op == "=")
            case Chain(first, rest):
                return _chain(self.bind(first), [(op, self.bind(each)) for op, each in rest])
            case Negated(value):
                return _negation(self.bind(value))
            case Call():
                return self._call(tree)

    def _reference(self, reference: Reference) -> Node:
        if self._rollup and reference.name == "values":
            return _all_values
        field = find_field(self._table, reference)
        if field is None:
            self._wrong(
                "field", f"{{{reference.name}}} is no field of this table", reference.at, reference.name
            )
            return _constant(None)
        self._fields[field] = None
        return _field(field)

    def _call(self, call: Call) -> Node:
        function = FUNCTIONS.get(call.name)
        if function is None:
            self._wrong("function", f"{call.name} is no function", call.at, call.name)
            return self._unknown(call)
        most = len(call.args) if function.most is None else function.most
        if not function.least <= len(call.args) <= most:
            self._wrong("arguments", _arity(call, function), call.at)
        elif call.name == "LAST_MODIFIED_TIME":
            return self._modified(call)
        nodes = [self.bind(each) for each in call.args]
        return _lazy(function, nodes) if isinstance(function, Lazy) else _strict(function, nodes)

    def _unknown(self, call: Call) -> Node:
        for each in call.args:
            self.bind(each)
        return _constant(None)

    def _modified(self, call: Call) -> Node:
        """Bind the one function whose arguments are fields, not their values."""
        for each in call.args:
            if isinstance(each, Reference):
                self._reference(each)
            else:
                self._wrong("arguments", "LAST_MODIFIED_TIME takes field names only", call.at)
        named = [find_field(self._table, each) or "" for each in call.args if isinstance(each, Reference)]
        return lambda scope: scope.modified(named)

    def _wrong(self, kind: ProblemKind, message: str, at: int, name: str = "") -> None:
        self._problems.append(Problem(kind, message, at, name))


def _refusal(problems: Sequence[Problem]) -> BadFormula:
    for kind in ("function", "field"):
        names = [each.name for each in problems if each.kind == kind]
        if names:
            # Airtable's own message lists them like this, in lower case.
            listed = ", ".join(dict.fromkeys(names)).lower()
            return BadFormula(f"Unknown {kind} names: {listed}", problems)
    return BadFormula(problems[0].message, problems)


def _arity(call: Call, function: Function) -> str:
    least, most, given = function.least, function.most, len(call.args)
    if most is None:
        wanted = f"at least {least}"
    elif least == most:
        wanted = str(least) if most else "no"
    else:
        wanted = f"{least} to {most}"
    return f"{call.name} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {given}"


def _chain(first: Node, rest: Sequence[tuple[str, Node]]) -> Node:
    if not rest:
        return first
    if rest[0][0] == "&":
        nodes = [first, *(node for _, node in rest)]
        return lambda scope: scope.work.charge(joined(node(scope) for node in nodes))
    if len(rest) == 1:
        return _pair(first, OPERATORS[rest[0][0]], rest[0][1])
    steps = [(OPERATORS[op], node) for op, node in rest]

    def run(scope: Scope) -> Value:
        value = first(scope)
        for apply, right in steps:
            value = apply(value, right(scope))
            if type(value) is str:
                scope.work.charge(value)
        return value

    return run


def _equals(left: Node, right: str, wanted: bool) -> Node:
    """Return the comparison with a written text, the commonest of all, quick when both are text."""

    def run(scope: Scope) -> Value:
        value = left(scope)
        return ((value == right) if type(value) is str else equal(value, right)) is wanted

    return run


def _pair(left: Node, apply: Callable[[Value, Value], Value], right: Node) -> Node:
    def run(scope: Scope) -> Value:
        value = apply(left(scope), right(scope))
        return scope.work.charge(value) if type(value) is str else value

    return run


def _lazy(function: Lazy, nodes: Sequence[Node]) -> Node:
    apply = function.apply
    return lambda scope: apply(scope, nodes)


def _strict(function: Strict, nodes: Sequence[Node]) -> Node:
    apply, cost = function.apply, function.cost
    if not cost:
        return lambda scope: apply([node(scope) for node in nodes])

    def run(scope: Scope) -> Value:
        charge = scope.work.charge
        return charge(apply([charge(node(scope), cost) for node in nodes]))

    return run


def _negation(inner: Node) -> Node:
    return lambda scope: -to_number(inner(scope))


def bind(table: Columns, text: str, *, rollup: bool = False) -> Bound:
    """Return a formula bound to a table; raise `BadFormula` when it is none of this table.

    In a rollup, the word `values` stands for the linked values.
    """
    return _Binder(table, rollup=rollup).bound(parse(text))


class Formulas:
    """Formulas bound to tables, by table, schema revision and text; the least used are forgotten."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[str, int, str, bool], Bound] = LRUCache(_CACHED)

    def bound(self, table: Columns, text: str, *, rollup: bool = False) -> Bound:
        """Return a formula bound to a table; raise `BadFormula` when it is none of this table."""
        key = (table.id, table.revision, text, rollup)
        bound = self._cache.get(key)
        if bound is None:
            bound = self._cache[key] = bind(table, text, rollup=rollup)
        return bound

    def compiled(self, table: Columns, text: str, *, rollup: bool = False) -> Node:
        """Return what runs a formula over a table's records; raise `BadFormula` when it is none of it."""
        return self.bound(table, text, rollup=rollup).run

    def matches(self, table: Columns, text: str, scope: Scope) -> bool:
        """Tell whether a filter holds; an error does not match."""
        return self.filter(table, text)(scope)

    def filter(self, table: Columns, text: str) -> Callable[[Scope], bool]:
        """Return what tells whether a filter holds, which it does not where it fails; raise `BadFormula`."""
        node = self.compiled(table, text)

        def holds(scope: Scope) -> bool:
            try:
                return truthy(node(scope))
            except Failed:
                return False

        return holds
