"""What differs in the records of a base since a transaction began, computed cells included.

Airtable tells webhooks of computed values too (webhooks reference, payload). Every record whose cells changed
is compared with itself, then the records that show something of it, until nothing more differs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.formula.grammar import BadFormula
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Record, Table, View
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.webhooks.cells import tell
from pyairtable_mcp.sandbox.webhooks.dependents import Dependents


@dataclass(slots=True)
class Difference:
    """One record: cells that differ by field id, as they were and are told, and the watched views it was in.

    A record made in the transaction was in no view and has no cells here; neither has a deleted one.
    """

    table: Table
    record: Record
    kind: str
    before: dict[str, Json] = field(default_factory=dict)
    after: dict[str, Json] = field(default_factory=dict)
    was_in: frozenset[str] = frozenset()
    is_in: frozenset[str] = frozenset()


class Differences:
    """The records that differ, by record id; `reader` sees the base as it is now."""

    def __init__(
        self, transaction: Transaction, formulas: Formulas, views: Mapping[str, Iterable[View]]
    ) -> None:
        self._journal = transaction.journal
        self._new = frozenset(transaction.journal.created_fields)
        self._views = views
        self._dependents = Dependents(transaction.base)
        self.reader = BaseReader(transaction.workspace, transaction.base, formulas, transaction.origin)
        self._former = BaseReader(transaction.workspace, transaction.base, formulas, transaction.origin)
        self.found: dict[str, Difference] = {}
        for key, table in self._journal.created.items():
            if record := table.records.get(key):
                self.found[key] = Difference(table, record, "add")
        for key, (table, record) in self._journal.removed.items():
            if key not in self._journal.created:
                self.found[key] = Difference(table, record, "remove")
        self._compare()
        self._place()

    def of(self, table: Table) -> Iterator[Difference]:
        """Yield the differences of one table."""
        return (each for each in self.found.values() if each.table is table)

    def _compare(self) -> None:
        """Compare what changed with itself, then what depends on what differs, and so on."""
        first = {
            record.id: Difference(table, record, "update")
            for table, record in self._written()
            if record.id not in self.found
        }
        level = list(first.values())
        while level:
            self.found.update((each.record.id, each) for each in level)
            self._look(level)
            following: dict[str, Difference] = {}
            for each in level:
                for table, record in self._dependents.of(each.table, each.record, each.after):
                    if record.id not in self.found:
                        following[record.id] = Difference(table, record, "update")
            level = list(following.values())

    def _written(self) -> Iterator[tuple[Table, Record]]:
        """Yield the records whose cells were written, and all of a table that computes a field anew."""
        for former in self._journal.former.values():
            yield former.table, former.record
        for table in self._recomputed():
            yield from ((table, record) for record in table.records.values())

    def _recomputed(self) -> Iterator[Table]:
        """Yield the tables with a computed field that is new or computes something else."""
        journal = self._journal
        new = {(table.id, key): table for key, table in journal.created_fields.items()}
        other = {
            (table.id, key): table
            for key, (table, former) in journal.former_fields.items()
            if (field := table.fields.get(key))
            and (field.formula, field.options) != (former.formula, former.options)
        }
        found = {
            table.id: table
            for (_, key), table in {**new, **other}.items()
            if key in table.fields and kind_of(table.fields[key].type).parse is None
        }
        yield from found.values()

    def _look(self, level: Iterable[Difference]) -> None:
        for each in level:
            each.after = self._cells(self.reader, each)
        with self._journal.as_it_was():
            for each in level:
                each.before = self._cells(self._former, each) | dict.fromkeys(self._new & each.after.keys())
        for each in level:
            same = [key for key in each.after if self._same(each, key)]
            for key in same:
                del each.after[key], each.before[key]

    def _cells(self, reader: BaseReader, of: Difference) -> dict[str, Json]:
        """Return the cells that may differ: those written, and those computed."""
        former = self._journal.former.get(of.record.id)
        written = former.cells if former else {}
        return {
            each.id: tell(reader, of.table, of.record, each)
            for each in of.table.fields.values()
            if each.id in written or kind_of(each.type).parse is None
        }

    def _same(self, of: Difference, key: str) -> bool:
        former = self._journal.former.get(of.record.id)
        if former and key in former.cells:
            return former.cells[key] == of.record.cells.get(key)
        return of.before[key] == of.after[key]

    def _place(self) -> None:
        """Find out which of the watched views each record was and is in."""
        watched = [each for each in self.found.values() if each.table.id in self._views]
        for each in watched:
            if each.kind != "remove":
                each.is_in = self._in(self.reader, each)
        if watched:
            with self._journal.as_it_was():
                for each in watched:
                    if each.kind != "add":
                        each.was_in = self._in(self._former, each)

    def _in(self, reader: BaseReader, of: Difference) -> frozenset[str]:
        views = self._views[of.table.id]
        return frozenset(each.id for each in views if _shows(reader, of.table, each, of.record))


def _shows(reader: BaseReader, table: Table, view: View, record: Record) -> bool:
    try:
        return not view.filter or reader.filter(table, view.filter)(record)
    except BadFormula:
        return False
