"""What tells one browser from another, and forms of our own pages from those of anybody else's."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_OWN: Final = frozenset({"same-origin", "none"})


class Cookie:
    """A secret that a browser keeps.

    Over TLS its name is one that only this very host can set (RFC 6265bis, `__Host-`), so that nobody beside
    it can make a browser use a secret of theirs.
    """

    def __init__(self, name: str, *, secure: bool, seconds: int) -> None:
        self._name = f"__Host-{name}" if secure else name
        self._secure = secure
        self._seconds = seconds

    def read(self, request: Request) -> str:
        """Return the secret of the browser that asks; "" when it has none."""
        return request.cookies.get(self._name, "")

    def write(self, response: Response, secret: str) -> None:
        """Let the browser keep a secret that comes with every request, but for forms of other sites."""
        response.set_cookie(
            self._name, secret, max_age=self._seconds, httponly=True, samesite="lax", secure=self._secure
        )


def is_own_form(request: Request) -> bool:
    """Tell whether a form was filled in on a page of ours, as browsers tell by themselves (Fetch Metadata).

    Programs tell nothing. Origins that may call this server from a browser are none of ours either: a page
    there could sign somebody in as somebody else.
    """
    return request.headers.get("sec-fetch-site", "none") in _OWN
