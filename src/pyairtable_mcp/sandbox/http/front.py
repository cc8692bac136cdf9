"""The life of one request: who, how often, what fault, what answer, one line in the ledger."""

import json
from collections.abc import Mapping
from typing import Final

from starlette.types import Receive, Send

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.admission import bearer, permit
from pyairtable_mcp.sandbox.http.answer import Answer, send_answer, send_fault
from pyairtable_mcp.sandbox.http.asked import Asked, read_body
from pyairtable_mcp.sandbox.http.call import Call, World
from pyairtable_mcp.sandbox.http.faults import FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, count_records
from pyairtable_mcp.sandbox.http.rate import Quota, RateLaw
from pyairtable_mcp.sandbox.http.table import OpenRoute, Route
from pyairtable_mcp.sandbox.http.visit import Visit
from pyairtable_mcp.sandbox.keeping.keeper import CannotKeep
from pyairtable_mcp.sandbox.state.access import Token
from pyairtable_mcp.sandbox.wire import ApiError, not_kept, refusal, too_many, used_up

URL_LIMIT: Final = 16_000
"""A URL must be shorter than this, in characters (Airtable API reference, list records)."""

LEDGER_LIMIT: Final = 100_000
"""Requests remembered before the older half is forgotten."""


class Front:
    """Everything that happens around a handler."""

    def __init__(self, world: World, clock: Clock, law: RateLaw, quota: Quota, faults: FaultQueue) -> None:
        self._world = world
        self._clock = clock
        self._law = law
        self._quota = quota
        self._faults = faults
        self.requests: list[RequestRecord] = []

    async def serve(
        self, asked: Asked, route: Route, path: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request and write it into the ledger; one not admitted uses up no fault."""
        at = self._clock.monotonic()
        fault, body = None, None
        try:
            token = self._admit(asked, route, path, at)
            fault = self._faults.take(asked.method, asked.path)
            if fault and fault.before_commit:
                answer = Answer(fault.status)
            else:
                raw = await read_body(receive)
                body = parsed(raw) if route.takes_json else None
                call = Call(self._world, token, path, asked.pairs(), raw, body)
                call.locate()
                answer = Answer(200, route.handler(call))
        except ApiError as error:
            answer = Answer(error.status, error.body)
        answer = self._kept(answer)
        status = fault.status if fault else answer.status
        self._log(asked, path, status, count_records(body, answer.body), at)
        await (send_fault(send, fault) if fault else send_answer(send, answer))

    async def serve_anybody(self, asked: Asked, route: OpenRoute, receive: Receive, send: Send) -> None:
        """Answer one request that needs no token, and write it into the ledger."""
        at = self._clock.monotonic()
        fault = self._faults.take(asked.method, asked.path)
        answer = Answer(fault.status if fault else 0)
        if not fault or not fault.before_commit:
            try:
                visit = Visit(self._world, asked.pairs(), asked.authorization, await read_body(receive))
                answer = route.handler(visit)
            except ApiError as error:
                answer = Answer(error.status, error.body)
            answer = self._kept(answer)
        self._log(asked, {}, fault.status if fault else answer.status, 0, at)
        await (send_fault(send, fault) if fault else send_answer(send, answer))

    def _admit(self, asked: Asked, route: Route, path: Mapping[str, str], at: float) -> Token:
        base_id = path.get("base")
        token = bearer(self._world.workspace, asked.authorization)
        if not self._law.admits(token.user, base_id or "", at, route.limit):
            raise too_many()
        if asked.length >= URL_LIMIT:
            raise refusal("URI_TOO_LONG", f"The URL must be shorter than {URL_LIMIT} characters")
        permit(self._world.workspace, token, route.needs, base_id)
        if not route.metadata and not self._quota.admits():
            raise used_up()
        return token

    def _kept(self, answer: Answer) -> Answer:
        """Return the answer once what it tells of is kept; nothing unkept is shown to anybody."""
        if changes := self._world.workspace.changes:
            try:
                self._world.keeper.keep(changes)
            except CannotKeep as error:
                refused = not_kept(str(error))
                return Answer(refused.status, refused.body)
        return answer

    def _log(self, asked: Asked, path: Mapping[str, str], status: int, records: int, at: float) -> None:
        line = RequestRecord(
            method=asked.method,
            path=asked.path,
            base=path.get("base", ""),
            table=path.get("table", ""),
            status=status,
            records=records,
            at=at,
        )
        if len(self.requests) >= LEDGER_LIMIT:
            del self.requests[: LEDGER_LIMIT // 2]
        self.requests.append(line)


def parsed(raw: bytes) -> Json:
    """Return what a body says, None when it is empty; refuse what is no JSON."""
    if not raw.strip():
        return None
    try:
        body: Json = json.loads(raw, parse_int=_number, parse_constant=_no_constant)
        if b"\\ud" in raw.lower():
            # Half a character, which JSON can spell and nobody can write down.
            body = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise refusal("INVALID_REQUEST_BODY", "Could not parse request body") from error
    return body


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _number(digits: str) -> int | float:
    """Return a number as JavaScript would: whole ones of many digits lose their last digits."""
    return int(digits) if len(digits) < 18 else float(digits)
