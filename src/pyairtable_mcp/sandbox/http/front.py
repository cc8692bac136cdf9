"""The life of one request: who, how often, what fault, what answer, one line in the ledger."""

import json
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.call import Call, Handler, World
from pyairtable_mcp.sandbox.http.faults import Disconnected, Fault, FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, count_records
from pyairtable_mcp.sandbox.http.rate import RateLaw
from pyairtable_mcp.sandbox.keeping.keeper import CannotKeep
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.wire import ApiError, not_kept, refusal, too_large, too_many, unauthenticated

URL_LIMIT: Final = 16_000
"""Longest URL, in characters (Airtable support, URL length limit)."""

BODY_LIMIT: Final = 10_000_000
"""Longest body read, in bytes: a 5 MB upload in base64 is 6.7 MB."""

LEDGER_LIMIT: Final = 100_000
"""Requests remembered before the older half is forgotten."""

SLASH: Final = "\ue000"
"""Stands for a slash inside one segment of a path, which is not a separator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: Json


class Front:
    """Everything that happens around a handler."""

    def __init__(
        self, world: World, tokens: frozenset[str], clock: Clock, law: RateLaw, faults: FaultQueue
    ) -> None:
        self._world = world
        self._tokens = tokens
        self._clock = clock
        self._law = law
        self._faults = faults
        self.requests: list[RequestRecord] = []

    async def serve(self, request: Request, handler: Handler) -> Response:
        """Answer one request and write it into the ledger; one not admitted uses up no fault."""
        at = self._clock.monotonic()
        try:
            self._admit(request, at)
        except ApiError as error:
            return self._told(request, Answer(error.status, error.body), None, 0, at)
        fault = self._faults.take(request.method, request.url.path)
        if fault and fault.before_commit:
            return self._told(request, Answer(fault.status, None), fault, 0, at)
        body: Json = None
        try:
            body = await _body(request)
            call = self._call(request, body)
            call.locate()
            answer = Answer(200, handler(call))
        except ApiError as error:
            answer = Answer(error.status, error.body)
        answer = self._kept(answer)
        return self._told(request, answer, fault, count_records(body, answer.body), at)

    def _told(
        self, request: Request, answer: Answer, fault: Fault | None, records: int, at: float
    ) -> Response:
        """Write the request into the ledger and return what its sender gets."""
        self._log(request, fault.status if fault else answer.status, records, at)
        return _faulty(fault) if fault else _response(answer)

    def _kept(self, answer: Answer) -> Answer:
        """Return the answer once what it tells of is kept; nothing unkept is shown to anybody."""
        if changes := self._world.workspace.changes:
            try:
                self._world.keeper.keep(changes)
            except CannotKeep as error:
                refused = not_kept(str(error))
                return Answer(refused.status, refused.body)
        return answer

    def _admit(self, request: Request, at: float) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() not in self._tokens:
            raise unauthenticated()
        if not self._law.admits(token.strip(), request.path_params.get("base", ""), at):
            raise too_many()
        if len(str(request.url)) > URL_LIMIT:
            raise refusal("URI_TOO_LONG", f"The URL is longer than {URL_LIMIT} characters")

    def _call(self, request: Request, body: Json) -> Call:
        path = {key: str(part).replace(SLASH, "/") for key, part in request.path_params.items()}
        actor = Actor(self._world.workspace.owner)
        origin = str(request.base_url).rstrip("/")
        return Call(self._world, actor, path, request.query_params.multi_items(), body, origin)

    def _log(self, request: Request, status: int, records: int, at: float) -> None:
        params = request.path_params
        line = RequestRecord(
            method=request.method,
            path=request.url.path,
            base=params.get("base", ""),
            table=params.get("table", ""),
            status=status,
            records=records,
            at=at,
        )
        if len(self.requests) >= LEDGER_LIMIT:
            del self.requests[: LEDGER_LIMIT // 2]
        self.requests.append(line)


async def _body(request: Request) -> Json:
    """Return the parsed body, None when there is none; refuse what is no JSON or too long."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise too_large("The request body is too large")
    if not raw.strip():
        return None
    try:
        parsed: Json = json.loads(raw, parse_int=_number, parse_constant=_no_constant)
        if b"\\ud" in raw.lower():
            # Half a character, which JSON can spell and nobody can write down.
            parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise refusal("INVALID_REQUEST_BODY", "Could not parse request body") from error
    return parsed


class Broken(Response):
    """An answer that promises more than it sends, then breaks the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a head and a piece of a body, then raise `Disconnected`."""
        del scope, receive
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"records":[', "more_body": True})
        raise Disconnected


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _number(digits: str) -> int | float:
    """Return a number as JavaScript would: whole ones of many digits lose their last digits."""
    return int(digits) if len(digits) < 18 else float(digits)


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, answer.status, media_type="application/json")


def _faulty(fault: Fault) -> Response:
    if fault.status == 0:
        return Broken()
    if fault.text is not None:
        return Response(fault.text, fault.status, headers=dict(fault.headers))
    body = (
        fault.body
        if fault.body is not None
        else {"error": {"type": "SERVER_ERROR", "message": "Scripted fault"}}
    )
    response = _response(Answer(fault.status, body))
    response.headers.update(fault.headers)
    return response


async def lost(request: Request, error: Exception) -> Response:
    """Answer a path or a method that is none of Airtable's."""
    del request
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _response(Answer(404 if status == 405 else status, {"error": "NOT_FOUND"}))
