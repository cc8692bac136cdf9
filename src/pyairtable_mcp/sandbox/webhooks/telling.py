"""What one webhook is told of a transaction, by table, as the webhooks reference shows it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Record, Table
from pyairtable_mcp.sandbox.state.webhooks import Watch
from pyairtable_mcp.sandbox.webhooks.cells import tell
from pyairtable_mcp.sandbox.webhooks.differences import Difference


class RecordTeller:
    """Tells one webhook of differences in records, as far as it watches them."""

    def __init__(self, watch: Watch, reader: BaseReader) -> None:
        self._watch = watch
        self._reader = reader

    def tables(self, differences: Iterable[Difference]) -> Mapping[str, JsonObject]:
        """Return what is told of records by table id; empty when there is nothing to tell."""
        by_table: dict[str, list[Difference]] = {}
        for each in differences:
            if self._watch.table in ("", each.table.id):
                by_table.setdefault(each.table.id, []).append(each)
        return {key: self._table(found[0].table, found) for key, found in by_table.items()}

    def _table(self, table: Table, differences: Sequence[Difference]) -> JsonObject:
        watch = self._watch
        told = self._told(table, [(self._kind(each), each) for each in differences])
        return {"changedViewsById": {watch.view: told}} if watch.view and told else told

    def _kind(self, of: Difference) -> str:
        """Return what happened to a record in the scope: to a view, one that enters is new there."""
        if not self._watch.view:
            return of.kind
        was, is_now = self._watch.view in of.was_in, self._watch.view in of.is_in
        if was and is_now:
            return "update"
        return "add" if is_now else "remove" if was else ""

    def _told(self, table: Table, happened: Iterable[tuple[str, Difference]]) -> JsonObject:
        created: dict[str, Json] = {}
        changed: dict[str, Json] = {}
        destroyed: list[Json] = []
        for kind, each in happened:
            if not kind or not self._watch.hears(kind):
                continue
            if kind == "remove":
                destroyed.append(each.record.id)
            elif kind == "add":
                created.update(self._created(table, each.record))
            else:
                changed.update(self._changed(table, each))
        told: dict[str, Json] = {
            "createdRecordsById": created,
            "changedRecordsById": changed,
            "destroyedRecordIds": destroyed,
        }
        return {key: value for key, value in told.items() if value}

    def _created(self, table: Table, record: Record) -> Iterator[tuple[str, Json]]:
        cells = self._filled(table, record, self._watched(table, table.fields))
        if cells or not self._watch.cells:
            extra = self._filled(table, record, self._extra(table, cells))
            yield (
                record.id,
                {"createdTime": iso(record.created), "cellValuesByFieldId": {**cells, **extra}},
            )

    def _changed(self, table: Table, of: Difference) -> Iterator[tuple[str, Json]]:
        keys = self._watched(table, of.after)
        if not keys:
            return
        told: dict[str, Json] = {"current": _cells({key: of.after[key] for key in keys})}
        if self._watch.previous:
            told["previous"] = _cells({key: of.before[key] for key in keys})
        if unchanged := self._filled(table, of.record, self._extra(table, of.after)):
            told["unchanged"] = _cells(unchanged)
        yield of.record.id, told

    def _watched(self, table: Table, keys: Iterable[str]) -> Sequence[str]:
        """Return those of these fields that are watched: in a view, those it shows."""
        view, cells = table.views.get(self._watch.view), self._watch.cells
        shown = view.visible if view and view.visible is not None else table.fields
        return [key for key in keys if key in shown and (not cells or key in cells)]

    def _extra(self, table: Table, told: Iterable[str]) -> Sequence[str]:
        """Return the fields that come along whatever happened, but for those told already."""
        wanted = table.fields if self._watch.unchanged is None else self._watch.unchanged
        return [key for key in wanted if key not in set(told)]

    def _filled(self, table: Table, record: Record, keys: Iterable[str]) -> JsonObject:
        fields = [table.fields[key] for key in keys if key in table.fields]
        cells = {each.id: tell(self._reader, table, record, each) for each in fields}
        return {key: cell for key, cell in cells.items() if cell not in (None, "", [])}


def _cells(cells: JsonObject) -> JsonObject:
    return {"cellValuesByFieldId": cells}
