"""One change as a saga of one step: planned, journaled, sent, and taken back as a whole when it fails."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from pyairtable_mcp.airtable.outcomes import Outcome, WriteReport
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.model import NewSaga, Progress, StepSpec
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.engine.steps.changing import Planner, plan_of
from pyairtable_mcp.engine.tools.asking import seen
from pyairtable_mcp.engine.tools.telling import ending
from pyairtable_mcp.engine.tools.views import SagaView
from pyairtable_mcp.operations.batches import Batch
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.results import Changes, Done, Fate, RecordChange, Result

CONTINUE: Final = "continue"
_STANDING: Final = (Fate.CREATED, Fate.UPDATED, Fate.DELETED)


async def write(kind: str, plan: Planner[Any], call: SagaCall, args: Args) -> Result | SagaView:
    """Plan a change and run it as a saga of one step; a dry run shows it and changes nothing.

    What a person has to approve first is told as the saga that waits for it.
    """
    planned = await plan(call, args)
    if getattr(args, "dry_run", False):
        return _warned(await planned.preview(), planned)
    if planned.is_empty:
        return planned.account([])
    step = StepSpec(
        id=kind,
        kind=kind,
        args=args.model_dump(mode="json", exclude_defaults=True, by_alias=True),
        keep_going=getattr(args, "on_error", "") == CONTINUE,
        literal=True,
    )
    new = NewSaga(
        title=kind,
        steps=(step,),
        first=plan_of(planned),
        principal=call.principal,
        client=call.client,
        mandates=call.mandates,
    )
    engine = await call.sagas()
    sizes = [len(one.items) for batch in planned.batches for one in batch.writes()]
    report = await engine.run(new, call, heard(call, sizes))
    if report.status is Status.AWAITING_APPROVAL:
        return await seen(call, report.saga.id)
    return told(planned, report)


def heard(call: SagaCall, records: Sequence[int] = ()) -> Callable[[Progress], None]:
    """Return what hears of a saga's progress and tells the caller; `records` are those of each write."""
    heard_of = 0

    def hear(progress: Progress) -> None:
        nonlocal heard_of
        done, total = progress.done, progress.total
        if total < 2 or done <= heard_of:
            return
        heard_of = done
        if records:
            done, total = sum(records[:done]), sum(records)
        call.report(done, total, progress.seconds_left)

    return hear


def _warned(result: Result, planned: Planned) -> Result:
    """Return a preview with what could not be taken back."""
    if isinstance(result, Changes | Done):
        return replace(result, irreversible=planned.irreversible)
    return result


def told(planned: Planned, report: SagaReport) -> Result:
    """Return the account of a change that ran as a saga; raises what failed where there are no records."""
    reports = reports_of(planned.batches, report)
    if report.status is Status.COMPLETED:
        return _marked(planned.account(reports), report)
    error = report.error or AppError("It was stopped.")
    result: Result | None = None
    try:
        result = planned.account(reports)
    except AppError as problem:
        # It may know better where it stopped.
        error = problem
    if isinstance(result, Changes):
        left = {one.record for one in report.left}
        changes = tuple(_after(one, left) for one in result.changes)
        return _marked(replace(result, changes=changes, error=result.error or error), report)
    raise error.retold(f"{error.message} {ending(report)}")


def _after(change: RecordChange, left: set[str]) -> RecordChange:
    """Return a record's line after the saga turned back."""
    if change.fate in _STANDING and change.id not in left:
        return replace(change, fate=Fate.TAKEN_BACK)
    return change


def _marked(result: Result, report: SagaReport) -> Result:
    if isinstance(result, Changes | Done):
        lost = tuple(report.lost)
        return replace(result, saga=report.saga.id, irreversible=lost)
    return result


def reports_of(batches: Sequence[Batch], report: SagaReport) -> list[WriteReport]:
    """Return what became of each batch, out of what came of the requests it was sent in."""
    arrivals = iter(report.arrivals)
    reports: list[WriteReport] = []
    for batch in batches:
        outcomes: list[Outcome] = []
        error: AppError | None = None
        for write in batch.writes():
            arrival = next(arrivals, None)
            if arrival is None or arrival.report is None:
                failed = arrival.error if arrival else None
                error = error or failed
                outcomes += [Outcome(0, "not_sent", error=failed) for _ in write.items]
            else:
                outcomes += arrival.report.outcomes
                error = error or arrival.report.error
        numbered = tuple(replace(one, index=at) for at, one in enumerate(outcomes))
        reports.append(WriteReport(numbered, error))
    return reports
