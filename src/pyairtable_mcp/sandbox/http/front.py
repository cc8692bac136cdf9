"""The life of one request: who, how often, what fault, what answer, one line in the ledger."""

import json
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.answering import Answer, response
from pyairtable_mcp.sandbox.http.call import Call, Handler, World
from pyairtable_mcp.sandbox.http.faults import Fault, FaultQueue
from pyairtable_mcp.sandbox.http.faulty import faulty
from pyairtable_mcp.sandbox.http.ledger import (
    LEDGER_LIMIT,
    RequestRecord,
    WriteRecord,
    Writes,
    count_records,
    touched,
)
from pyairtable_mcp.sandbox.http.rate import RateLaw
from pyairtable_mcp.sandbox.keeping.keeper import CannotKeep
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.wire import ApiError, not_kept, refusal, too_large, too_many, unauthenticated

URL_LIMIT: Final = 16_000
"""Longest URL, in characters (Airtable support, URL length limit)."""

BODY_LIMIT: Final = 10_000_000
"""Longest body read, in bytes: a 5 MB upload in base64 is 6.7 MB."""

TOKEN_END: Final = 4
"""Characters of a token the ledger shows."""

SLASH: Final = "\ue000"
"""Stands for a slash inside one segment of a path, which is not a separator."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the ledger names it: `route` from the route table, the end of its `token`."""

    method: str
    path: str
    route: str
    token: str = ""

    @property
    def writes(self) -> bool:
        """Whether carrying it out changes something: not a question asked in a body."""
        return self.method != "GET" and not self.route.endswith("/listRecords")


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
        self.writes = Writes()

    async def serve(self, request: Request, handler: Handler, route: str) -> Response:
        """Answer one request and write it into the ledger; one not admitted uses up no fault."""
        at = self._clock.monotonic()
        try:
            self._admit(request, at)
        except ApiError as error:
            return self._told(request, Answer(error.status, error.body), None, 0, at)
        fault = self._faults.take(request.method, request.url.path, route)
        if fault and fault.before_commit:
            await self._strike(fault)
            if not fault.is_true:
                return self._told(request, Answer(fault.status, None), fault, 0, at)
        body: Json = None
        write: WriteRecord | None = None
        try:
            body = await _body(request)
            sent = Sent(request.method, request.url.path, route, _token(request)[-TOKEN_END:])
            answer, write = self.carry_out(self._call(request, body), handler, sent)
        except ApiError as error:
            answer = Answer(error.status, error.body)
        if fault and not fault.before_commit:
            await self._strike(fault)
        if write:
            write.status = fault.status_sent if fault and not fault.is_true else answer.status
            write.lost = bool(fault and fault.loses_the_answer)
        return self._told(request, answer, fault, count_records(body, answer.body), at)

    def carry_out(self, call: Call, handler: Handler, sent: Sent) -> tuple[Answer, WriteRecord | None]:
        """Run a handler, and in the same breath write what it wrote into the ledger of writes."""
        try:
            call.locate()
            answer = Answer(200, handler(call))
        except ApiError as error:
            answer = Answer(error.status, error.body)
        answer = self._kept(answer)
        if not call.committed and (answer.status != 200 or not sent.writes):
            return answer, None
        return answer, self.writes.add(self._line(call, sent))

    def _line(self, call: Call, sent: Sent) -> WriteRecord:
        did, base = touched(call.committed), self._world.workspace.bases.get(call.path.get("base", ""))
        table = base.table_by(call.path.get("table", "")) if base else None
        return WriteRecord(
            moment=self._clock.now(),
            user=call.actor.user,
            token=sent.token,
            source=call.actor.source,
            method=sent.method,
            path=sent.path,
            base=base.id if base else "",
            table=table.id if table else "",
            created=did.created,
            updated=did.updated,
            deleted=did.deleted,
            body=call.body if self.writes.keeps_bodies else None,
        )

    async def _strike(self, fault: Fault) -> None:
        if fault.delay:
            await self._clock.sleep(fault.delay)

    def _told(
        self, request: Request, answer: Answer, fault: Fault | None, records: int, at: float
    ) -> Response:
        """Write the request into the ledger and return what its sender gets."""
        replaced = fault is not None and not fault.is_true
        self._log(request, fault.status_sent if fault and replaced else answer.status, records, at)
        return faulty(fault, answer) if fault else response(answer)

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
        token = _token(request)
        if token not in self._tokens:
            raise unauthenticated()
        if not self._law.admits(token, request.path_params.get("base", ""), at):
            raise too_many()
        if len(str(request.url)) > URL_LIMIT:
            raise refusal("URI_TOO_LONG", f"The URL is longer than {URL_LIMIT} characters")

    def _call(self, request: Request, body: Json) -> Call:
        path = {key: str(part).replace(SLASH, "/") for key, part in request.path_params.items()}
        actor = Actor(self._world.workspace.owner)
        return Call(self._world, actor, path, request.query_params.multi_items(), body)

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


def _token(request: Request) -> str:
    """Return the bearer token of a request, "" when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


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


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _number(digits: str) -> int | float:
    """Return a number as JavaScript would: whole ones of many digits lose their last digits."""
    return int(digits) if len(digits) < 18 else float(digits)


async def lost(request: Request, error: Exception) -> Response:
    """Answer a path or a method that is none of Airtable's."""
    del request
    status = error.status_code if isinstance(error, HTTPException) else 404
    return response(Answer(404 if status == 405 else status, {"error": "NOT_FOUND"}))
