"""Steps that call out over HTTP, through the guard on addresses; and the carrier that sends them."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError, BadValue, Fenced, OutcomeUnknown, Rejected
from pyairtable_mcp.engine.expressions.shapes import PLAIN, Shape
from pyairtable_mcp.engine.model import Plan, StepSpec, Write
from pyairtable_mcp.engine.ports import Arrival, Back, Scene, Sent, Stakes, StepKind, Trip, Undoing, joined
from pyairtable_mcp.engine.steps.scope import arguments_of
from pyairtable_mcp.net.egress import Egress, Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.operations.call import Args, Call

HTTP: Final = "http"
"""The carrier's name in the journal."""
ANSWER: Final[Shape] = {"status": PLAIN, "body": None, "headers": None}
"""What a step that calls out gives."""
SECONDS: Final = 30.0
_AUTOMATIONS: Final = "https://hooks.airtable.com/"
_READS: Final = frozenset({"GET", "HEAD"})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_SHOWN: Final = ("content-type", "location", "retry-after")

Headers = dict[str, str]
Url = Annotated[str, Arg(min_length=1, max_length=8_000)]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Taken(Args):
    """The request that takes another one back."""

    method: Method = "POST"
    url: Url
    headers: Headers = {}
    body: JsonValue = None


class HttpRequest(Args):
    """Send a request; `undo` is the one that takes it back, `repeatable` that sending twice does no harm."""

    method: Method = "POST"
    url: Url
    headers: Headers = {}
    body: JsonValue = None
    repeatable: bool = False
    undo: Taken | None = None


class TriggerAutomation(Args):
    """Call the address of an Airtable automation that begins "when webhook received"."""

    url: Annotated[str, Arg(min_length=1, max_length=2_000)]
    payload: JsonValue = None


async def _request(scene: Scene, spec: StepSpec) -> Plan:
    args = arguments_of(scene, spec, HttpRequest)
    lost = () if args.undo or args.method in _READS else (f"the {args.method} request to {_host(args.url)}",)
    return Plan(writes=(Write(via=HTTP, body=_body(scene, spec, args)),), irreversible=lost)


async def _trigger(scene: Scene, spec: StepSpec) -> Plan:
    args = arguments_of(scene, spec, TriggerAutomation)
    if not args.url.startswith(_AUTOMATIONS):
        raise BadValue(
            f"Step '{spec.id}': that is not the address of an automation.",
            hint=f"It begins with {_AUTOMATIONS}; for other addresses there is http_request.",
        )
    request = HttpRequest(method="POST", url=args.url, body=args.payload)
    write = Write(via=HTTP, body=_body(scene, spec, request))
    return Plan(writes=(write,), irreversible=("what the automation does",))


def _body(scene: Scene, spec: StepSpec, args: HttpRequest) -> JsonValue:
    told: dict[str, JsonValue] = args.model_dump(mode="json")
    # The receiver can tell by it that it had this request before.
    return {**told, "key": f"{scene.saga.id}.{spec.id}"}


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] or url


def _answered(spec: StepSpec, plan: Plan, sent: Sequence[Sent]) -> JsonValue:
    del spec, plan
    outcome = sent[0].outcome if sent else None
    return outcome.items if outcome else None


CALLS: Final = (
    StepKind(name="http_request", plan=_request, result=_answered),
    StepKind(name="trigger_automation", plan=_trigger, result=_answered),
)
"""The kinds of steps that call out."""


class HttpCarrier:
    """Sends requests to addresses that steps name; takes back what came with its own undoing."""

    def __init__(self, egress: Egress, clock: Clock) -> None:
        self._egress = egress
        self._clock = clock

    def since(self, call: Call) -> str:
        """Return the present moment; receivers tell none of theirs."""
        del call
        return self._clock.now().isoformat()

    def stakes(self, write: Write) -> Stakes:
        """Nothing of Airtable's."""
        del write
        return Stakes()

    async def send(self, write: Write, trip: Trip) -> Arrival:
        """Send a request; one that may have been sent before only if that does no harm."""
        request = _read(write.body)
        repeatable = request.repeatable or request.method in _REPEATABLE
        if trip.since and not repeatable:
            error = OutcomeUnknown(
                f"Whether the request to {_host(request.url)} was sent is not known.",
                hint="Mark it `repeatable` if its receiver heeds the Idempotency-Key header.",
            )
            return Arrival(fate="unknown", items=None, error=error)
        outgoing = _outgoing(request, str(_held(write.body, "key")), repeatable=repeatable)
        try:
            answer = await self._egress.send(outgoing, seconds=SECONDS)
        except Fenced:
            raise
        except AppError as error:
            fate: Literal["unknown", "failed"] = "unknown" if isinstance(error, OutcomeUnknown) else "failed"
            return Arrival(fate=fate, items=None, error=error)
        return _arrival(request, answer)

    def unsent(self, write: Write, error: AppError) -> Arrival:
        """Return what came of a request that never left."""
        del write
        return Arrival(fate="failed", items=None, error=error)

    async def undo(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Send the requests that were declared for that, where there is one."""
        del back
        return joined(map(_undoing, sent))

    async def afterwards(self, sent: Sequence[Sent], back: Back) -> Undoing:
        """Nothing is left to put right."""
        del sent, back
        return Undoing()


def _undoing(sent: Sent) -> Undoing:
    request = _read(sent.intent.write)
    if sent.outcome is not None and sent.outcome.status == "failed":
        return Undoing()
    if request.undo is None:
        reads = request.method in _READS
        told = f"the {request.method} request to {_host(request.url)} was sent"
        return Undoing(lost=() if reads else (told,))
    key = f"{_held(sent.intent.write, 'key')}.undo"
    body: JsonValue = {**request.undo.model_dump(mode="json"), "repeatable": True, "key": key}
    return Undoing(writes=(Write(via=HTTP, body=body),))


def _held(body: JsonValue, key: str) -> JsonValue:
    return body.get(key, "") if isinstance(body, Mapping) else ""


def _read(body: JsonValue) -> HttpRequest:
    known = {key: value for key, value in body.items() if key != "key"} if isinstance(body, Mapping) else {}
    return HttpRequest.model_validate(known)


def _outgoing(request: HttpRequest, key: str, *, repeatable: bool) -> Outgoing:
    headers = dict(request.headers)
    body = None
    if request.body is not None:
        body = request.body.encode() if isinstance(request.body, str) else json.dumps(request.body).encode()
        plain = isinstance(request.body, str)
        headers.setdefault("Content-Type", "text/plain; charset=utf-8" if plain else "application/json")
    if request.method not in _READS:
        headers.setdefault("Idempotency-Key", key)
    return Outgoing(method=request.method, url=request.url, headers=headers, body=body, repeatable=repeatable)


def _arrival(request: HttpRequest, answer: Response) -> Arrival:
    items: JsonValue = {
        "status": answer.status,
        "headers": {key: value for key, value in answer.headers.items() if key in _SHOWN},
        "body": _told(answer),
    }
    if answer.status < 400:
        return Arrival(fate="done", items=items)
    error = Rejected(f"{_host(request.url)} answered {answer.status}.", status=answer.status)
    return Arrival(fate="failed", items=items, error=error)


def _told(answer: Response) -> JsonValue:
    """Return the body as JSON where it is that, else as text."""
    text = answer.body.decode("utf-8", "replace")
    try:
        told: JsonValue = json.loads(text)
    except ValueError:
        return text
    return told
