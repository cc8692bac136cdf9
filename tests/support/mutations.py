"""Messages that went wrong on their way: good ones, and what chance makes of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.fuzz import sensible

MODERN_META: Final = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
}
INITIALIZE: Final = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"elicitation": {}},
    "clientInfo": {"name": "test", "version": "0"},
}
_TOKENS: Final = (
    b"\x00", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\n", b"\r\n", b"\\", b'"', b",",
    b":", b"{", b"}", b"[", b"]", b"[]", b"{}", b"null", b"true", b"-0", b"1e999", b"-1e999", b"NaN",
    b"Infinity", b"9" * 5_000, b'"\\ud800"', b'"id":1,"id":2,', b'"method":"ping",', b'"result":{},',
    b'"error":{},', b'"__proto__":{},',
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 2**53 + 1, 10**400, float("inf"), float("nan"), "", " ", "\x00", "\ud800",
    "\u202e", "tools/call", "2026-07-28", "x" * 20_000, [], {}, [[]], [None], {"": None}, {"type": "object"},
)  # fmt: skip
_DEPTHS: Final = (50, 900, 20_000)


def messages(*, modern: bool) -> list[dict[str, Any]]:
    """Return one good message of each kind that a client sends."""
    asked: list[tuple[str, dict[str, Any]]] = [
        ("tools/list", {}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("prompts/list", {}),
        ("resources/read", {"uri": "airtable://Studio/Tasks"}),
        ("prompts/get", {"name": "explore_base", "arguments": {"base": "Studio"}}),
        (
            "completion/complete",
            {
                "ref": {"type": "ref/prompt", "name": "explore_base"},
                "argument": {"name": "base", "value": "St"},
            },
        ),
        *(
            (
                "tools/call",
                {"name": spec.name, "arguments": sensible(spec.name), "_meta": {"progressToken": 1}},
            )
            for spec in CATALOG
        ),
    ]
    if modern:
        asked.append(("server/discover", {}))
        asked = [(name, {**told, "_meta": {**told.get("_meta", {}), **MODERN_META}}) for name, told in asked]
    else:
        asked += [("initialize", dict(INITIALIZE)), ("ping", {})]
    requests = [
        {"jsonrpc": "2.0", "id": key, "method": name, "params": told}
        for key, (name, told) in enumerate(asked)
    ]
    return [
        *requests,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "result": {"action": "accept", "content": {"approve": True}}},
    ]


def mutants(good: Sequence[dict[str, Any]], rng: Random) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Give messages without end, each with what became of it; the same dice give the same ones."""
    while True:
        message = rng.choice(good)
        yield message, _mutated(message, good, rng)


def _mutated(message: dict[str, Any], good: Sequence[dict[str, Any]], rng: Random) -> bytes:
    changed: Any = deepcopy(message)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        changed = rng.choice(_STRUCTURAL)(changed, rng)
    # Only what Python writes of its own accord is unlike JSON here: NaN, Infinity and halves of characters.
    line = json.dumps(changed).encode()
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        line = rng.choice(_BYTEWISE)(line, rng)
    if rng.random() < 0.03:
        line += json.dumps(rng.choice(good)).encode()
    return line


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container of a value with each of its keys."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])


def _replaced(node: Any, rng: Random) -> Any:
    places = list(_places(node))
    if not places:
        return deepcopy(rng.choice(_VALUES))
    inside, key = rng.choice(places)
    inside[key] = deepcopy(rng.choice(_VALUES))
    return node


def _removed(node: Any, rng: Random) -> Any:
    places = list(_places(node))
    if places:
        inside, key = rng.choice(places)
        del inside[key]
    return node


def _moved(node: Any, rng: Random) -> Any:
    """Put the value of one place at another one too."""
    places = list(_places(node))
    if places:
        (inside, key), (other, its) = rng.choice(places), rng.choice(places)
        inside[key] = deepcopy(other[its])
    return node


def _renamed(node: Any, rng: Random) -> Any:
    places = [(inside, key) for inside, key in _places(node) if isinstance(inside, dict)]
    if places:
        inside, key = rng.choice(places)
        inside[rng.choice(("", key.upper(), key + " ", "id", "params", "__class__"))] = inside.pop(key)
    return node


def _wrapped(node: Any, rng: Random) -> Any:
    return rng.choice((lambda: [node], lambda: [node, node], lambda: {"params": node}, lambda: str(node)))()


def _flipped(line: bytes, rng: Random) -> bytes:
    if not line:
        return line
    place = rng.randrange(len(line))
    return line[:place] + bytes([line[place] ^ 1 << rng.randrange(8)]) + line[place + 1 :]


def _cut(line: bytes, rng: Random) -> bytes:
    start = rng.randint(0, len(line))
    return line[:start] + line[rng.randint(start, len(line)) :]


def _ended(line: bytes, rng: Random) -> bytes:
    return line[: rng.randint(0, len(line))]


def _inserted(line: bytes, rng: Random) -> bytes:
    place = rng.randint(0, len(line))
    return line[:place] + rng.choice(_TOKENS) + line[place:]


def _deepened(line: bytes, rng: Random) -> bytes:
    depth, place = rng.choice(_DEPTHS), line.find(b":") + 1
    return line[:place] + b"[" * depth + b"]" * rng.choice((depth, depth - 1)) + b',"x":' + line[place:]


_STRUCTURAL: Final[Sequence[Callable[[Any, Random], Any]]] = (
    _replaced, _replaced, _replaced, _removed, _moved, _renamed, _wrapped,
)  # fmt: skip
_BYTEWISE: Final = (_flipped, _flipped, _cut, _ended, _inserted, _inserted, _deepened)
