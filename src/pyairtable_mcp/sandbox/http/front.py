"""The life of one request: who, how often, what fault, what answer, one line in the ledger."""

import json
from collections.abc import Mapping
from typing import Final

from starlette.types import Receive, Send

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.admission import bearer, permit
from pyairtable_mcp.sandbox.http.answer import Answer, send_answer
from pyairtable_mcp.sandbox.http.asked import Asked, read_body
from pyairtable_mcp.sandbox.http.call import Call, World
from pyairtable_mcp.sandbox.http.faults import Fault, FaultQueue, Reset
from pyairtable_mcp.sandbox.http.faulty import send_fault
from pyairtable_mcp.sandbox.http.ledger import (
    LEDGER_LIMIT,
    RequestRecord,
    WriteRecord,
    Writes,
    count_records,
    touched,
)
from pyairtable_mcp.sandbox.http.rate import Quota, RateLaw
from pyairtable_mcp.sandbox.http.table import OpenRoute, Route
from pyairtable_mcp.sandbox.http.visit import Visit
from pyairtable_mcp.sandbox.keeping.keeper import CannotKeep
from pyairtable_mcp.sandbox.state.access import Token
from pyairtable_mcp.sandbox.wire import ApiError, not_kept, refusal, too_many, used_up

URL_LIMIT: Final = 16_000
"""A URL must be shorter than this, in characters (Airtable API reference, list records)."""

TOKEN_END: Final = 4
"""Characters of a token the ledger shows."""


class Front:
    """Everything that happens around a handler."""

    def __init__(self, world: World, clock: Clock, law: RateLaw, quota: Quota, faults: FaultQueue) -> None:
        self._world = world
        self._clock = clock
        self._law = law
        self._quota = quota
        self._faults = faults
        self.requests: list[RequestRecord] = []
        self.writes = Writes()
        self._era = 0

    def begin_anew(self) -> None:
        """Empty the ledgers, and break the connection of every request that is waiting for its fault."""
        self.requests.clear()
        self.writes.clear()
        self._era += 1

    async def serve(
        self, asked: Asked, route: Route, path: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request and write it into the ledger; one not admitted uses up no fault."""
        at = self._clock.monotonic()
        fault, body, write = None, None, None
        try:
            token = self._admit(asked, route, path, at)
            fault = await self._met(asked, route.path)
            if fault and fault.spares_the_handler:
                answer = Answer(fault.status)
            else:
                raw = await read_body(receive)
                body = parsed(raw) if route.takes_json else None
                call = Call(self._world, token, path, asked.pairs(), raw, body, asked.origin)
                answer, write = self.carry_out(call, route, asked.path)
        except ApiError as error:
            answer = Answer(error.status, error.body)
        await self._linger(fault)
        if write:
            write.status = _status(fault, answer)
            write.lost = bool(fault and fault.loses_the_answer)
        self._log(asked, path, _status(fault, answer), count_records(body, answer.body), at)
        await (send_fault(send, fault, answer) if fault else send_answer(send, answer))

    async def _met(self, asked: Asked, route: str) -> Fault | None:
        """Return the fault a request meets, after the delay of one that strikes before anything is done."""
        fault = self._faults.take(asked.method, asked.path, route)
        if fault and fault.before_commit:
            await self._wait(fault.delay)
        return fault

    async def _linger(self, fault: Fault | None) -> None:
        """Wait for the delay of a fault that strikes when everything is done."""
        if fault and not fault.before_commit:
            await self._wait(fault.delay)

    async def _wait(self, seconds: float) -> None:
        if seconds:
            era = self._era
            await self._clock.sleep(seconds)
            if era != self._era:
                raise Reset

    def carry_out(self, call: Call, route: Route, path: str) -> tuple[Answer, WriteRecord | None]:
        """Run a route's handler, and in the same breath note what it wrote in the ledger of writes."""
        try:
            call.locate()
            answer = Answer(200, route.handler(call))
        except ApiError as error:
            answer = Answer(error.status, error.body)
        answer = self.kept(answer)
        if not call.committed and (answer.status != 200 or not route.writes):
            return answer, None
        return answer, self.writes.add(self._line(call, route, path))

    def _line(self, call: Call, route: Route, path: str) -> WriteRecord:
        did = touched(each.journal for each in call.committed)
        actor = call.committed[0].actor if call.committed else call.actor
        base = self._world.workspace.bases.get(call.path.get("base", ""))
        table = base.table_by(call.path.get("table", "")) if base else None
        return WriteRecord(
            moment=self._clock.now(),
            user=actor.user,
            token=call.token.value[-TOKEN_END:],
            source=actor.source,
            method=route.method,
            path=path,
            base=base.id if base else "",
            table=table.id if table else "",
            created=did.created,
            updated=did.updated,
            deleted=did.deleted,
            body=call.body if self.writes.keeps_bodies else None,
        )

    async def serve_anybody(self, asked: Asked, route: OpenRoute, receive: Receive, send: Send) -> None:
        """Answer one request that needs no token, and write it into the ledger."""
        at = self._clock.monotonic()
        fault = await self._met(asked, route.path)
        if fault and fault.spares_the_handler:
            answer = Answer(fault.status)
        else:
            try:
                visit = Visit(self._world, asked.pairs(), asked.authorization, await read_body(receive))
                answer = route.handler(visit)
            except ApiError as error:
                answer = Answer(error.status, error.body)
            answer = self.kept(answer)
        await self._linger(fault)
        self._log(asked, {}, _status(fault, answer), 0, at)
        await (send_fault(send, fault, answer) if fault else send_answer(send, answer))

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

    def kept(self, answer: Answer) -> Answer:
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


def _status(fault: Fault | None, answer: Answer) -> int:
    """Return the status that is sent, 0 when none is sent whole."""
    return fault.status_sent if fault and not fault.is_true else answer.status


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
