"""Bodies gone wrong over HTTP, and what came back."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import httpx2

from tests.support.mutations import INITIALIZE, messages, mutants

ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
LONGEST = 30.0
INTERNAL = -32603


@dataclass
class Seen:
    """How many answers of each status there were, and which should not be."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Caller:
    """One principal's caller at an address, of either era."""

    http: httpx2.AsyncClient
    url: str
    headers: Mapping[str, str]
    modern: bool

    async def send(self, body: bytes, method: str = "", name: str = "") -> httpx2.Response:
        """Send a body, with the headers of a request for `method` and what it names."""
        headers = {**ACCEPT, **self.headers}
        if self.modern:
            headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
            headers |= {"mcp-name": name} if name else {}
        return await self.http.post(self.url, headers=headers, content=body, timeout=LONGEST)

    async def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send a good request, and return its answer."""
        body = json.dumps(message).encode()
        answer = await self.send(body, *_named(body, message))
        assert answer.status_code == 200, answer.text
        (told,) = [frame for frame in frames(answer) if "id" in frame and "method" not in frame]
        return told


async def older(http: httpx2.AsyncClient, url: str, headers: Mapping[str, str]) -> Caller:
    """Return a caller of 2025-11-25, in a session of its own."""
    first = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": INITIALIZE}
    answer = await http.post(url, headers={**ACCEPT, **headers}, json=first)
    session = {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
    caller = Caller(http, url, {**headers, **session}, modern=False)
    begun = await caller.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    assert begun.status_code == 202
    return caller


def frames(answer: httpx2.Response) -> list[dict[str, Any]]:
    """Return what an answer holds: a message, or those of a stream. Raises `ValueError` if it is no JSON."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        lines = answer.text.splitlines()
        held = [line.removeprefix("data:") for line in lines if line.startswith("data:") and line != "data: "]
    else:
        held = [answer.text] if answer.text else []
    return [json.loads(one, parse_constant=_no_number) for one in held]


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON.")


async def bombard(callers: Sequence[Caller], count: int, seed: int) -> Seen:
    """Let callers of one era send so many mutants between them, and return what was seen.

    Each sends one at a time, because ids of one session may not be used twice at once.
    """
    seen = Seen()
    sent = islice(mutants(messages(modern=callers[0].modern), Random(seed)), count)
    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(_send_all(caller, sent, seen))
    return seen


async def _send_all(caller: Caller, sent: Iterator[tuple[dict[str, Any], bytes]], seen: Seen) -> None:
    for message, body in sent:
        try:
            answer = await caller.send(body, *_named(body, message))
            seen.statuses[answer.status_code] += 1
            if answer.status_code >= 500 or INTERNAL in [_code(frame) for frame in frames(answer)]:
                seen.wrong.append(f"{answer.status_code} {answer.text[:300]} for {body[:600]!r}")
        except (httpx2.HTTPError, ValueError) as error:
            seen.wrong.append(f"{error!r} for {body[:600]!r}")


def _code(frame: Mapping[str, Any]) -> object:
    return frame.get("error", {}).get("code")


def _named(body: bytes, message: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the headers of a body have to say: the method, and what it names."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = message
    told = told if isinstance(told, dict) else message
    params = told.get("params")
    params = params if isinstance(params, dict) else {}
    return _headed(told.get("method")), _headed(params.get("name") or params.get("uri"))


def _headed(value: object) -> str:
    """Return a value as a header can have it; "" when it cannot."""
    fits = isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() == value
    return str(value)[:1_000] if fits else ""
