"""Secrets planted all over a server that works and fails: each is found where it belongs, and only there."""

import asyncio
import base64
import hashlib
import hmac
import logging
import re
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

import httpx2
import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pyairtable_mcp.app.endpoint import Doors, remote
from pyairtable_mcp.auth.opening import identities
from pyairtable_mcp.auth.sealing import Seals, new_key, read_keys
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.store.store import open_store
from pyairtable_mcp.transport.http.serving import listening
from tests.auth.doors import CHEAP
from tests.auth.issuer import ISSUER, ec_key, jwk
from tests.cli.shell import Shell
from tests.remote.belongings import CONFIRM, SAGA
from tests.remote.offices import HOST, Office, address_of
from tests.remote.plants import Asked, Heard, Plants
from tests.remote.signing import BACK, VERIFIER, Browser, asked
from tests.support.behaviours import behaviour
from tests.support.held import until
from tests.support.world import in_process
from tests.transport.http.serving import at_work

WHERE_THEY_BELONG: Final = {
    # What a person or program is given is in the one answer that gives it.
    ("API token", "command token create"),
    ("code", "answer of /authorize/answer"),
    ("access token", "answer of /token"),
    ("refresh token", "answer of /token"),
    ("second refresh token", "answer of /token"),
    ("client secret", "answer of /register"),
    ("hook secret", "command workflow triggers"),
    ("confirm token", "log"),
    ("ticket", "answer of /authorize"),
    ("ticket", "answer of /authorize/answer"),
    ("secret of a browser", "answer of /authorize"),
    ("secret of a linking browser", "answer of /link"),
    ("state", "answer of /link"),
    ("verifier", "to Airtable"),
    # What Airtable gave for it, or knows, goes to Airtable.
    ("server's token", "to Airtable"),
    ("Airtable's code", "to Airtable"),
    ("linked access token", "to Airtable"),
    ("renewed access token", "to Airtable"),
    ("linked refresh token", "to Airtable"),
    ("token of its own", "to Airtable"),
    ("integration's secret", "to Airtable"),
    # With these what comes in is proved, so they have to be there in a form that can be read.
    ("hook secret", "store"),
    ("webhook's MAC secret", "store"),
}
"""(secret, place) of every secret that may be found somewhere."""
PLANTED: Final = 27
COLUMN: Final = {"name": "Weight", "type": "number"}
TASKS: Final = {"base": "Studio", "table": "Tasks"}
FLOW: Final = """
name: bell
on:
  webhook: [{id: rung, auth: bearer}]
  record: [{id: seen, base: Studio, table: Tasks, events: [created]}]
steps: [{id: a, do: find, with: {base: Studio, table: Tasks, limit: 1}}]
"""
SCOPES: Final = (
    "data.records:read", "data.records:write", "schema.bases:read", "schema.bases:write", "webhook:manage",
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """A server in which secrets are planted, and who works with it."""

    office: Office
    plants: Plants
    http: httpx2.AsyncClient
    shell: Shell

    async def command(self, *arguments: str, typed: str = "") -> str:
        """Run a command on the same store, and keep what it prints."""
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        ran = await asyncio.to_thread(self.shell.run, *arguments, typed=typed)
        # A command sends all logs to its own standard error.
        root.handlers[:] = handlers
        root.setLevel(level)
        trace = "".join(traceback.format_exception(*ran.exc_info)) if ran.exc_info else ""
        self.plants.out(f"command {' '.join(arguments[:2])}", ran.stdout, ran.stderr, trace)
        return str(ran.stdout)

    async def call(self, token: str, tool: str, **arguments: object) -> str:
        """Call a tool as somebody with a token."""
        async with self.office.at(token) as desk:
            return (await desk.call(tool, **arguments)).text


async def nobody(*_: object) -> int:
    """Answer a notification for which nobody listens here."""
    return 200


def keys_of_the_issuer(_request: Request) -> Response:
    return JSONResponse({"keys": [jwk(ec_key("one"), "ES256", kid="one", use="sig")]})


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    plants = Plants()
    server, key = plants.plant("server's token", "patTheServersOwn.0123456789"), new_key(Random(1))
    plants.plant("sealing key", key)
    sandbox = Sandbox(
        rng=Random(7), rate=0, tokens=frozenset({server, "patOfItsOwn.abcdefghij"}), post=nobody
    )
    integration = sandbox.register_integration("Here", [f"{HOST}/link/callback"], SCOPES, with_secret=True)
    secret, where = plants.plant("integration's secret", integration.secret), str(folder / "store.sqlite3")
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(listening("127.0.0.1", 0))
        airtable = Asked(sandbox.app, plants, "to Airtable")
        routes = [Route("/keys", keys_of_the_issuer), Mount("/", airtable)]
        await stack.enter_async_context(at_work(Starlette(routes=routes), bound))
        at = address_of(bound)
        told = {
            "store": where,
            "airtable": {"endpoint_url": at, "api_key": server},
            "egress_allow": ["127.0.0.1"],
            "http": {"public_url": HOST},
            "auth": {
                "oauth": True, "audience": f"{HOST}/mcp", "issuer": ISSUER,
                "jwks_url": f"{at}/keys", "keys": key,
                "airtable_client_id": integration.client_id, "airtable_client_secret": secret,
                "airtable_login_url": at, "airtable_scopes": SCOPES,
                "policies": '{"watched": {"approve": ["schema"]}}',
            },
        }  # fmt: skip
        settings = Settings.model_validate(told)
        store = await stack.enter_async_context(open_store(where, SystemClock()))
        opening = remote(settings, Doors(), clock=SystemClock(), rng=Random(7), new_host=in_process)
        app = await stack.enter_async_context(opening)
        await stack.enter_async_context(app.router.lifespan_context(app))
        known = identities(settings, store, SystemClock(), Random(11), cost=CHEAP)
        here = Office(app, Heard(app, plants), settings, known, store, sandbox)
        variables = {
            "AIRTABLE_API_KEY": server,
            "AIRTABLE_ENDPOINT_URL": at,
            "PYAIRTABLE_MCP_AUTH_KEYS": key,
            "PYAIRTABLE_MCP_AUTH_AIRTABLE_CLIENT_SECRET": secret,
            "PYAIRTABLE_MCP_AUTH_AIRTABLE_CLIENT_ID": integration.client_id,
            "PYAIRTABLE_MCP_LOG_LEVEL": "DEBUG",
        }
        http = await stack.enter_async_context(here.asking())
        yield Ground(here, plants, http, Shell(folder / "store.sqlite3", **variables))
        plants.out("settings", repr(settings), str(settings.model_dump()), settings.model_dump_json())


async def people_come_in(at: Ground) -> None:
    """Sign in, right and wrong, as people and programs do; use what is given, and use it once too often."""
    plants, http = at.plants, at.http
    password = plants.plant("password", "a Planted password")
    await at.command("user", "add", "mona", typed=f"{password}\n")
    asks = {"redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_post"}
    given = (await http.post("/register", json=asks)).json()
    client, secret = str(given["client_id"]), plants.plant("client secret", given["client_secret"])
    browser = Browser(http, password="not the Planted one")
    await browser.visit(asked(client))
    (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', browser.shown)
    plants.plant("ticket", ticket)
    plants.plant("secret of a browser", str(http.cookies["pamc-browser"]))
    browser.password = password
    await browser.visit(asked(client))
    code = plants.plant("code", browser.told["code"])
    form = {
        "client_id": client, "client_secret": secret, "grant_type": "authorization_code", "code": code,
        "redirect_uri": BACK, "code_verifier": VERIFIER,
    }  # fmt: skip
    for changed in ({"client_secret": f"{secret}x"}, {"code_verifier": "w" * 43}):
        assert (await http.post("/token", data={**form, **changed})).status_code >= 400
    first = (await http.post("/token", data=form)).json()
    access = plants.plant("access token", first["access_token"])
    form |= {
        "grant_type": "refresh_token",
        "refresh_token": plants.plant("refresh token", first["refresh_token"]),
    }
    second = (await http.post("/token", data=form)).json()
    plants.plant("second refresh token", second["refresh_token"])
    await at.call(access, "list_bases")
    for one in (f"{access}x", first["refresh_token"], code, secret, password.replace(" ", "")):
        refused = await http.post("/mcp", headers={"authorization": f"Bearer {one}"}, json={})
        assert refused.status_code == 401
    await http.post("/token", data={**form, "refresh_token": second["refresh_token"] + "x"})
    await http.post("/revoke", data={**form, "token": second["refresh_token"]})
    await http.get("/mcp", params={"access_token": access}, headers={"authorization": f"Basic {access}"})


async def accounts_are_linked(at: Ground) -> str:
    """Let Mona link her account, work with it, and meet every failure; return her token."""
    plants, http, sandbox = at.plants, at.http, at.office.sandbox
    mine = (await at.command("token", "create", "laptop", "--user", "mona")).strip()
    plants.plant("API token", mine)
    form = {"name": "mona", "password": plants.secrets["password"], "answer": "link"}
    left = await http.post("/link", data=form, headers={"origin": HOST})
    await http.get(sandbox.consent(left.headers["location"]).replace("state=", "state=x"))
    left = await http.post("/link", data=form, headers={"origin": HOST})
    back = sandbox.consent(left.headers["location"])
    plants.plant("secret of a linking browser", str(http.cookies["pamc-link"]))
    plants.plant("state", back.partition("state=")[2].partition("&")[0])
    plants.plant("Airtable's code", back.partition("code=")[2].partition("&")[0])
    assert (await http.get(back)).status_code == 200
    assert (await http.get(back)).status_code == 400
    plants.plant("linked access token", await at.office.known.token("user:mona"))
    (verifier,) = re.findall(rb"code_verifier=(\w+)", b"".join(plants.outputs["to Airtable"]))
    plants.plant("verifier", verifier.decode())
    link = await at.office.store.links.find("user:mona")
    assert link is not None
    seals = Seals(read_keys(plants.secrets["sealing key"]), Random(1))
    plants.plant("linked refresh token", seals.open(link.refresh, "refresh user:mona"))
    await at.call(mine, "list_bases")
    await at.office.store.links.put(replace(link, access_until=0.0))
    sandbox.faults.add(
        Fault(path_contains="/token", status=400, body={"error": plants.secrets["linked refresh token"]})
    )
    await at.call(mine, "list_bases")
    assert "Studio" in await at.call(mine, "list_bases")
    plants.plant("renewed access token", await at.office.known.token("user:mona"))
    for status in (401, 403, 422, 500):
        said = {"type": "SAID_BACK", "message": f"No: {plants.secrets['renewed access token']}"}
        sandbox.faults.add(Fault(status=status, body={"error": said}))
        await at.call(mine, "find_records", **TASKS)
    await at.call(mine, "create_records", **TASKS, records=[{"Name": "x"}, {"Nmae": "y"}])
    assert "Created" in await at.call(mine, "create_records", **TASKS, records=[{"Name": "x"}])
    return mine


async def work_is_done(at: Ground, token: str, log: pytest.LogCaptureFixture) -> None:
    """Begin, approve, fail and take back sagas, and look at them everywhere."""
    made = await at.call(token, "create_records", **TASKS, records=[{"Name": "Kept"}])
    (saga,) = set(SAGA.findall(made))
    await at.call(token, "undo_saga", saga=saga)
    await at.call(
        token, "run_saga", steps=[{"id": "a", "do": "create", "with": {**TASKS, "records": [{"No": 1}]}}]
    )
    watched = (await at.office.known.tokens.create(Wish(name="eve", user="mona", policy="watched"))).text
    at.plants.plant("second API token", watched)
    told = await at.call(watched, "create_fields", **TASKS, fields=[COLUMN])
    (waiting,) = set(SAGA.findall(told))
    (confirm,) = (found[0] for line in log.messages if waiting in line and (found := CONFIRM.search(line)))
    at.plants.plant("confirm token", confirm)
    await at.call(watched, "resume_saga", saga=waiting, confirm=f"{confirm}x")
    await at.call(watched, "resume_saga", saga=waiting, confirm=confirm)
    async with at.office.at(token) as desk:
        for uri in (f"airtable://sagas/{saga}", f"airtable://sagas/{waiting}", "airtable://status"):
            await desk.client.read_resource(uri)
    for one in (saga, waiting):
        await at.command("sagas", "show", one)


async def hooks_are_rung(at: Ground, token: str) -> None:
    """Let requests come in from outside, genuine and forged."""
    plants, http, store = at.plants, at.http, at.office.store
    assert "bell" in await at.call(token, "save_workflow", definition=FLOW)
    rows = {one.id: one for one in await store.triggers.find("bell")}
    secret = plants.plant("hook secret", rows["rung"].secret)

    for borne, status in ((secret, 202), (f"{secret}x", 401)):
        rung = await http.post(
            "/hooks/bell/rung", json={"a": 1}, headers={"authorization": f"Bearer {borne}"}
        )
        assert rung.status_code == status

    async def registered() -> bool:
        found = await store.triggers.get("bell", "seen")
        return found is not None and bool(found.secret)

    await until(registered)
    seen = await store.triggers.get("bell", "seen")
    assert seen is not None
    mac = plants.plant("webhook's MAC secret", seen.secret)
    for key, status in ((base64.b64decode(mac), 204), (b"x", 401)):
        signed = f"hmac-sha256={hmac.new(key, b'{}', hashlib.sha256).hexdigest()}"
        headers = {"x-airtable-content-mac": signed}
        noted = await http.post("/hooks/airtable/bell/seen", content=b"{}", headers=headers)
        assert noted.status_code == status
    for tool, arguments in (("list_workflows", {"workflow": "bell"}), ("run_workflow", {"workflow": "bell"})):
        await at.call(token, tool, **arguments)


async def strangers_try(at: Ground) -> None:
    """Come with tokens of an issuer, and as somebody whose own Airtable token Airtable does not know."""
    now = int(SystemClock().now().timestamp())
    claims = {"iss": ISSUER, "aud": f"{HOST}/mcp", "sub": "jo", "iat": now, "scope": "read"}
    for name, until_then in (("JWT", now + 300), ("ended JWT", now - 300)):
        signed = jwt.encode({**claims, "exp": until_then}, ec_key("one"), "ES256", {"kid": "one"})
        headers = {"authorization": f"Bearer {at.plants.plant(name, signed)}"}
        answer = await at.http.post("/mcp", headers=headers, json={})
        assert (answer.status_code == 401) is (name != "JWT")
    ci = (await at.office.known.tokens.create(Wish(name="ci"))).text
    own = at.plants.plant("token of its own", "patOfItsOwn.abcdefghij")
    await at.command("credential", "set", "token:ci", typed=f"{own}\n")
    assert "Studio" in await at.call(ci, "list_bases")
    await at.command("credential", "set", "token:ci", typed=f"{own}.wrong\n")
    assert "error unauthorized" in await at.call(ci, "list_bases")


async def operators_look(at: Ground) -> None:
    """Run the commands that show what there is, and those that fail."""
    shown: tuple[tuple[str, ...], ...] = (
        ("workflow", "triggers", "bell", "--secret", "rung"), ("workflow", "history", "bell"),
        ("token", "list"), ("user", "list"), ("credential", "list"), ("audit", "export"), ("audit", "read"),
        ("sagas", "list"), ("keys", "reseal"), ("token", "revoke", "nobody"), ("credential", "set", "x"),
    )  # fmt: skip
    for arguments in shown:
        await at.command(*arguments)
    for path in ("/healthz", "/readyz", "/nowhere", "/.well-known/oauth-authorization-server"):
        await at.http.get(path)
    word = at.plants.plant("database's password", "aPlantedPassword")
    url = f"postgresql://me:{word}@127.0.0.1:9/x"
    broken = replace(at, shell=Shell(Path("nowhere"), PYAIRTABLE_MCP_STORE=url))
    failing: tuple[tuple[str, ...], ...] = (
        ("token", "list"),
        ("sagas", "list"),
        ("serve", "--port", "0"),
        ("token", "--store", url, "list"),
    )
    for arguments in failing:
        await broken.command(*arguments)
    try:
        async with open_store(url, SystemClock()):
            raise AssertionError
    except AppError as error:
        at.plants.out("traces", *traceback.format_exception(error))


def kept(folder: Path, plants: Plants) -> None:
    """Keep the bytes of the store's files."""
    for file in folder.glob("store.sqlite3*"):
        plants.out("store", file.read_bytes())


def is_of_the_test(record: logging.LogRecord) -> bool:
    """Tell whether it is the test's own client that tells of its requests."""
    return record.name.startswith(("httpx2", "mcp.client")) and HOST in record.getMessage()


@behaviour("secrets.planted")
async def test_no_secret_comes_out_anywhere_but_where_it_belongs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ground(tmp_path) as at:
        await people_come_in(at)
        mine = await accounts_are_linked(at)
        await work_is_done(at, mine, caplog)
        await hooks_are_rung(at, mine)
        await strangers_try(at)
        await operators_look(at)
        plants = at.plants
        kept(tmp_path, plants)
    kept(tmp_path, plants)
    plants.out("log", *(caplog.handler.format(one) for one in caplog.records if not is_of_the_test(one)))
    plants.out("standard output", *capfd.readouterr())
    assert len(plants.secrets) == PLANTED
    found = plants.found()
    assert found - WHERE_THEY_BELONG == set()
    assert WHERE_THEY_BELONG - found == set()
