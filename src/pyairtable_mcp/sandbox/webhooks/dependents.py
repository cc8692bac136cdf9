"""Which records show values computed from cells of another record."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table


@dataclass(frozen=True, slots=True)
class _Path:
    """A link field of a table, and the fields of the linked table that are seen through it."""

    table: Table
    link: Field
    seen: frozenset[str]


class Dependents:
    """The links of a base along which values are computed, as its schema is now."""

    def __init__(self, base: Base) -> None:
        self._into: dict[str, list[_Path]] = {}
        for table in base.tables.values():
            for link in table.fields.values():
                target = base.tables.get(str(link.options.get("linkedTableId")))
                if link.type == "multipleRecordLinks" and target:
                    seen = _seen(table, link, target)
                    self._into.setdefault(target.id, []).append(_Path(table, link, seen))

    def of(self, table: Table, record: Record, changed: Collection[str]) -> Iterator[tuple[Table, Record]]:
        """Yield the records that may show something else since these fields of a record changed."""
        for path in self._into.get(table.id, ()):
            if not path.seen.isdisjoint(changed):
                for key in _linking(path, table, record):
                    if found := path.table.records.get(key):
                        yield path.table, found


def _seen(table: Table, link: Field, target: Table) -> frozenset[str]:
    """Return the far fields of what is computed through a link, and the name formulas see of it."""
    far = {
        str(each.options.get("fieldIdInLinkedTable"))
        for each in table.fields.values()
        if each.options.get("recordLinkFieldId") == link.id
    }
    named = any(each.formula for each in table.fields.values()) or any(
        view.filter for view in table.views.values()
    )
    return frozenset(far | {target.primary.id} if named else far)


def _linking(path: _Path, table: Table, record: Record) -> Sequence[str]:
    inverse = str(path.link.options.get("inverseLinkFieldId"))
    if inverse in table.fields:
        held = record.cells.get(inverse)
        return [each for each in held if isinstance(each, str)] if isinstance(held, list) else []
    return [key for key, each in path.table.records.items() if _holds(each, path.link, record.id)]


def _holds(record: Record, link: Field, key: str) -> bool:
    held = record.cells.get(link.id)
    return isinstance(held, list) and key in held
