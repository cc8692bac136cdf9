"""The pages a person sees on the way to a grant: plain HTML, without script."""

from collections.abc import Iterable
from html import escape
from typing import Final

from pyairtable_mcp.sandbox.access.authorization import Wanted
from pyairtable_mcp.sandbox.state.model import Base, User

_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}"
    "fieldset{margin:1rem 0}label{display:block;padding:.25rem 0}button{font:inherit;padding:.5rem 1rem}"
)


def consent_page(wanted: Wanted, users: Iterable[User], bases: Iterable[Base], owner: str) -> str:
    """Return the page that asks whether an integration may act for a user, and in which bases."""
    name = escape(wanted.integration.name)
    hidden = "".join(
        f'<input type="hidden" name="{key}" value="{escape(value)}">'
        for key, value in wanted.as_form().items()
    )
    scopes = "".join(f"<li>{escape(each)}</li>" for each in wanted.scopes)
    people = "".join(_option(each, chosen=each.id == owner) for each in users)
    places = "".join(
        f'<label><input type="checkbox" name="base" value="{escape(each.id)}"> {escape(each.name)}</label>'
        for each in bases
    )
    return _page(
        f"Let {name} act for you?",
        f"<p>{name} asks for:</p><ul>{scopes}</ul>"
        f'<form method="post" action="authorize">{hidden}'
        f'<p><label for="user">You are</label> <select id="user" name="user">{people}</select></p>'
        "<fieldset><legend>In which bases</legend>"
        '<label><input type="radio" name="bases" value="all" checked> All of mine, now and later</label>'
        '<label><input type="radio" name="bases" value="some"> Only these:</label>'
        f"{places}</fieldset>"
        '<button name="decision" value="grant">Grant access</button> '
        '<button name="decision" value="deny">Deny</button></form>',
    )


def trouble_page(why: str) -> str:
    """Return the page for a request nobody can be sent back from."""
    return _page("This cannot be granted", f"<p>{escape(why)}</p>")


def _option(user: User, *, chosen: bool) -> str:
    selected = " selected" if chosen else ""
    return f'<option value="{escape(user.id)}"{selected}>{escape(user.name)} ({escape(user.email)})</option>'


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
