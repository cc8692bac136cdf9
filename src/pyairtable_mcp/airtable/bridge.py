"""pyairtable over our own transport: all of its methods, on the event loop, without a thread.

pyairtable is synchronous and sends everything through `Api.request`. Here its code runs in a greenlet, and
that one method suspends it until our channel has the answer; the event loop goes on meanwhile. So its
requests are paced, repeated and judged as all others are.

The first import of this module takes a fifth of a second, nearly all of it pyairtable's.
"""

import io
import json as jsons
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import greenlet
import requests
from pyairtable import Api
from pyairtable.api.params import options_to_json_and_params, options_to_params
from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.wire import BadShape
from pyairtable_mcp.base.errors import BadValue, Upstream
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.net.resend import Effect

T = TypeVar("T")
R = TypeVar("R")
Pairs = tuple[tuple[str, str], ...]

_HOSTS: Final = ("api.airtable.com", "content.airtable.com")
_AGAIN: Final = frozenset({"refresh", "enableNotifications"})


class OutsideBridge(RuntimeError):
    """Something that belongs to a bridged `Api` made a request when no `bridged` call was running."""

    def __init__(self) -> None:
        super().__init__(
            "This pyairtable object sends its requests over the bridge: "
            "use it inside `await airtable.bridged(lambda api: ...)`."
        )


class BridgedError(requests.HTTPError):
    """One of our errors where pyairtable expects one of requests'; `error` is ours.

    pyairtable adds notes to `args` ("requires an enterprise billing plan"), which `told` carries over.
    `response` has Airtable's status and the error's kind and message, and is None without an answer.
    """

    def __init__(self, error: Upstream) -> None:
        super().__init__(error.message, response=_response(error))
        self.error = error

    def told(self) -> Upstream:
        """Return our error, with pyairtable's notes in its hint and among its notes."""
        notes = [str(note) for note in self.args[1:]]
        told = self.error.retold(self.error.message, hint=" ".join(filter(None, [self.error.hint, *notes])))
        for note in notes:
            told.add_note(note)
        return told


class BridgedApi(Api):
    """pyairtable's `Api`, sending over a channel; good only within `run`.

    It holds no token. `wrote` is told the base (or "") of everything that may have been changed.
    """

    def __init__(self, channel: Channel, wrote: Callable[[str], None]) -> None:
        # The channel knows the token and the endpoint; what is given here is never sent.
        super().__init__("", retry_strategy=None)
        self._channel = channel
        self._wrote = wrote

    def request(
        self,
        method: str,
        url: str,
        fallback: tuple[str, str] | None = None,
        options: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        json: Mapping[str, JsonValue] | None = None,
    ) -> Any:
        """Send one request and return the answer's JSON; a GET whose URL grows too long goes by `fallback`.

        Raises `OutsideBridge` outside `run`, `BridgedError` for what Airtable refuses.
        """
        frame = _this_frame()
        given = dict(options or {})
        query = {**options_to_params(given), **(params or {})}
        ask = asked(method.upper(), url, query, None if json is None else dict(json))
        if fallback and ask.method == "GET" and self._is_long(ask):
            body, spare = options_to_json_and_params(given)
            return self.request(*fallback, params={**spare, **(params or {})}, json=body)
        try:
            return frame.wait(self._channel.ask(ask))
        except Upstream as error:
            raise BridgedError(error) from error
        finally:
            if ask.effect != "read":
                self._wrote(ask.base)

    def _is_long(self, ask: Ask[JsonValue]) -> bool:
        return len(self._channel.request(ask).target) >= self.MAX_URL_LENGTH


async def run(channel: Channel, wrote: Callable[[str], None], work: Callable[[Api], T]) -> T:
    """Run `work` with a bridged `Api` and return its result; an iterator has all it yields at hand.

    Raises our own errors where requests' were raised inside; everything else as it is. A cancellation
    is raised inside, at the request under way.
    """
    api = BridgedApi(channel, wrote)
    try:
        return await _Frame(lambda: _whole(work(api))).finish()
    except BridgedError as error:
        raise error.told() from error


class _Frame(Generic[T]):
    """Synchronous code that can be suspended while something is awaited on its behalf."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._greenlet = greenlet.greenlet(work)
        self._greenlet.frame = self

    async def finish(self) -> T:
        """Run to the end, awaiting what the code waits for, and return its result."""
        # Shared, not copied: the code sees and sets context variables as any called function does.
        self._greenlet.gr_context = greenlet.getcurrent().gr_context
        step = self._greenlet.switch()
        while not self._greenlet.dead:
            try:
                answer = await step
            except BaseException as error:
                step = self._greenlet.throw(error)
            else:
                step = self._greenlet.switch(answer)
        result: T = step
        return result

    def wait(self, answer: Coroutine[Any, Any, R]) -> R:
        """Suspend the code until `answer` is there; call it inside the frame."""
        result: R = self._greenlet.parent.switch(answer)
        return result


def _this_frame() -> "_Frame[object]":
    frame = getattr(greenlet.getcurrent(), "frame", None)
    if not isinstance(frame, _Frame):
        raise OutsideBridge
    return frame


def _whole(result: T) -> T:
    """Use up an iterator where its requests can still be sent, and put one over its items in its place."""
    return cast(T, iter(list(result))) if isinstance(result, Iterator) else result


def asked(
    method: str, url: str, query: Mapping[str, object], body: dict[str, JsonValue] | None
) -> Ask[JsonValue]:
    """Return what a request of pyairtable's asks of Airtable.

    Raises `BadValue` for a URL that is not Airtable's.
    """
    parts = urlsplit(url)
    root, _, path = parts.path.removeprefix("/").partition("/")
    if parts.scheme != "https" or parts.netloc not in _HOSTS or root != Api.VERSION or parts.fragment:
        raise BadValue(f"{url!r} is not an address of Airtable's API.")
    segments = tuple(unquote(each) for each in path.split("/"))
    return Ask(
        method=method,
        segments=segments,
        parse=_something if method == "GET" else _anything,
        base=next((each for each in segments if is_id(each, "app")), ""),
        query=(*parse_qsl(parts.query, keep_blank_values=True), *_pairs(query)),
        body=body,
        effect=effect_of(method, segments),
        content=parts.netloc == _HOSTS[1],
    )


def effect_of(method: str, segments: Sequence[str]) -> Effect:
    """Say what sending a request twice could do."""
    match method, *segments:
        case ["GET" | "HEAD", *_]:
            return "read"
        case ["POST", base, _, "listRecords"] if is_id(base, "app"):
            return "read"
        case ["POST", "bases", _, "webhooks", _, act] if act in _AGAIN:
            return "repeatable"
        case ["POST", *_]:
            return "once"
    return "repeatable"


def _anything(data: JsonValue) -> JsonValue:
    return data


def _something(data: JsonValue) -> JsonValue:
    if data is None:
        raise BadShape("an empty answer")
    return data


def _pairs(query: Mapping[str, object]) -> Pairs:
    """Return a query as requests makes it: lists repeat the key, None is left out, True is `True`."""
    return tuple(
        (key, str(each))
        for key, value in query.items()
        for each in (value if isinstance(value, Iterable) and not isinstance(value, str) else (value,))
        if each is not None
    )


def _response(error: Upstream) -> requests.Response | None:
    if not error.status:
        return None
    response = requests.Response()
    response.status_code = error.status
    response.raw = io.BytesIO(jsons.dumps({"error": {"type": error.kind, "message": error.message}}).encode())
    return response
