"""What is wrong with expressions, told before anything runs: names that are not there, or not yet."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.base.text import closest
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.functions import FUNCTIONS
from pyairtable_mcp.engine.expressions.reading import Marked, parts_of, texts_in, tree_of
from pyairtable_mcp.engine.expressions.shapes import ITEMS, Shape, item_of, listing

STEPS: Final = "steps"
_SAME: Final = frozenset({"default", "unique"})
"""Functions that give a value of the shape of their first argument."""
_ITEM: Final = frozenset({"first", "flat"})
"""Functions that give a value of the shape of their first argument's items."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What may be named at one place of a saga.

    `results` has what earlier steps gave, by the step's id (None: anything); `later` are the ids of steps
    that have given nothing yet; `names` are other words, `inputs` for one. Without `steps` it is a place that
    knows no steps at all.
    """

    results: Shape = field(default_factory=dict)
    later: Sequence[str] = ()
    names: Shape = field(default_factory=dict)
    steps: bool = True


def faults_in(value: JsonValue, known: Known) -> list[Fault]:
    """Return everything that is wrong with the expressions in a value."""
    return [
        fault for at, text in texts_in(value) if "${{" in text for fault in _faults_in_text(at, text, known)
    ]


def shape_in(value: JsonValue, known: Known) -> Shape | None:
    """Return the shape of what a value that is one expression comes to; None when it is not known."""
    try:
        parts = parts_of(value) if isinstance(value, str) else ()
        if len(parts) == 1 and isinstance(parts[0], Marked):
            return _Reader(known).shape(tree_of(parts[0].text), {})
    except BadExpression:
        return None
    return None


def _faults_in_text(at: Place, text: str, known: Known) -> list[Fault]:
    reader = _Reader(known)
    try:
        for part in parts_of(text):
            if isinstance(part, Marked):
                reader.shape(tree_of(part.text), {})
    except BadExpression as error:
        reader.tell(error.says, error.candidates)
    found = [Fault(at, f"{says[:1].upper()}{says[1:]}.", near) for says, near in reader.told]
    return list(dict.fromkeys(found))


@dataclass
class _Reader:
    """Goes through an expression by what its values are made of, and collects what cannot be.

    `own` are the names that a list of the expression gives its items, with their shapes.
    """

    known: Known
    told: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def tell(self, says: str, candidates: Sequence[str] = ()) -> None:
        """Note a thing that is wrong."""
        self.told.append((says, tuple(candidates)))

    def shape(self, node: ast.AST, own: Shape) -> Shape | None:
        """Return the shape of what a part of the expression comes to."""
        match node:
            case ast.Name(id=name):
                return self._named(name, own)
            case (
                ast.Attribute(value=value, attr=name)
                | ast.Subscript(value=value, slice=ast.Constant(value=str() as name))
            ):
                return self._member(value, name, own)
            case ast.Subscript(value=value, slice=place):
                self.shape(place, own)
                held = self.shape(value, own)
                return held if isinstance(place, ast.Slice) else item_of(held)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._called(name, args, own)
            case ast.ListComp():
                return self._listed(node, own)
        shapes = [self.shape(one, own) for one in ast.iter_child_nodes(node)]
        return shapes[1] if isinstance(node, ast.IfExp) and shapes[1] == shapes[2] else None

    def _named(self, name: str, own: Shape) -> Shape | None:
        for names in (own, self.known.names):
            if name in names:
                return names[name]
        words = [*([STEPS] if self.known.steps else []), *self.known.names, *own]
        if name not in words:
            meant = [f"{STEPS}.{name}"] if name in self.known.results else words
            self.tell(f"there is no {name!r}", closest(name, words) or meant)
        return None

    def _member(self, holder: ast.expr, name: str, own: Shape) -> Shape | None:
        if self._is_steps(holder, own):
            return self._result(name)
        held = self.shape(holder, own)
        if held is None:
            return None
        if name in held and name != ITEMS:
            return held[name]
        whole = ast.unparse(holder)
        if ITEMS in held:
            self.tell(f"{whole!r} is a list, and has no {name!r}", (f"{whole}[0].{name}",))
        elif isinstance(holder, ast.Attribute) and self._is_steps(holder.value, own):
            self.tell(f"step {holder.attr!r} gives no {name!r}", closest(name, held) or list(held))
        else:
            self.tell(f"{whole!r} has no {name!r}", closest(name, held) or list(held)[:12])
        return None

    def _is_steps(self, node: ast.expr, own: Shape) -> bool:
        taken = STEPS in own or STEPS in self.known.names
        return isinstance(node, ast.Name) and node.id == STEPS and self.known.steps and not taken

    def _result(self, step: str) -> Shape | None:
        results = self.known.results
        if step in results:
            return results[step]
        if step in self.known.later:
            self.tell(f"step {step!r} has no result yet: it comes later", list(results))
        else:
            self.tell(f"there is no step {step!r}", closest(step, results) or list(results))
        return None

    def _called(self, name: str, args: Sequence[ast.expr], own: Shape) -> Shape | None:
        if name not in FUNCTIONS:
            self.tell(f"there is no function {name!r}", closest(name, FUNCTIONS) or list(FUNCTIONS))
        if name == "get" and len(args) > 1 and isinstance(args[1], ast.Constant):
            for one in args[2:]:
                self.shape(one, own)
            key = args[1].value
            return (
                self._member(args[0], key, own) if isinstance(key, str) else item_of(self.shape(args[0], own))
            )
        shapes = [self.shape(one, own) for one in args]
        first = shapes[0] if shapes else None
        if name == "group":
            return listing({"key": None, "items": first})
        return first if name in _SAME else item_of(first) if name in _ITEM else None

    def _listed(self, node: ast.ListComp, own: Shape) -> Shape:
        inner = dict(own)
        for part in node.generators:
            item = item_of(self.shape(part.iter, inner))
            names = [one.id for one in ast.walk(part.target) if isinstance(one, ast.Name)]
            inner |= {name: item if isinstance(part.target, ast.Name) else None for name in names}
            for condition in part.ifs:
                self.shape(condition, inner)
        return listing(self.shape(node.elt, inner))
