"""What fields are computed from, and fields that would depend on themselves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from pyairtable_mcp.formula.references import references
from pyairtable_mcp.sandbox.state.model import Base, Field, Table
from pyairtable_mcp.sandbox.wire import ApiError, refusal

_UNVISITED, _OPEN, _DONE = range(3)

Place: TypeAlias = tuple[Table, Field]


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


def sources(base: Base, table: Table, field: Field) -> Sequence[Place]:
    """Return the fields whose cells a field's cells are computed from; a link shows its records' names."""
    match field.type:
        case "formula":
            found = (
                table.field_by(name) or table.field_by(name.strip()) for name in references(field.formula)
            )
            return [(table, each) for each in found if each]
        case "multipleRecordLinks":
            target = base.tables.get(str(field.options.get("linkedTableId")))
            return [(target, target.primary)] if target and target.fields else []
        case "multipleLookupValues" | "rollup":
            far = far_end(base, table, field.options)
            return [far] if far else []
        case _:
            return []


def far_end(base: Base, table: Table, options: Mapping[str, object]) -> Place | None:
    """Return the table and field a lookup or rollup reads, or None when any part of the way is gone."""
    link = table.fields.get(str(options.get("recordLinkFieldId")))
    target = base.tables.get(str(link.options.get("linkedTableId"))) if link else None
    far = target.fields.get(str(options.get("fieldIdInLinkedTable"))) if target else None
    return (target, far) if target and far else None
