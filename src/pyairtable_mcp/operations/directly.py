"""Making a planned change at once, without a journal: a piece at a time, stopping at the first failure."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pyairtable_mcp.airtable.outcomes import IN_ORDER, Outcome, WriteReport
from pyairtable_mcp.operations.batches import Batch, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.results import Result
from pyairtable_mcp.operations.sending import send
from pyairtable_mcp.operations.watching import watched

A = TypeVar("A", bound=Args)
Plan = Callable[[Call, A], Awaitable[Planned]]


def directly(plan: Plan[A]) -> Callable[[Call, A], Awaitable[Result]]:
    """Return the use case that plans and, unless it is a dry run or nothing is to be done, writes."""

    async def run(call: Call, args: A) -> Result:
        planned = await plan(call, args)
        if getattr(args, "dry_run", False):
            return await planned.preview()
        reports: list[WriteReport] = []
        for batch in planned.batches:
            failed = any(report.error for report in reports)
            reports.append(_unsent(batch) if failed else await _written(call, batch))
        return planned.account(reports)

    return run


async def _written(call: Call, batch: Batch) -> WriteReport:
    if batch.kind in (Kind.CREATE_FIELD, Kind.UPDATE_FIELD):
        return await _one_by_one(call, batch)
    with watched(call, batch.table, len(batch.items)) as how:
        return await send(call.airtable, batch, how)


async def _one_by_one(call: Call, batch: Batch) -> WriteReport:
    outcomes: list[Outcome] = []
    error = None
    for write in batch.writes():
        report = _unsent(write) if error else await send(call.airtable, write, IN_ORDER)
        error = error or report.error
        outcomes += report.outcomes
    return WriteReport(tuple(outcomes), error)


def _unsent(batch: Batch) -> WriteReport:
    return WriteReport(tuple(Outcome(at, "not_sent") for at in range(len(batch.items))))
