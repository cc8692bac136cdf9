"""What is wrong with expressions, told before anything runs: names that are not there, or not yet."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.base.text import closest
from pyairtable_mcp.engine.expressions.errors import BadExpression
from pyairtable_mcp.engine.expressions.functions import FUNCTIONS
from pyairtable_mcp.engine.expressions.reading import Marked, parts_of, texts_in, tree_of

STEPS: Final = "steps"
Shape = Mapping[str, "Shape | None"]
"""The members that something has, each with its own; None where any may be named."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What may be named at one place of a saga.

    `results` has the members of what earlier steps gave, by the step's id (None: any member); `later` are the
    ids of steps that have given nothing yet; `names` are other words, `inputs` for one, with their members.
    Without `steps` it is a place that knows no steps at all.
    """

    results: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    later: Sequence[str] = ()
    names: Shape = field(default_factory=dict)
    steps: bool = True


def faults_in(value: JsonValue, known: Known) -> list[Fault]:
    """Return everything that is wrong with the expressions in a value."""
    return [
        fault for at, text in texts_in(value) if "${{" in text for fault in _faults_in_text(at, text, known)
    ]


def _faults_in_text(at: Place, text: str, known: Known) -> list[Fault]:
    try:
        trees = [tree_of(part.text) for part in parts_of(text) if isinstance(part, Marked)]
    except BadExpression as error:
        return [Fault(at, _sentence(error.says), error.candidates)]
    found = [Fault(at, _sentence(says), near) for tree in trees for says, near in _faults(tree, known)]
    return list(dict.fromkeys(found))


def _sentence(says: str) -> str:
    return f"{says[:1].upper()}{says[1:]}."


def _faults(tree: ast.expr, known: Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    own = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield from _name_faults(node, known, own, is_called=id(node) in called)
        elif isinstance(node, ast.Attribute | ast.Subscript):
            yield from _reference_faults(node, known, own)


def _name_faults(
    node: ast.Name, known: Known, own: set[str], *, is_called: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if is_called:
        if node.id not in FUNCTIONS:
            yield f"there is no function {node.id!r}", tuple(closest(node.id, FUNCTIONS) or FUNCTIONS)
        return
    words = [*([STEPS] if known.steps else []), *known.names, *own]
    if node.id not in words:
        near = closest(node.id, words) or ([f"{STEPS}.{node.id}"] if node.id in known.results else words)
        yield f"there is no {node.id!r}", tuple(near)


def _reference_faults(
    node: ast.Attribute | ast.Subscript, known: Known, own: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    path = _path(node)
    if not path or path[0] in own or (path[0] == STEPS and not known.steps):
        return
    if path[0] != STEPS:
        yield from _member_faults(path, known.names.get(path[0]))
    elif len(path) == 2:
        yield from _step_faults(path[1], known)
    elif len(path) == 3 and (members := known.results.get(path[1])) is not None and path[2] not in members:
        near = closest(path[2], members) or list(members)
        yield f"step {path[1]!r} gives no {path[2]!r}", tuple(near)


def _member_faults(path: Sequence[str], shape: Shape | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a fault if the last name of a path is wrong; those before it are told where they are last."""
    for name in path[1:-1]:
        if shape is None or name not in shape:
            return
        shape = shape[name]
    if shape is not None and path[-1] not in shape:
        near = closest(path[-1], shape) or list(shape)
        yield f"{'.'.join(path[:-1])!r} has no {path[-1]!r}", tuple(near)


def _step_faults(step: str, known: Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    if step in known.results:
        return
    if step in known.later:
        yield f"step {step!r} has no result yet: it comes later", tuple(known.results)
    else:
        yield f"there is no step {step!r}", tuple(closest(step, known.results) or known.results)


def _path(node: ast.expr) -> list[str]:
    """Return the names of `a.b["c"]`, [] when it is anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*held, node.attr] if (held := _path(node.value)) else []
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        key = node.slice.value
        return [*held, key] if (held := _path(node.value)) and isinstance(key, str) else []
    return []
