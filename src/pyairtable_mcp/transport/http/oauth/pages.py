"""The pages that people see when a program asks to be let in: plain HTML, no script, one style."""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

from pyairtable_mcp.base.text import cut, visible

_LONGEST: Final = 200
_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b;"
    "background:#fff}label{display:block;margin:.75rem 0}input[type=text],input[type=password]{width:100%;"
    "font:inherit;padding:.4rem;border:1px solid #666;box-sizing:border-box}button{font:inherit;"
    "padding:.5rem 1.2rem;margin:1rem .5rem 0 0}fieldset{border:1px solid #999;margin:1rem 0}"
    ".bad{border-left:.3rem solid #b00020;padding:.3rem .8rem}code{word-break:break-all}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_MEANINGS: Final[Mapping[str, str]] = {
    "read": "read bases, tables and records",
    "write": "create, change and delete records, and run workflows",
    "schema": "create and change tables and fields",
}


def consent_page(
    *,
    ticket: str,
    client: str,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    before: Collection[str] = (),
    problem: str = "",
) -> Response:
    """Ask a person who they are, and what the program may do in their name.

    `before` are the scopes that it was given in this browser already.
    """
    where = urlsplit(redirect_uri)
    place = where.hostname or f"{where.scheme}:"
    boxes = "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(one)}" checked> '
        f"{escape(_MEANINGS.get(one, one))}{_NEW if before and one not in before else ''}</label>"
        for one in scopes
    )
    name = escape(_told(client)) or "A program without a name"
    again = "<p>You have let it in already; what it wants beside that is marked.</p>" if before else ""
    body = (
        f"<h1>Let {name} use Airtable?</h1>"
        f"<p>It calls itself {name}; nobody has checked that. It is known as <code>{escape(_told(client_id))}"
        f"</code>, and the answer goes to <strong>{escape(_told(place))}</strong>.</p>{again}"
        f"{_problem(problem)}"
        '<form method="post" action="/authorize/answer">'
        f'<input type="hidden" name="ticket" value="{escape(ticket)}">'
        f"<fieldset><legend>It may, in your name</legend>{boxes}</fieldset>{_WHO}"
        '<button name="answer" value="yes">Allow</button>'
        '<button name="answer" value="no">Do not allow</button>'
        "</form>"
    )
    return _page("Allow access", body, forms=_target(redirect_uri), status=403 if problem else 200)


def sign_in_page(
    *,
    action: str,
    heading: str,
    told: str,
    leads_to: str,
    choices: Mapping[str, str],
    problem: str = "",
) -> Response:
    """Ask a person who they are before something is done that `heading` and `told` say.

    `choices` are the answers there are, by their names, and how their buttons are called. The answer to the
    form may send them on to `leads_to`, and nowhere else.
    """
    buttons = "".join(
        f'<button name="answer" value="{escape(name)}">{escape(called)}</button>'
        for name, called in choices.items()
    )
    body = (
        f"<h1>{escape(heading)}</h1><p>{escape(told)}</p>{_problem(problem)}"
        f'<form method="post" action="{escape(action)}">{_WHO}{buttons}</form>'
    )
    return _page(heading, body, forms=_target(leads_to), status=403 if problem else 200)


def message_page(heading: str, told: str, status: int = 200) -> Response:
    """Tell a person something."""
    return _page(heading, f"<h1>{escape(heading)}</h1><p>{escape(_told(told))}</p>", status=status)


def back_page(told: str, location: str) -> Response:
    """Tell a person why their program gets nothing, and where it waits to hear that."""
    host = escape(_told(urlsplit(location).hostname or ""))
    body = (
        f"<h1>That does not work</h1><p>{escape(_told(told))}</p>"
        f'<p><a href="{escape(location)}" rel="noreferrer">Go back to <strong>{host}</strong></a></p>'
    )
    return _page("That does not work", body, status=400)


def foreign_form_page() -> Response:
    """Refuse a form that was not filled in on a page of ours."""
    return message_page("That does not work", "This form comes from a page that is not of this server.", 403)


_NEW: Final = " <strong>(new)</strong>"
_WHO: Final = (
    '<label>Your name<input type="text" name="name" autocomplete="username" required></label>'
    '<label>Your password<input type="password" name="password" autocomplete="current-password"></label>'
)


def _problem(problem: str) -> str:
    return f'<p class="bad" role="alert">{escape(problem)}</p>' if problem else ""


def _told(text: str) -> str:
    return cut(visible(text), _LONGEST)


def _target(redirect_uri: str) -> str:
    """Return where a form may lead after its answer, as a source of the policy for content."""
    where = urlsplit(redirect_uri)
    return f"{where.scheme}://{where.netloc}" if where.scheme in ("http", "https") else f"{where.scheme}:"


def _page(title: str, body: str, *, forms: str = "", status: int = 200) -> Response:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} - pyairtable-mcp</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self' {forms}".strip()
        + "; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "cache-control": "no-store",
        "content-security-policy": policy,
        # With none at all a browser would send `Origin: null` with the form.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    return HTMLResponse(html, status, headers)
