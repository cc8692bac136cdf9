"""What is told of a write of records: what would change, and what became of each record."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.operations.batches import Batch
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.linknames import link_names
from pyairtable_mcp.operations.lookups import record_name
from pyairtable_mcp.operations.names import Place
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.results import Changes, Fate, RecordChange


def planned(
    call: Call,
    place: Place,
    changes: Sequence[RecordChange],
    batch: Batch,
    *,
    by_filter: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
    irreversible: tuple[str, ...] = (),
) -> Planned:
    """Return a change of records as planned; lines that are not `UNCHANGED` are the items of the batch."""

    async def preview() -> Changes:
        known = await link_names(call, place, changes, names)
        return account(place, changes, dry_run=True, by_filter=by_filter, names=known)

    def told(reports: Sequence[WriteReport]) -> Changes:
        sent = [one for one in changes if one.fate is not Fate.UNCHANGED]
        report = reports[0] if sent else None
        fates = {one.at: one for one in with_fates(place, sent, report)} if report else {}
        after = [fates.get(one.at, one) for one in changes]
        return account(place, after, report, by_filter=by_filter, names=names)

    return Planned(
        batches=(batch,) if batch.items else (),
        preview=preview,
        account=told,
        irreversible=irreversible,
        names={field.id: field.name for field in place.table.fields},
    )


_FATES: Mapping[str, Fate] = {"rejected": Fate.REJECTED, "unknown": Fate.UNKNOWN, "not_sent": Fate.NOT_SENT}
_ACTIONS: Mapping[str, Fate] = {"created": Fate.CREATED, "updated": Fate.UPDATED, "deleted": Fate.DELETED}


def with_fates(place: Place, sent: Sequence[RecordChange], report: WriteReport) -> list[RecordChange]:
    """Return what was sent with what became of each record, in order."""
    told = []
    for change, outcome in zip(sent, report.outcomes, strict=True):
        fate = _FATES.get(outcome.status) or _ACTIONS.get(outcome.action, change.fate)
        name = record_name(place, outcome.record) if outcome.record else ""
        told.append(RecordChange(change.at, outcome.id or change.id, name or change.name, fate, change.cells))
    return told


def account(
    place: Place,
    changes: Sequence[RecordChange],
    report: WriteReport | None = None,
    *,
    dry_run: bool = False,
    by_filter: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Changes:
    """Return the account of a write that was made, or of one that was only planned."""
    return Changes(
        base=place.base.name,
        table=place.table.name,
        changes=tuple(changes),
        dry_run=dry_run,
        by_filter=by_filter,
        error=report.error if report else None,
        names=names,
    )
