"""Tree to closure: names are bound to fields and functions once, so running is plain calls."""

from collections.abc import Callable, Sequence
from typing import Final

from cachetools import LRUCache

from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.grammar import (
    BadFormula,
    Call,
    Chain,
    Literal,
    Negated,
    Reference,
    Tree,
    parse,
)
from pyairtable_mcp.formula.kinds import Columns, Lazy, Node, Scope
from pyairtable_mcp.formula.operators import OPERATORS
from pyairtable_mcp.formula.values import Failed, Value, to_number, truthy

_CACHED: Final = 512


def _constant(value: Value) -> Node:
    return lambda _: value


def _field(field_id: str) -> Node:
    return lambda scope: scope.field(field_id)


def _all_values(scope: Scope) -> Value:
    return scope.values


class _Binder:
    """Binds one tree to one table; `rollup` lets the word `values` stand for the linked values."""

    def __init__(self, table: Columns, *, rollup: bool) -> None:
        self._table = table
        self._rollup = rollup
        self._unknown: dict[str, list[str]] = {"function": [], "field": []}

    def bound(self, tree: Tree) -> Node:
        """Return the closure of a whole tree; raise `BadFormula` naming every unknown name of one sort."""
        node = self.bind(tree)
        for sort, names in self._unknown.items():
            if names:
                # Airtable's own message lists them like this, in lower case.
                raise BadFormula(f"Unknown {sort} names: {', '.join(dict.fromkeys(names)).lower()}")
        return node

    def bind(self, tree: Tree) -> Node:
        match tree:
            case Literal(value):
                return _constant(value)
            case Reference(name):
                return self._reference(name)
            case Chain(first, rest):
                return self._chain(self.bind(first), [(OPERATORS[op], self.bind(each)) for op, each in rest])
            case Negated(value):
                return _negation(self.bind(value))
            case Call(name, args):
                return self._call(name, args)

    def _reference(self, name: str) -> Node:
        if self._rollup and name == "values":
            return _all_values
        field = self._table.field_id(name) or self._table.field_id(name.strip())
        if field is not None:
            return _field(field)
        self._unknown["field"].append(name)
        return _constant(None)

    def _chain(self, first: Node, rest: Sequence[tuple[Callable[[Value, Value], Value], Node]]) -> Node:
        if not rest:
            return first

        def run(scope: Scope) -> Value:
            value = first(scope)
            for apply, right in rest:
                value = apply(value, right(scope))
            return value

        return run

    def _call(self, name: str, args: Sequence[Tree]) -> Node:
        function = FUNCTIONS.get(name)
        if function is None:
            self._unknown["function"].append(name)
            return _constant(None)
        if not function.least <= len(args) <= (function.most if function.most is not None else len(args)):
            raise BadFormula(f"{name} does not take {len(args)} arguments")
        if name == "LAST_MODIFIED_TIME":
            return self._modified(args)
        nodes = [self.bind(each) for each in args]
        if isinstance(function, Lazy):
            lazy = function.apply
            return lambda scope: lazy(scope, nodes)
        strict = function.apply
        return lambda scope: strict([node(scope) for node in nodes])

    def _modified(self, args: Sequence[Tree]) -> Node:
        """Bind the one function whose arguments are fields, not their values."""
        named: list[str] = []
        for each in args:
            field = self._table.field_id(each.name) if isinstance(each, Reference) else None
            if field is None:
                raise BadFormula("LAST_MODIFIED_TIME takes field names only")
            named.append(field)
        return lambda scope: scope.modified(named)


def _negation(inner: Node) -> Node:
    return lambda scope: -to_number(inner(scope))


class Formulas:
    """Compiled formulas by table, schema revision and text; the least used are forgotten."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[str, int, str, bool], Node] = LRUCache(_CACHED)

    def compiled(self, table: Columns, text: str, *, rollup: bool = False) -> Node:
        """Return a formula bound to a table; raise `BadFormula` when it is none of this table."""
        key = (table.id, table.revision, text, rollup)
        node = self._cache.get(key)
        if node is None:
            node = self._cache[key] = _Binder(table, rollup=rollup).bound(parse(text))
        return node

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
