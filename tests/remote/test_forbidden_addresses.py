"""Every way by which somebody hands this server a web address, with addresses that must lead nowhere.

Judged by where connections were tried to go; tests/checks/test_network.py sees to it that no way is missing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import jwt
import pytest
from mcp import MCPError
from pydantic import SecretStr, ValidationError

from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.sealing import new_key
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.settings import AuthSettings
from tests.auth.issuer import HERE, ISSUER, Issuer, ec_key
from tests.remote.offices import HOST, Desk, Office, office
from tests.support.behaviours import behaviour
from tests.support.forbidden import OPEN, forbidden
from tests.support.network import Net, network

STEPS: Final = 90
"""How many steps of one saga are tried at once; a saga has a hundred at most."""
SOME: Final = 4
"""Where each address needs a saga of its own, every fourth is tried: the way out is that of all others."""
KEY: Final = new_key(Random(1))


class Way:
    """An endpoint, a client of it, and the network they are in."""

    def __init__(self, here: Office, desk: Desk, net: Net) -> None:
        self.here = here
        self.desk = desk
        self.net = net
        self._callers = 0

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Give a client at an address of its own, because each may have only so much looked up."""
        self._callers += 1
        place = (f"203.0.{self._callers // 250}.{self._callers % 250}", 1)
        async with self.here.asking(place) as http:
            yield http

    def knowing(self, **auth: object) -> Identities:
        """Return who knows people under other settings; raises `ValidationError` for what cannot be set."""
        told = AuthSettings.model_validate({"audience": HERE, **auth})
        settings = self.here.settings.model_copy(update={"auth": told})
        return identities(settings, self.here.store, ManualClock(), Random(5))


async def question(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        async with way.asking() as http:
            answer = await http.get("/authorize", params={"client_id": url, "response_type": "code"})
        assert answer.status_code == 400, url


async def program(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        async with way.asking() as http:
            for path in ("/token", "/revoke"):
                answer = await http.post(path, data={"client_id": url, "grant_type": "refresh_token"})
                assert answer.status_code in (400, 401), url


async def registration(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        names = ("logo_uri", "client_uri", "policy_uri", "tos_uri", "jwks_uri", "sector_identifier_uri")
        for back in (url, "https://app.example.com/back"):
            body = {"redirect_uris": [back], "client_name": url, **dict.fromkeys(names, url)}
            async with way.asking() as http:
                assert (await http.post("/register", json=body)).status_code in (201, 400), url


async def token_header(way: Way, urls: Sequence[str]) -> None:
    known = way.knowing(issuer=ISSUER, jwks_url=f"{ISSUER}/keys")
    issuer = Issuer()
    for url in urls:
        header = {"jku": url, "x5u": url, "kid": url, "iss": url}
        text = jwt.encode(issuer.claims(), ec_key("one"), "ES256", header)
        with pytest.raises(AppError):
            await known.bearers.verify(text)


async def keys_of_the_issuer(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        with suppress(ValidationError):
            known = way.knowing(issuer=ISSUER, jwks_url=url)
            with pytest.raises(AppError):
                await known.bearers.verify(Issuer().sign({}))


async def issuer(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        with suppress(ValidationError):
            known = way.knowing(issuer=url)
            with pytest.raises(AppError):
                await known.bearers.verify(Issuer().sign({}))


async def keys_in_its_document(way: Way, urls: Sequence[str]) -> None:
    """An issuer's own document says where its keys are."""
    for url in urls:
        known = way.knowing(issuer=f"http://{OPEN}:{way.net.port}/keys/{quote(url, safe='')}")
        with pytest.raises(AppError):
            await known.bearers.verify(Issuer().sign({}))
    assert len(way.net.served) >= len(urls)


async def sign_in_at_airtable(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        with suppress(ValidationError):
            told = {"airtable_client_id": "us", "keys": SecretStr(KEY), "airtable_login_url": url.rstrip("/")}
            accounts = way.knowing(**told).credentials.accounts
            assert accounts
            asked = await accounts.begin("user:mona", browser="b", redirect_uri=f"{HOST}/link/callback")
            (state,) = parse_qs(urlsplit(asked).query)["state"]
            with pytest.raises(AppError):
                await accounts.finish(state=state, code="c", browser="b")


def batches(steps: Sequence[Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return [steps[start : start + STEPS] for start in range(0, len(steps), STEPS)]


def step(number: int, kind: str, **given: object) -> dict[str, Any]:
    return {"id": f"s{number}", "do": kind, "on_error": "continue", "with": given}


async def saga(way: Way, steps: Sequence[Mapping[str, Any]]) -> None:
    """Run steps, each of which is to fail."""
    for batch in batches(steps):
        told = await way.desk.call("run_saga", steps=batch)
        assert told.text.count("1 failed") == len(batch), told.text


async def request_of_a_step(way: Way, urls: Sequence[str]) -> None:
    await saga(way, [step(number, "http_request", url=url) for number, url in enumerate(urls)])


async def automation(way: Way, urls: Sequence[str]) -> None:
    for url in urls[::SOME]:
        told = await way.desk.call("run_saga", steps=[step(1, "trigger_automation", url=url)])
        assert "not the address of an automation" in told.text, told.text


async def undoing_request(way: Way, urls: Sequence[str]) -> None:
    fine = f"http://{OPEN}:{way.net.port}/fine"
    last = step(2, "find", base="Studio", table="Nothing")
    for url in urls[::SOME]:
        first = step(1, "http_request", url=fine, undo={"url": url})
        told = await way.desk.call("run_saga", steps=[first, {**last, "on_error": "stop"}])
        assert told.is_error
    assert way.net.fine == len(urls[::SOME])


async def computed_address(way: Way, urls: Sequence[str]) -> None:
    each = {"id": "ask", "do": "http_request", "on_error": "continue", "with": {"url": "${{ item }}"}}
    rounds = {"in": "${{ inputs.urls }}", "steps": [each]}
    definition = {
        "name": "asks",
        "inputs": {"urls": {"type": "list"}},
        "steps": [{"id": "all", "do": "for_each", "with": rounds}],
    }
    saved = await way.desk.call("save_workflow", definition=definition)
    assert not saved.is_error, saved.text
    told = await way.desk.call("run_workflow", workflow="asks", inputs={"urls": list(urls)})
    assert not told.is_error, told.text


async def attachment(way: Way, urls: Sequence[str]) -> None:
    """Addresses of files are Airtable's to fetch: whatever is taken is passed on, and nobody goes there."""
    place = {"base": "Studio", "table": "Projects"}
    taken = 0
    for number, url in enumerate(urls[::SOME]):
        row = {"Name": f"r{number}", "Files": [{"url": url}]}
        made = await way.desk.call("create_records", **place, records=[row])
        taken += not made.is_error
    assert taken > len(urls[::SOME]) / 2
    await way.desk.call("create_records", **place, records=[{"Name": "One"}])
    for url in urls[::SOME]:
        assert (await way.desk.call("attach_file", **place, record="One", field="Files", url=url)).text


async def resource(way: Way, urls: Sequence[str]) -> None:
    for url in urls:
        with pytest.raises(MCPError):
            await way.desk.client.read_resource(url)


WAYS: Mapping[str, Callable[[Way, Sequence[str]], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        question, program, registration, token_header, keys_of_the_issuer, issuer, keys_in_its_document,
        sign_in_at_airtable, automation, request_of_a_step, undoing_request, computed_address, attachment,
        resource,
    )
}  # fmt: skip


@behaviour("network.forbidden")
@pytest.mark.parametrize("name", WAYS)
async def test_no_address_that_somebody_names_leads_to_a_place_that_is_not_public(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        network(monkeypatch) as net,
        office(tmp_path, oauth=True, egress_allow=(OPEN,)) as here,
        here.desk("ada") as desk,
    ):
        await WAYS[name](Way(here, desk, net), forbidden(net.port))
        assert net.breaches() == []


@behaviour("network.forbidden")
async def test_a_server_that_may_reach_everything_would_be_seen_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere = (OPEN, "0.0.0.0/0", "::/0")
    async with (
        network(monkeypatch) as net,
        office(tmp_path, oauth=True, egress_allow=everywhere) as here,
        here.desk("ada") as desk,
    ):
        with suppress(AssertionError):
            await request_of_a_step(Way(here, desk, net), forbidden(net.port))
        assert len(net.breaches()) > 80
