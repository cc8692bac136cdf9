"""What the clients of the soak do: calls of every kind, drawn at random, on records of their own."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

import httpx2
from tests.support.mutations import MODERN_META
from tests.transport.http.hostile import Caller, frames, older

from pyairtable_mcp.surface.server import ERROR_META

PLACE: Final = {"base": "Studio", "table": "Clients"}
MOST_RECORDS: Final = 5
"""Records that a client leaves standing."""
_RECORD: Final = re.compile(r"\brec[A-Za-z0-9]{14}\b")
_SAGA: Final = re.compile(r"\bsg[a-z0-9]{6}\b")
_EXPECTED: Final = frozenset({
    "", "not_allowed", "unknown_name", "invalid_arguments", "bad_value", "conflict", "unavailable",
    "outcome_unknown", "partly_done", "too_many", "not_found",
})  # fmt: skip
"""Codes of answers that a sound server may give here, while Airtable fails now and then."""


@dataclass
class Seen:
    """The seconds of each call, answers by code, and those that a sound server does not give."""

    seconds: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Mind:
    """What a client knows: the records it made, and its last saga."""

    name: str
    rng: Random
    records: list[str] = field(default_factory=list)
    saga: str = ""
    numbers: Iterator[int] = field(default_factory=count)


Call = tuple[str, Mapping[str, Any]]
Choice = Callable[[Mind], Call]


def _find(mind: Mind) -> Call:
    return "find_records", {**PLACE, "limit": mind.rng.randint(1, 30)}


def _search(mind: Mind) -> Call:
    where = [{"field": "Rating", "op": ">", "value": mind.rng.randint(0, 4)}]
    return "find_records", {
        "base": "Studio",
        "table": "Clients",
        "where": where,
        "fields": ["Name", "Rating"],
    }


def _get(mind: Mind) -> Call:
    if not mind.records:
        return _find(mind)
    return "get_records", {**PLACE, "ids": [mind.rng.choice(mind.records)]}


def _describe(_mind: Mind) -> Call:
    return "describe_base", {"base": "Studio"}


def _check(mind: Mind) -> Call:
    return "check_formula", {**PLACE, "formula": f"LEN({{Name}}) > {mind.rng.randint(0, 99)}"}


def _create(mind: Mind) -> Call:
    if len(mind.records) >= MOST_RECORDS:
        return "delete_records", {**PLACE, "ids": [mind.records.pop(0)]}
    return "create_records", {**PLACE, "records": [{"Name": f"{mind.name} {next(mind.numbers)}"}]}


def _update(mind: Mind) -> Call:
    if not mind.records:
        return _create(mind)
    fields = {"City": f"City {next(mind.numbers)}"}
    return "update_records", {**PLACE, "records": [{"id": mind.rng.choice(mind.records), "fields": fields}]}


def _rehearse(mind: Mind) -> Call:
    tool, arguments = _update(mind)
    return tool, {**arguments, "dry_run": True}


def _undo(mind: Mind) -> Call:
    if not mind.saga:
        return _create(mind)
    saga, mind.saga = mind.saga, ""
    return "undo_saga", {"saga": saga}


def _look_back(_mind: Mind) -> Call:
    return "list_sagas", {"limit": 5}


def _misspell(mind: Mind) -> Call:
    return "find_records", {"base": "Studio", "table": mind.rng.choice(["Clinets", "Taks", "appNo"])}


def _mistake(_mind: Mind) -> Call:
    return "update_records", {**PLACE, "records": [{"id": "Nobody", "fields": {"Ctiy": 1}}], "more": True}


CHOICES: Final[Mapping[Choice, int]] = {
    _find: 20, _search: 10, _get: 15, _describe: 5, _check: 5, _create: 12, _update: 12, _rehearse: 5,
    _undo: 5, _look_back: 4, _misspell: 4, _mistake: 3,
}  # fmt: skip
"""What is drawn, and how often out of a hundred times."""


@dataclass
class Client:
    """One principal's client."""

    caller: Caller
    mind: Mind
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    async def work(self, seen: Seen, over: asyncio.Event, pause: float) -> None:
        """Make one call after another, with pauses of such a length on average, until it is over."""
        choices, weights = list(CHOICES), list(CHOICES.values())
        while not over.is_set():
            (choice,) = self.mind.rng.choices(choices, weights)
            tool, arguments = choice(self.mind)
            begun = time.perf_counter()
            code, told = await self._ask(tool, arguments)
            seen.seconds.append(time.perf_counter() - begun)
            seen.codes[code] += 1
            if code not in _EXPECTED:
                seen.wrong.append(f"{tool} {json.dumps(arguments)[:200]}: {code} {told[:300]}")
            self._learn(tool, arguments, told)
            await _either(over.wait(), self.mind.rng.uniform(0, 2 * pause))

    async def _ask(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """Call a tool; return the code of its error, "" for none, and its text."""
        params = {"name": tool, "arguments": arguments}
        meta = {"_meta": MODERN_META} if self.caller.modern else {}
        message = {
            "jsonrpc": "2.0",
            "id": next(self.ids),
            "method": "tools/call",
            "params": {**params, **meta},
        }
        try:
            answer = await self.caller.send(json.dumps(message).encode(), "tools/call", tool)
        except httpx2.HTTPError as error:
            return type(error).__name__, str(error)
        if answer.status_code != 200:
            return f"HTTP {answer.status_code}", answer.text
        (told,) = [frame for frame in frames(answer) if frame.get("id") == message["id"]]
        if "result" not in told:
            return f"RPC {told['error']['code']}", str(told["error"])
        result = told["result"]
        code = result.get("_meta", {}).get(ERROR_META, {}).get("code", "internal")
        return code if result.get("isError") else "", "".join(part["text"] for part in result["content"])

    def _learn(self, tool: str, arguments: Mapping[str, Any], told: str) -> None:
        """Keep the records that were made, and the saga of a write."""
        if arguments.get("dry_run"):
            return
        if tool == "create_records":
            self.mind.records += _RECORD.findall(told)
        if tool in ("create_records", "update_records") and (saga := _SAGA.search(told)):
            self.mind.saga = saga[0]


async def _either(waiting: Awaitable[Any], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        pass


async def clients(http: httpx2.AsyncClient, url: str, tokens: Sequence[str], seed: int) -> list[Client]:
    """Return a client for each token, of both eras in turn; an older one is in a session of its own."""
    made = []
    for number, token in enumerate(tokens):
        headers = {"authorization": f"Bearer {token}"}
        modern = number % 2 == 0
        caller = Caller(http, url, headers, modern=True) if modern else await older(http, url, headers)
        made.append(Client(caller, Mind(f"Soak {number}", Random(f"{seed} {number}"))))
    return made
