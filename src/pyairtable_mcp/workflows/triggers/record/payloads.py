"""Webhooks of Airtable's: what they are to watch, and the changes that their payloads tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Payload
from pyairtable_mcp.airtable.webhooks import Specification
from pyairtable_mcp.formula.values import parse_moment
from pyairtable_mcp.workflows.triggers.record.cells import told_cells
from pyairtable_mcp.workflows.triggers.record.events import Change, What
from pyairtable_mcp.workflows.triggers.record.watch import Watch

_KINDS: Final = {"created": "add", "changed": "update", "deleted": "remove"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The changes that payloads tell, in their order, and why there are no more; "" when all is well."""

    changes: tuple[Change, ...]
    broken: str = ""


def specification(watch: Watch) -> Specification:
    """Return what a webhook is to watch, in Airtable's words (API reference: webhooks specification).

    All fields of the table: of a change that touches watched fields and others, Airtable would tell the
    watched ones alone, and the rest of the record would look empty.
    """
    filters: dict[str, JsonValue] = {
        "dataTypes": ["tableData"],
        "recordChangeScope": watch.table.id,
        "changeTypes": [*(_KINDS[each] for each in sorted(watch.events))],
    }
    includes: dict[str, JsonValue] = {
        "includePreviousCellValues": True,
        "includeCellValuesInFieldIds": "all",
    }
    return {"options": {"filters": filters, "includes": includes}}


def read_payloads(watch: Watch, payloads: Iterable[Payload], now: float) -> Reading:
    """Return the changes of a table that payloads tell.

    A payload that says it could not be made ends the reading: what it stands for is not known.
    """
    changes: list[Change] = []
    for payload in payloads:
        if payload.error:
            return Reading(tuple(changes), payload.code or "no reason was told")
        told = payload.changed_tables_by_id.get(watch.table.id)
        if isinstance(told, Mapping):
            moment = parse_moment(payload.timestamp)
            at = moment.timestamp() if moment else now
            changes += _changes(watch, told, payload.base_transaction_number, at)
    return Reading(tuple(changes))


def _changes(watch: Watch, told: Mapping[str, JsonValue], number: int, at: float) -> Iterator[Change]:
    for record, one in _by_id(told.get("createdRecordsById")):
        cells, names = told_cells(watch.table, _cells(dict(one)))
        yield Change(
            what="created", record=record, key=_key("created", record, number), since=at, until=at,
            created=str(one.get("createdTime", "")), after=cells, names=names, changed=frozenset(cells),
        )  # fmt: skip
    for record, one in _by_id(told.get("changedRecordsById")):
        yield _changed(watch, record, one, number, at)
    destroyed = told.get("destroyedRecordIds")
    for each in destroyed if isinstance(destroyed, list) else ():
        record = str(each)
        yield Change(what="deleted", record=record, key=_key("deleted", record, number), since=at, until=at)


def _changed(watch: Watch, record: str, told: Mapping[str, JsonValue], number: int, at: float) -> Change:
    current, previous, rest = (_cells(told.get(part)) for part in ("current", "previous", "unchanged"))
    kept, names = told_cells(watch.table, rest)
    after, after_names = told_cells(watch.table, current)
    before, before_names = told_cells(watch.table, previous)
    return Change(
        what="changed", record=record, key=_key("changed", record, number), since=at, until=at,
        before={**kept, **before}, after={**kept, **after}, changed=frozenset(current),
        names={**names, **after_names}, former={**names, **before_names},
    )  # fmt: skip


def _key(what: What, record: str, number: int) -> str:
    # One record changes once in a transaction, and a base numbers its transactions.
    return f"{record}:{what}:{number}"


def _by_id(told: JsonValue) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    for key, one in told.items() if isinstance(told, Mapping) else ():
        if isinstance(one, Mapping):
            yield key, one


def _cells(part: JsonValue) -> Mapping[str, JsonValue]:
    cells = part.get("cellValuesByFieldId") if isinstance(part, Mapping) else None
    return cells if isinstance(cells, Mapping) else {}
