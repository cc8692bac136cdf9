"""What a person is asked before a saga may go on, and what becomes of the answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.text import cut, visible
from pyairtable_mcp.engine.approving import part, question_of
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.tools.arguments import DecideSaga
from pyairtable_mcp.engine.tools.depicting import depicted, lines_of, plan_of_row, schemas_of
from pyairtable_mcp.engine.tools.telling import ending, wholly
from pyairtable_mcp.engine.tools.views import Question, SagaView
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.store.journal_values import History

_LINES: Final = 20
_LONGEST: Final = 300


async def seen(call: SagaCall, saga: str) -> SagaView:
    """Return a saga with its steps and, when it waits for a person, what that person is asked."""
    history = await (await call.sagas()).get(saga)
    return await viewed(call, history)


async def viewed(call: Call, history: History) -> SagaView:
    """Return the same of a saga that was read already."""
    view = wholly(history)
    if view.status is not Status.AWAITING_APPROVAL:
        return view
    return replace(view, question=await question(call, history))


async def question(call: Call, history: History) -> Question:
    """Return what a person is asked: why, and what would be written."""
    approval = history.saga.approval
    ask = part(approval, "ask")
    steps = depicted(history, await schemas_of(call, history))
    waiting = [step for step in steps if step.status == "asking"]
    message = part(ask, "message")
    reasons = [str(one) for one in _listed(part(ask, "why"))]
    again = ["what it would change has changed since it was approved"] if part(ask, "again") is True else []
    lost = [one for row in history.steps if row.status == "asking" for one in plan_of_row(row).irreversible]
    told = [*lines_of(waiting, _LINES), *(str(one) for one in _listed(part(ask, "lines")))]
    return Question(
        id=question_of(approval),
        why="; ".join([*([str(message)] if message else []), *again, *reasons]),
        lines=tuple(cut(visible(line), _LONGEST) for line in told),
        lost=tuple(lost),
    )


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else ()


async def decide_saga(call: SagaCall, args: DecideSaga) -> SagaView:
    """Let a saga run, or end it, as a person has said; raises `NotAllowed` when they said no."""
    engine = await call.sagas()
    if args.approved:
        report = await engine.approve(args.saga, args.by, args.question)
        if report.error is not None and report.status is not Status.COMPLETED:
            raise report.error.retold(f"{report.error.message} {ending(report)}")
        return await seen(call, args.saga)
    report = await engine.reject(args.saga, args.by)
    nothing = f"Nothing of it was sent (saga {args.saga})."
    told = nothing if report.status is Status.CANCELLED else ending(report)
    raise NotAllowed(f"A person did not approve it. {told}")
