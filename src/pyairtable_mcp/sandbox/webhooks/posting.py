"""Sending a notification over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from http.client import HTTPException
from threading import Thread
from typing import Final, TypeAlias
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

TIMEOUT: Final = 25.0
"""Seconds a receiver has to answer."""

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Sends a body with headers to an address and returns the status; raises `OSError` when none comes."""


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the status itself is the answer."""

    def redirect_request(self, *_: object) -> None:
        """Return no other request."""


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send a body in a thread, around any proxy; raise `OSError` when no status comes in time.

    Nobody waits for the thread when the program ends or the caller is cancelled.
    """
    answer: Future[int] = Future()

    def send() -> None:
        try:
            answer.set_result(_send(url, headers, body))
        except OSError as error:
            answer.set_exception(error)

    answer.set_running_or_notify_cancel()
    Thread(target=send, daemon=True).start()
    return await asyncio.wrap_future(answer)


def _send(url: str, headers: Mapping[str, str], body: bytes) -> int:
    try:
        request = Request(url, data=body, headers=dict(headers), method="POST")
        with build_opener(_Stay, ProxyHandler({})).open(request, timeout=TIMEOUT) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
    except (HTTPException, ValueError) as error:
        raise OSError(str(error) or type(error).__name__) from error
