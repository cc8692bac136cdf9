"""Asking a sandbox what a fact asks, and comparing."""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from json import dumps
from random import Random
from urllib.parse import urlencode

import httpx2

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from tests.sandbox.driving import SandboxTransport

from .harbour import add_harbour
from .matching import Pattern, differences
from .model import Ask, Fact


@dataclass(frozen=True)
class _Answer:
    """A status and a body: that of the JSON, of a redirection its `location`, of anything else nothing."""

    status: int
    body: object


async def replay(fact: Fact) -> list[str]:
    """Return what differs from what the fact says; nothing when the sandbox answers as documented."""
    clock = ManualClock()
    sandbox = Sandbox("empty", clock=clock, rng=Random(fact.name), rate=fact.rate)
    kept = add_harbour(sandbox)
    for each in fact.given:
        answer = await _asked(sandbox, clock, each, kept)
        for name, path in each.keep.items():
            kept[name] = _part(answer.body, path)
    answer = await _asked(sandbox, clock, fact.ask, kept)
    statuses = (fact.status,) if isinstance(fact.status, int) else fact.status
    found = (
        []
        if answer.status in statuses
        else [f"status is {answer.status} and not {fact.status}: {answer.body}"]
    )
    return [*found, *differences(_filled(fact.answer, kept), answer.body)]


async def _asked(sandbox: Sandbox, clock: ManualClock, ask: Ask, kept: Mapping[str, object]) -> _Answer:
    if ask.after:
        await clock.advance(ask.after)
    token = DEFAULT_TOKEN if ask.token is None else str(_filled(ask.token, kept))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    path, query = _filled(ask.path, kept), _filled(list(ask.query), kept)
    assert isinstance(query, list)
    async with httpx2.AsyncClient(
        transport=SandboxTransport(app=sandbox.app), base_url="http://sandbox"
    ) as client:
        response = await client.request(
            ask.method,
            str(path),
            params=query,
            content=_content(ask, kept),
            headers={**headers, **ask.headers},
        )
    return _Answer(response.status_code, _body(response))


def _content(ask: Ask, kept: Mapping[str, object]) -> bytes | None:
    if ask.form is not None:
        form = _filled(ask.form, kept)
        assert isinstance(form, Mapping)
        return urlencode(form).encode()
    return ask.content if ask.body is None else dumps(_filled(ask.body, kept)).encode()


def _body(response: httpx2.Response) -> object:
    if response.is_redirect:
        return {"location": response.headers["location"]}
    return response.json() if response.headers.get("content-type", "").startswith("application/json") else {}


def _part(body: object, path: str) -> object:
    """Return the part of a body at a dotted path."""
    for key in path.split("."):
        if isinstance(body, list):
            body = body[int(key)]
        else:
            assert isinstance(body, Mapping), f"nothing at {path}: {body!r}"
            body = body[key]
    return body


def _filled(value: object, kept: Mapping[str, object]) -> object:
    """Return a value with every `<name>` in it replaced by what was kept under that name."""
    if isinstance(value, str):
        return _text(value, kept)
    if isinstance(value, list | tuple):
        return type(value)(_filled(each, kept) for each in value)
    if isinstance(value, Mapping):
        return {str(_filled(key, kept)): _filled(each, kept) for key, each in value.items()}
    if isinstance(value, Pattern) and is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _filled(getattr(value, each.name), kept) for each in dataclass_fields(value)}
        return replace(value, **parts)
    return value


def _text(text: str, kept: Mapping[str, object]) -> object:
    if text[:1] == "<" and text[1:-1] in kept:
        return kept[text[1:-1]]
    for name, each in kept.items():
        text = text.replace(f"<{name}>", str(each))
    return text
