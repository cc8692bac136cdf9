"""Subscriptions: what changes through this server, in any of its processes, told to who listens to resources.

A client of 2026-07-28 listens with `subscriptions/listen`; earlier revisions have nothing like it here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from anyio import CancelScope
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.subscriptions import SUBSCRIPTION_ID_META_KEY, ResourceUpdated, ServerEvent
from mcp.types import INVALID_PARAMS, SubscriptionsListenRequestParams, SubscriptionsListenResult
from pydantic import ValidationError

from pyairtable_mcp.base.errors import AppError, NotAllowed, TooMany
from pyairtable_mcp.engine.feed import Feed, News
from pyairtable_mcp.surface.dispatch import Dispatcher
from pyairtable_mcp.surface.topics import Topic, told, topic_of

MOST: Final = 100
"""Resources that one subscription may name."""
LIFE: Final = 600.0
"""Seconds after which who listens is let go, and has to ask again with a token that still counts."""
_LISTEN: Final = "subscriptions/listen"


class Listening:
    """The bus of a server, and what feeds it while there are subscriptions."""

    def __init__(self, dispatcher: Dispatcher, feed: Feed) -> None:
        self._dispatcher = dispatcher
        self._feed = feed
        self._listeners: dict[object, Callable[[ServerEvent], None]] = {}

    async def publish(self, event: ServerEvent) -> None:
        """Tell every open subscription of an event; each takes what it has asked for."""
        self._publish(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Let a subscription know of events until what is returned is called."""
        key = object()
        self._listeners[key] = listener

        def leave() -> None:
            self._listeners.pop(key, None)

        return leave

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Watch what a subscription names for as long as it is open; everything else passes."""
        if ctx.method != _LISTEN:
            return await call_next(ctx)
        async with self._watching(await self._topics(ctx.params)):
            with CancelScope() as open_still:
                # Only over HTTP is there a request, and a token with it.
                over = asyncio.ensure_future(self._feed.over(LIFE if ctx.request else None))
                over.add_done_callback(lambda _: open_still.cancel())
                try:
                    return await call_next(ctx)
                finally:
                    over.cancel()
        # The client learns that it was let go, and not lost.
        return SubscriptionsListenResult(_meta={SUBSCRIPTION_ID_META_KEY: ctx.request_id})

    @asynccontextmanager
    async def _watching(self, topics: Mapping[str, Topic]) -> AsyncIterator[None]:
        if not topics:
            yield
            return
        call = self._dispatcher.new_call()

        def hear(news: News) -> None:
            for uri, topic in topics.items():
                if told(topic, news, call.owner):
                    self._publish(ResourceUpdated(uri))

        try:
            leave = await self._feed.listen(hear)
        except AppError as error:
            raise MCPError(INVALID_PARAMS, f"Nobody can listen now. {error.message}") from error
        try:
            yield
        finally:
            leave()

    async def _topics(self, params: Mapping[str, Any] | None) -> dict[str, Topic]:
        """Return what the resources are about that a subscription names, by the addresses it gives."""
        uris: list[str] = []
        # Whoever answers the request says what is wrong with it.
        with suppress(ValidationError):
            asked = SubscriptionsListenRequestParams.model_validate(params or {})
            uris = [str(uri) for uri in asked.notifications.resource_subscriptions or ()]
        if len(uris) > MOST:
            raise MCPError(INVALID_PARAMS, f"A subscription names {MOST} resources at most, not {len(uris)}.")
        found = {uri: await self._topic(uri) for uri in dict.fromkeys(uris)}
        return {uri: topic for uri, topic in found.items() if topic is not None}

    async def _topic(self, uri: str) -> Topic | None:
        """Return what a resource is about; to look for it counts as to read it."""
        try:
            return await topic_of(self._dispatcher.looking, uri)
        except NotAllowed:
            return None
        except TooMany as error:
            raise MCPError(INVALID_PARAMS, f"{error.message} {error.hint}") from error

    def _publish(self, event: ServerEvent) -> None:
        for listener in list(self._listeners.values()):
            listener(event)
