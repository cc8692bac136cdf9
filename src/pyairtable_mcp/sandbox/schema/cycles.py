"""Fields that would depend on themselves."""

from collections.abc import Iterator, Sequence

from pyairtable_mcp.sandbox.fields.sources import Place, sources
from pyairtable_mcp.sandbox.state.model import Base
from pyairtable_mcp.sandbox.wire import ApiError, refusal

_UNVISITED, _OPEN, _DONE = range(3)


def refuse_cycles(base: Base) -> None:
    """Refuse a base in which a field is computed from itself, naming the way around."""
    states: dict[str, int] = {}
    for table in base.tables.values():
        for field in table.fields.values():
            if states.get(field.id, _UNVISITED) == _UNVISITED:
                _visit(base, (table, field), states)


def _visit(base: Base, start: Place, states: dict[str, int]) -> None:
    """Walk everything a field is computed from, without recursion: chains may be long."""
    path: list[Place] = [start]
    left: list[Iterator[Place]] = [iter(sources(base, *start))]
    states[start[1].id] = _OPEN
    while left:
        following = next(left[-1], None)
        if following is None:
            states[path.pop()[1].id] = _DONE
            left.pop()
            continue
        state = states.get(following[1].id, _UNVISITED)
        if state == _OPEN:
            raise _circle(path, following)
        if state == _UNVISITED:
            states[following[1].id] = _OPEN
            path.append(following)
            left.append(iter(sources(base, *following)))


def _circle(path: Sequence[Place], back: Place) -> ApiError:
    start = next(index for index, (_, field) in enumerate(path) if field is back[1])
    names = " → ".join(f"{table.name}.{field.name}" for table, field in (*path[start:], back))
    return refusal(
        "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", f"Fields depend on each other in a circle: {names}"
    )
