"""Many clients with the same ids at once, each of whom has to get its own answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from tests.support.mutations import MODERN_META
from tests.transport.http.hostile import Caller, older

NAMES = ("ada", "ben")


@dataclass(frozen=True)
class Asker:
    """A client with a word of its own, which comes back in its answers alone."""

    caller: Caller
    word: str

    async def ask(self, turn: int) -> str:
        """Make the call of a turn, whose id everybody uses; return what is wrong with the answer."""
        word = f"{self.word}x{turn}x"
        told = await self.caller.ask(_call(turn, word, modern=self.caller.modern))
        text = str(told.get("result"))
        return "" if told["id"] == turn and word in text and text.count("markx") == text.count(word) else text


def _call(key: int, word: str, *, modern: bool) -> dict[str, object]:
    arguments = {"base": "Studio", "table": "Tasks", "formula": f"{{{word}}}"}
    params = {"name": "check_formula", "arguments": arguments}
    meta = {"_meta": MODERN_META} if modern else {}
    return {"jsonrpc": "2.0", "id": key, "method": "tools/call", "params": {**params, **meta}}


async def askers(http: httpx2.AsyncClient, url: str, count: int) -> list[Asker]:
    """Return clients of two principals and both eras in turn."""
    made = []
    for number in range(count):
        headers = {"authorization": f"Bearer {NAMES[number % 2]}"}
        modern = number % 4 < 2
        caller = Caller(http, url, headers, modern=True) if modern else await older(http, url, headers)
        made.append(Asker(caller, f"markx{number}"))
    return made


async def crossed(clients: Sequence[Asker], turns: int) -> list[str]:
    """Let all ask at once, turn after turn; return the answers that were not theirs."""
    wrong: list[str] = []
    for turn in range(1, turns + 1):
        wrong += [one for one in await asyncio.gather(*(client.ask(turn) for client in clients)) if one]
    return wrong
