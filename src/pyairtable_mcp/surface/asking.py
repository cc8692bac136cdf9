"""Asking the person behind the client whether a saga may run, in both eras of the protocol.

In the newer one the question is what a call returns, and the client calls again with the answer and with
our state, which the SDK seals and binds to the call; in the older one the client is asked while the call
goes on.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp.server.elicitation import (
    AcceptedElicitation,
    CancelledElicitation,
    DeclinedElicitation,
    render_elicitation_schema,
)
from mcp.server.mcpserver import Context
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field, ValidationError

from pyairtable_mcp.surface.render.answer import Answer, Asked

Decide = Callable[[Asked, bool], Awaitable[Answer]]
"""Does what a person has said to a question."""

_NEWER: Final = "2026-07-28"
_KEY: Final = "approval"
_ROUNDS: Final = 5
"""How often a person is asked in one call when the data keeps changing meanwhile."""


class Approval(BaseModel):
    """The form a person fills in."""

    approve: bool = Field(description="Whether this may be done")


class _State(BaseModel):
    """What the client hands back with the answer."""

    saga: str
    question: str


def can_ask(context: Context[Any, Any]) -> bool:
    """Tell whether the client can put a form before a person."""
    able = context.client_capabilities.elicitation if context.client_capabilities else None
    if able is None or (able.url is not None and able.form is None):
        return False
    return _newer(context) or context.session.can_send_request


def _newer(context: Context[Any, Any]) -> bool:
    return (context.protocol_version or "") >= _NEWER


async def settled(
    context: Context[Any, Any], call: Callable[[], Awaitable[Answer]], decide: Decide
) -> Answer | InputRequiredResult:
    """Make a call, and have a person asked where its answer says so and the client can."""
    answer = await (_taken_up(context, decide) or call())
    for _ in range(_ROUNDS):
        asks = answer.asks
        if asks is None or not can_ask(context):
            return answer
        if _newer(context):
            return _asking(asks)
        said = await _said(context, asks)
        if said is None:
            return answer
        answer = await decide(asks, said)
    return answer


def _taken_up(context: Context[Any, Any], decide: Decide) -> Awaitable[Answer] | None:
    """Return what an answer to an earlier question leads to; None for a call that comes the first time."""
    if context.request_state is None:
        return None
    try:
        state = _State.model_validate_json(context.request_state)
    except ValidationError:
        return None
    asks = Asked(saga=state.saga, question=state.question, text="")
    return _heeded(context, asks, decide)


async def _heeded(context: Context[Any, Any], asks: Asked, decide: Decide) -> Answer:
    responses = context.input_responses or {}
    response = responses.get(_KEY)
    if not isinstance(response, ElicitResult) or response.action == "cancel":
        return Answer(f"Nobody has decided yet. Saga {asks.saga} waits; nothing of it was sent.")
    if response.action == "decline":
        return await decide(asks, False)
    try:
        form = Approval.model_validate(response.content)
    except ValidationError:
        return Answer(f"The answer could not be read. Saga {asks.saga} waits; nothing of it was sent.")
    return await decide(asks, form.approve)


def _asking(asks: Asked) -> InputRequiredResult:
    form = render_elicitation_schema(Approval)
    request = ElicitRequest(params=ElicitRequestFormParams(message=asks.text, requested_schema=form))
    state = _State(saga=asks.saga, question=asks.question).model_dump_json()
    return InputRequiredResult(input_requests={_KEY: request}, request_state=state)


async def _said(context: Context[Any, Any], asks: Asked) -> bool | None:
    """Ask while the call goes on; return yes, no, or None when nobody decided."""
    try:
        result = await context.elicit(asks.text, Approval)
    except ValueError:
        return None
    match result:
        case AcceptedElicitation(data=form):
            return form.approve
        case DeclinedElicitation():
            return False
        case CancelledElicitation():
            return None
