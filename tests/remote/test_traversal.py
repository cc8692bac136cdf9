"""Texts that try to get out of their place in an address: of a resource, of a hook, of any route."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from tests.remote.knocking import JSON, knock, routes_of
from tests.remote.offices import office
from tests.support import examples as e
from tests.support.behaviours import behaviour
from tests.support.payloads import payloads

FORM: Final = (("Content-Type", "application/x-www-form-urlencoded"),)
ASKED: Final = (
    "client_id",
    "state",
    "code",
    "token",
    "ticket",
    "name",
    "password",
    "redirect_uri",
    "resource",
)
BELL: Final = "name: bell\non: {webhook: [{id: rung}]}\nsteps: [{id: a, do: wait, with: {seconds: 1}}]"


def spelt(payload: str) -> Iterator[str]:
    """Yield the ways in which a text can stand in an address."""
    yield quote(payload, safe="")
    yield quote(payload, safe="/.;:@&=+$,")


@behaviour("places.routes")
async def test_no_text_in_the_path_of_a_route_leads_elsewhere_or_to_an_accident(
    tmp_path: Path, where: str
) -> None:
    async with office(tmp_path, oauth=True, place=where) as here, here.desk("ada") as ada:
        assert not (await ada.call("save_workflow", definition=BELL)).is_error
        here.requests.clear()
        unproven = await knock(here.app, "POST", "/hooks/bell/rung")
        for payload in payloads("bell"):
            for one in spelt(payload):
                for path in (f"/hooks/{one}/rung", f"/hooks/bell/{one}", f"/hooks/airtable/{one}/{one}"):
                    found = await knock(here.app, "POST", path)
                    assert 300 < found.status < 500, (path, found)
                    assert found.status != 401 or found.body in (unproven.body, b""), (path, found)
        for route, method in routes_of(here.app):
            for one in ("%00", "..%2f", "%2e%2e/", "%0d%0aX-Evil:1", "%ff"):
                for path, query in (
                    (f"{route.rstrip('/')}/{one}", ""),
                    (route, "&".join(f"{name}={one}" for name in ASKED)),
                ):
                    for body in (b"", query.encode()):
                        found = await knock(here.app, method, path, FORM, query=query, body=body)
                        assert found.status < 500, (path, query, found)
                        assert "x-evil" not in found.headers
        # Whether Airtable is there is what readiness looks at.
        assert [one.path for one in here.requests] == ["/v0/meta/whoami"]


@behaviour("places.routes")
@pytest.mark.parametrize("text", [r"\ud800", r"\u0000", r"x\u0000y"])
async def test_what_is_no_character_is_refused_by_every_tool(
    tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    caplog.set_level(logging.ERROR)
    async with office(tmp_path, place=where) as here:
        headers = (*JSON, ("Authorization", f"Bearer {await here.token('ada')}"))
        for tool, example, way, kind in e.slots():
            if tool != "run_saga" and kind not in (e.CELLS, e.FORMULA, e.NEW):
                arguments = e.settled(example.at(way, "PUT"), "x", "x")
                params = {"name": tool, "arguments": arguments}
                message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
                body = json.dumps(message).replace("PUT", text).encode()
                found = await knock(here.app, "POST", "/mcp", headers, body=body)
                assert found.status < 500, (tool, way, found)
                assert b"internal" not in found.body, (tool, way, found)
                assert b'"unavailable"' not in found.body, (tool, way, found)
        assert not [one for one in here.requests if not one.path.startswith("/v0/")]
        assert not caplog.records
