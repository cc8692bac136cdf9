"""Running several steps as one, and looking at sagas, stopping them, taking them up and back."""

from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.model import NewSaga
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.engine.steps.definition import read_steps
from pyairtable_mcp.engine.steps.undoing import undoing_steps
from pyairtable_mcp.engine.tools.rehearsing import Rehearsal, rehearsed
from pyairtable_mcp.engine.tools.single import ending, heard
from pyairtable_mcp.engine.tools.views import SagaList, SagaView, shortly, wholly
from pyairtable_mcp.operations.call import Args

SagaId = Annotated[str, Arg(min_length=1, max_length=20)]


class RunSaga(Args):
    """Run steps in order, all or nothing, across tables and bases. A failure takes everything back.

    A step is {id, do, with}: do is create, update, replace, upsert, delete, attach, comment, create_table,
    create_fields, update_schema (with: that tool's arguments), find, http_request, trigger_automation, wait,
    approve, if or for_each. ${{ steps.a.records[0].id }} refers to an earlier step.
    """

    steps: Annotated[list[dict[str, JsonValue]], Arg(min_length=1)]
    title: Annotated[str, Arg(max_length=200)] = ""
    wait: Annotated[bool, Arg(description="false: answer at once, look later with list_sagas")] = True
    dry_run: bool = False


class ListSagas(Args):
    """List what was changed through this server, or tell all about one `saga`."""

    saga: str = ""
    status: Annotated[list[Status], Arg(description="only these")] = []
    record: Annotated[str, Arg(description="only those that touched this record id")] = ""
    limit: Annotated[int, Arg(ge=1, le=100)] = 20


class UndoSaga(Args):
    """Take back what a saga did. What a person changed since is left and told, unless `force`."""

    saga: SagaId
    from_step: Annotated[str, Arg(description="only this step and those after it")] = ""
    force: bool = False
    dry_run: bool = False


class ResumeSaga(Args):
    """Go on with a saga that waits, or try again what could not be taken back (`force`: over changes)."""

    saga: SagaId
    force: bool = False


class CancelSaga(Args):
    """Stop a running saga and take back what it did."""

    saga: SagaId


async def run_saga(call: SagaCall, args: RunSaga) -> SagaView | Rehearsal:
    """Run the steps and tell what each did, or what they would do."""
    steps = read_steps(args.steps)
    if args.dry_run:
        return await rehearsed(call, steps)
    new = NewSaga(title=args.title or "run_saga", steps=steps, principal=call.principal, client=call.client)
    if not args.wait:
        return wholly(await call.engine.get(await call.engine.start(new)))
    return await _told(call, await call.engine.run(new, call, heard(call)))


async def _told(call: SagaCall, report: SagaReport) -> SagaView:
    """Return a saga that ended well or rests; raises why it turned back otherwise."""
    if report.error is not None and report.status is not Status.COMPLETED:
        raise report.error.retold(f"{report.error.message} {ending(report)}")
    return wholly(await call.engine.get(report.saga.id))


async def list_sagas(call: SagaCall, args: ListSagas) -> SagaList | SagaView:
    """Return sagas, the youngest first, or one of them."""
    if args.saga:
        return wholly(await call.engine.get(args.saga))
    rows = await call.engine.list(statuses=args.status, record=args.record, limit=args.limit + 1)
    return SagaList(sagas=tuple(map(shortly, rows[: args.limit])), more=len(rows) > args.limit)


async def undo_saga(call: SagaCall, args: UndoSaga) -> SagaView | Rehearsal:
    """Run a saga that takes another one back."""
    history = await call.engine.get(args.saga)
    if history.saga.status not in FINISHED:
        raise NotAllowed(
            f"Saga {args.saga} is {history.saga.status.value.replace('_', ' ')}.",
            hint="cancel_saga stops it and takes it back; resume_saga goes on.",
        )
    steps = undoing_steps(history, args.from_step)
    if not steps:
        raise NotAllowed(f"Saga {args.saga} left nothing behind that could be taken back.")
    if args.dry_run:
        return await rehearsed(call, steps, options={"force": args.force})
    new = NewSaga(
        title=f"undo {history.saga.title}",
        steps=steps,
        principal=call.principal,
        client=call.client,
        undoes=args.saga,
        options={"force": args.force},
    )
    return await _told(call, await call.engine.run(new, call, heard(call)))


async def resume_saga(call: SagaCall, args: ResumeSaga) -> SagaView:
    """Go on with a saga that rests, or retry its compensation."""
    status = (await call.engine.get(args.saga)).saga.status
    if status is Status.COMPENSATION_FAILED:
        report = await call.engine.retry(args.saga, force=args.force)
    elif status is Status.AWAITING_APPROVAL:
        raise NotAllowed(
            f"Saga {args.saga} waits for a person.", hint="Ask them to run: pyairtable-mcp sagas approve"
        )
    else:
        report = await call.engine.resume(args.saga)
    return wholly(await call.engine.get(report.saga.id))


async def cancel_saga(call: SagaCall, args: CancelSaga) -> SagaView:
    """Stop a saga."""
    await call.engine.cancel(args.saga, "cancel_saga")
    return shortly((await call.engine.get(args.saga)).saga)
