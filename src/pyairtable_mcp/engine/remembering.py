"""From the journal back to a saga at work: the events it tells of are let happen again, in their order."""

from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError, error_classes
from pyairtable_mcp.base.sagas import ACTIVE, FINISHED, Status
from pyairtable_mcp.engine.model import LEFT, PLAN, SPEC, SPECS
from pyairtable_mcp.engine.run import Run
from pyairtable_mcp.engine.words import (
    At,
    Decided,
    Failed,
    Finished,
    Intended,
    Resumed,
    Retried,
    Sent,
    Started,
    State,
    StepAsks,
    StepEnded,
    StepFailed,
    StepPlanned,
    StepWaits,
    Stopped,
    UndoFailed,
    UndoSent,
    Woken,
)
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import History, StepRow

ENDED: Final = FINISHED | {Status.COMPENSATION_FAILED}


def remembered(history: History, call: Call) -> Run:
    """Return the saga as it was when the journal last heard of it."""
    definition = history.saga.definition
    steps = definition.get("steps") if isinstance(definition, dict) else None
    specs = SPECS.validate_python(steps)
    run = Run(saga=history.saga, call=call, state=State(left=len(specs)), queue=list(specs))
    run.intents = {one.number: one for one in history.intents}
    run.outcomes = dict(history.outcomes)
    run.stop = history.saga.stop
    run.error = error_from(_part(history.saga.result, "error"))
    run.answer = _part(history.saga.approval, "answer")
    if history.saga.status is not Status.PLANNED:
        run.happened(Started())
    for row in sorted((one for one in history.steps if one.number > 0), key=lambda one: one.number):
        _recall_step(run, row)
    _recall_turn(run)
    for row in sorted((one for one in history.steps if one.number < 0), key=lambda one: -one.number):
        _recall_way_back(run, row)
    _recall_end(run)
    return run


def error_from(told: JsonValue) -> AppError | None:
    """Return an error that the journal kept, as one of its class without the particulars."""
    if not isinstance(told, dict):
        return None
    by_code = {one.code: one for one in error_classes()}
    build = by_code.get(str(told.get("code")), AppError)
    return build(str(told.get("message", "")), hint=str(told.get("hint", "")))


def _part(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None


def _recall_step(run: Run, row: StepRow) -> None:
    run.steps[row.number] = row
    spec = run.specs[row.number] = SPEC.validate_python(row.spec)
    run.queue.pop(0)
    if row.status == "failed":
        run.happened(StepFailed())
        return
    plan = run.plans[row.number] = PLAN.validate_python(row.plan)
    if row.status in ("waiting", "asking"):
        run.happened(StepWaits() if row.status == "waiting" else StepAsks())
        return
    run.queue[:0] = plan.steps
    run.happened(StepPlanned(writes=len(plan.writes), nested=len(plan.steps), keep_going=spec.keep_going))
    for sent in run.sent_for(row.number):
        run.happened(Intended())
        if sent.outcome is not None:
            run.happened(Sent() if sent.outcome.status == "done" else Failed())
    if row.status == "done":
        run.happened(StepEnded())


def _recall_turn(run: Run) -> None:
    """Turn back where the journal says so and no failure explains it: somebody had stopped the saga."""
    turned = (Status.COMPENSATING, Status.COMPENSATION_FAILED, Status.COMPENSATED, Status.CANCELLED)
    if run.saga.status in turned and run.state.status is not Status.COMPENSATING:
        run.happened(Stopped())


def _recall_way_back(run: Run, row: StepRow) -> None:
    run.steps[row.number] = row
    run.left += LEFT.validate_python(_part(row.result, "left") or ())
    lost = _part(row.result, "lost")
    run.lost += [str(one) for one in lost] if isinstance(lost, list) else []
    if row.status == "retried":
        run.happened(Finished())
        run.happened(Retried())
        run.left.clear()
        return
    if run.state.at is At.RESTING:
        run.happened(Woken())
    if row.status == "failed":
        run.happened(UndoFailed(final=True))
        return
    writes = run.sent_for(row.number)
    run.happened(Decided(writes=len(writes), troubled=_part(row.plan, "troubled") is True))
    for sent in writes:
        if sent.outcome is None or sent.outcome.status == "unknown":
            return
        if sent.outcome.status == "failed":
            # How often it was tried is told by the saga's own row.
            run.state = replace(run.state, tries=0)
            run.happened(UndoFailed())
            return
        run.happened(UndoSent())


def _recall_end(run: Run) -> None:
    """Let happen what the saga's own row tells: that it ended, rests, or was left in the middle."""
    if run.saga.status in ENDED:
        run.happened(Finished())
        return
    if run.saga.status in ACTIVE:
        if run.state.status is Status.AWAITING_APPROVAL:
            # It was answered; what the step does then was not planned any more.
            run.happened(Woken())
        run.happened(Resumed())
    tries = _part(run.saga.result, "tries")
    if isinstance(tries, int) and tries and run.state.status is Status.COMPENSATING:
        run.state = replace(run.state, tries=tries, at=At.RESTING)
