"""A person who changes something behind the clients' backs, as in Airtable's own interface."""

import json
from typing import Final
from urllib.parse import parse_qsl, unquote

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.admission import permit
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.control.asking import unknown
from pyairtable_mcp.sandbox.http.answer import LOST, Answer
from pyairtable_mcp.sandbox.http.asked import segments_of
from pyairtable_mcp.sandbox.http.call import Call, World
from pyairtable_mcp.sandbox.http.front import Front
from pyairtable_mcp.sandbox.http.routing import Router
from pyairtable_mcp.sandbox.http.table import ROUTES
from pyairtable_mcp.sandbox.state.access import Token
from pyairtable_mcp.sandbox.state.model import User, Workspace
from pyairtable_mcp.sandbox.wire import ApiError

SOURCE: Final = "client"
"""The way a person's changes come, as webhooks tell it (Airtable webhooks reference)."""


class Stage:
    """Where people act: they need a level in the base, but no token; no rate and no fault meets them."""

    def __init__(self, front: Front, world: World) -> None:
        self._front = front
        self._world = world
        self._router = Router(ROUTES)

    def act(self, user: str, method: str, path: str, body: Json = None, origin: str = "") -> Answer:
        """Return what an API call is answered; the path may hold parameters, and a text is sent as it is.

        `origin` is where the sandbox is reached, for the addresses of files. The user is named by id, e-mail
        or name; raises `ApiError` for an unknown one.
        """
        person = find_user(self._world.workspace, user)
        path, _, query = path.partition("?")
        found = self._router.find(method.upper(), segments_of(path))
        if found is None:
            return LOST
        route, named = found
        token = Token("", person.id, EVERY)
        pairs = parse_qsl(query, keep_blank_values=True)
        told = body if route.takes_json else None
        call = Call(self._world, token, named, pairs, _raw(body), told, origin, SOURCE)
        try:
            permit(self._world.workspace, token, route.needs, named.get("base"))
        except ApiError as error:
            return Answer(error.status, error.body)
        answer, write = self._front.carry_out(call, route, unquote(path))
        if write:
            write.status = answer.status
        return answer


def find_user(workspace: Workspace, name: str) -> User:
    """Return the user of this id, e-mail or name; raise `ApiError` for an unknown one."""
    person = workspace.user_by(name)
    if person is None:
        raise unknown("user", name, [each.name for each in workspace.users.values()])
    return person


def _raw(body: Json) -> bytes:
    return body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
