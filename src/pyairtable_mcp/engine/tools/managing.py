"""Running several steps as one, and looking at sagas, stopping them, taking them up and back."""

from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.model import PLAN, NewSaga, StepSpec
from pyairtable_mcp.engine.ports import Scene
from pyairtable_mcp.engine.run import SagaReport
from pyairtable_mcp.engine.steps.consenting import consented
from pyairtable_mcp.engine.steps.definition import read_steps
from pyairtable_mcp.engine.steps.permitting import refuse_forbidden
from pyairtable_mcp.engine.steps.undoing import undoing_steps
from pyairtable_mcp.engine.tools.arguments import CancelSaga, ListSagas, ResumeSaga, RunSaga, UndoSaga
from pyairtable_mcp.engine.tools.asking import seen
from pyairtable_mcp.engine.tools.rehearsing import rehearsed
from pyairtable_mcp.engine.tools.single import heard
from pyairtable_mcp.engine.tools.telling import ending, shortly, wholly
from pyairtable_mcp.engine.tools.views import Rehearsal, SagaList, SagaView
from pyairtable_mcp.store.journal_values import History, SagaRow, StepRow


async def run_saga(call: SagaCall, args: RunSaga) -> SagaView | Rehearsal:
    """Run the steps and tell what each did, or what they would do."""
    steps = read_steps(args.steps)
    refuse_forbidden(call, args.steps)
    if args.dry_run:
        return await rehearsed(call, steps)
    steps = consented(steps, call.settings.approval)
    new = NewSaga(
        title=args.title or "run_saga",
        steps=steps,
        principal=call.principal,
        client=call.client,
        mandates=call.mandates,
    )
    if not args.wait:
        return wholly(await (await call.sagas()).get(await (await call.sagas()).start(new)))
    return await concluded(call, await (await call.sagas()).run(new, call, heard(call)))


async def concluded(call: SagaCall, report: SagaReport, *, once: bool = False) -> SagaView:
    """Return a saga that ended well or rests; raises why it turned back otherwise."""
    if report.error is not None and report.status is not Status.COMPLETED:
        problem = report.error.retold(f"{report.error.message} {ending(report)}")
        problem.acted = once or bool(report.sent)
        raise problem
    return await seen(call, report.saga.id)


async def list_sagas(call: SagaCall, args: ListSagas) -> SagaList | SagaView:
    """Return sagas, the youngest first, or one of them."""
    if args.saga:
        return await seen(call, args.saga)
    statuses = [one for one in Status if one not in FINISHED] if args.unfinished else ()
    engine = await call.sagas()
    rows = await engine.list(statuses=statuses, record=args.record, limit=args.limit + 1)
    return SagaList(sagas=tuple(map(shortly, rows[: args.limit])), more=len(rows) > args.limit)


def _undoing(history: History, args: UndoSaga) -> tuple[StepSpec, ...]:
    if history.saga.status not in FINISHED:
        raise NotAllowed(
            f"Saga {args.saga} is {history.saga.status.value.replace('_', ' ')}.",
            hint="cancel_saga stops it and takes it back; resume_saga goes on.",
        )
    steps = undoing_steps(history, args.from_step)
    if not steps:
        raise NotAllowed(f"Saga {args.saga} left nothing behind that could be taken back.")
    return steps


async def undo_shown(call: SagaCall, args: UndoSaga) -> History:
    """Return what taking a saga back would do, as the journal would hold it before anything is sent."""
    history = await (await call.sagas()).get(args.saga)
    engine, options = await call.sagas(), {"force": args.force}
    scene = Scene(saga=SagaRow(id="", options={**options}), call=call, results={})
    rows = [
        StepRow(
            number=number, id=spec.id, kind=spec.kind, status="planned",
            plan=PLAN.dump_python(plan, mode="json"), result=plan.result,
        )
        for number, spec in enumerate(_undoing(history, args), 1)
        for plan in [await engine.plan(scene, spec)]
    ]  # fmt: skip
    return History(saga=scene.saga, steps=tuple(rows))


async def undo_saga(call: SagaCall, args: UndoSaga) -> SagaView | Rehearsal:
    """Run a saga that takes another one back, or tell what it would do."""
    if not args.dry_run:
        return await taken_back(call, args)
    steps = _undoing(await (await call.sagas()).get(args.saga), args)
    return await rehearsed(call, steps, options={"force": args.force})


async def taken_back(call: SagaCall, args: UndoSaga) -> SagaView:
    """Run a saga that takes another one back."""
    history = await (await call.sagas()).get(args.saga)
    steps = _undoing(history, args)
    new = NewSaga(
        title=f"undo {history.saga.title}",
        steps=consented(steps, call.settings.approval),
        principal=call.principal,
        client=call.client,
        mandates=call.mandates,
        undoes=args.saga,
        options={"force": args.force},
    )
    return await concluded(call, await (await call.sagas()).run(new, call, heard(call)))


async def resume_saga(call: SagaCall, args: ResumeSaga) -> SagaView:
    """Go on with a saga that rests, or retry its compensation."""
    engine = await call.sagas()
    if args.confirm:
        return await concluded(call, await engine.confirm(args.saga, args.confirm))
    status = (await engine.get(args.saga)).saga.status
    if status is Status.COMPENSATION_FAILED:
        await engine.retry(args.saga, force=args.force)
    elif status is not Status.AWAITING_APPROVAL:
        return await concluded(call, await engine.resume(args.saga))
    return await seen(call, args.saga)


async def cancel_saga(call: SagaCall, args: CancelSaga) -> SagaView:
    """Stop a saga."""
    await (await call.sagas()).cancel(args.saga, "cancel_saga")
    return shortly((await (await call.sagas()).get(args.saga)).saga)
