"""What one principal has, held by another in every place there is: answered as what never was (P3, I1)."""

import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from mcp import MCPError
from mcp.client import ClientRequestContext
from mcp.types import (
    ElicitRequestParams,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import JsonValue
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyairtable_mcp.base.settings import WorkflowSettings
from pyairtable_mcp.engine.steps.table import KINDS
from tests.remote.belongings import SAGA, Belongings, Pair, gathered
from tests.remote.knocking import JSON, knock, streaming
from tests.remote.offices import Desk, Office, office
from tests.support import examples as e
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import the_table

RESOURCES: Final = ("airtable://workflows", "airtable://bases", "airtable://status")
TEMPLATES: Final[Mapping[str, Mapping[str, str]]] = {
    "airtable://workflows/{workflow}": {"workflow": e.WORKFLOW},
    "airtable://sagas/{saga}": {"saga": e.SAGA},
    "airtable://{base}/schema": {"base": e.BASE},
    "airtable://{base}/{table}": {"base": e.BASE, "table": e.TABLE},
    "airtable://{base}/{table}/{record}": {"base": e.BASE, "table": e.TABLE, "record": e.RECORD},
}
SEEN_BY_BEN: Final = {"base": "Studio", "table": "Tasks", "record": "Nobody's"}
PROMPTS: Final[Mapping[str, Mapping[str, str]]] = {
    "explore_base": {"base": e.BASE},
    "clean_up_table": {"base": e.BASE, "table": e.TABLE},
    "import_rows": {"base": e.BASE, "table": e.TABLE, "rows": ""},
    "write_workflow": {"base": e.BASE, "job": ""},
}
PASSING: Final = re.compile(r"data-\w{6}|\d{4}-\d\d-\d\d \d\d:\d\d")
"""The fence around data, and moments."""
YES: Final = ElicitResult(action="accept", content={"approve": True})


@dataclass
class Overheard:
    """Keeps every byte that comes back from an application, and its headers."""

    app: ASGIApp
    heard: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            self.heard += [message.get("body", b""), repr(message.get("headers", "")).encode()]
            await send(message)

        await self.app(scope, receive, kept)


@dataclass(frozen=True)
class Walk:
    """Two desks in one office, and what is the one's."""

    office: Office
    ada: Desk
    ben: Desk
    hers: Belongings
    heard: list[bytes]

    def settled(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the arguments of an example, with records that Ben can see."""
        seen, filed = (next(iter(the_table(self.office.sandbox, t).records)) for t in ("Tasks", "Projects"))
        return e.settled(arguments, seen, filed)

    def leaked(self) -> list[str]:
        """Return what Ben was told of Ada's."""
        told = b"\n".join(self.heard).decode("utf-8", "replace")
        return sorted(word for word in self.hers.words if word in told)


async def yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    del context, params
    return YES


@pytest.fixture
async def walk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Walk]:
    async with held(walking(tmp_path, caplog)) as opened:
        yield opened


@asynccontextmanager
async def walking(folder: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Walk]:
    caplog.set_level(logging.WARNING)
    heard: list[bytes] = []
    published = WorkflowSettings(publish_as_tools=True)
    async with (
        office(folder, workflows=published, workers=2) as here,
        here.desk("ada", policy="watched", person=yes) as ada,
    ):
        hers = await gathered(here, ada, lambda: caplog.messages)
        async with here.desk("ben", policy="desk", by=lambda app: Overheard(app, heard), person=yes) as ben:
            yield Walk(here, ada, ben, hers, heard)


def alike(told: str, name: str) -> str:
    """Return an answer without the name that was asked for, and without what is new each time."""
    return PASSING.sub(
        "<new>", SAGA.sub("<saga>", told.replace(quote(name, safe=""), name).replace(name, "<name>"))
    )


@behaviour("tenants.table")
def test_every_tool_argument_step_is_in_the_table_of_examples() -> None:
    assert e.unentered() == [], "say in tests/support/examples.py what it names"
    assert set(KINDS) == set(e.STEPS) | e.NAMELESS_STEPS


@behaviour("tenants.absent")
async def test_what_is_anothers_is_answered_by_every_tool_as_what_never_was(walk: Walk) -> None:
    await judged(walk, [probe for slot in e.slots() for probe in of_slot(walk, *slot)])


@behaviour("tenants.absent")
async def test_what_is_anothers_is_no_resource_prompt_or_completion(walk: Walk) -> None:
    client = walk.ben.client
    listed = {one.uri for one in (await client.list_resources()).resources}
    templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
    prompts = {one.name: one.arguments or [] for one in (await client.list_prompts()).prompts}
    assert (listed, templates) == (set(RESOURCES), set(TEMPLATES)), "enter it in the tables above"
    assert {name: {one.name for one in given} for name, given in prompts.items()} == {
        name: set(given) for name, given in PROMPTS.items()
    }
    for uri in RESOURCES:
        await client.read_resource(uri)
    places = [*of_templates(walk), *of_prompts(walk), *of_completions(walk)]
    await judged(walk, places)


@behaviour("tenants.absent")
async def test_lists_hold_nothing_of_anothers(walk: Walk) -> None:
    tools = await walk.ben.tools()
    assert not [name for name in tools if name.startswith("workflow_")]
    assert "workflow_stocktake" not in tools
    ways: list[dict[str, Any]] = [{}, {"unfinished": True}, {"limit": 100}]
    for arguments in ways:
        assert not (await walk.ben.call("list_sagas", **arguments)).is_error
    for tool in ("list_workflows", "list_bases"):
        assert not (await walk.ben.call(tool)).is_error
    for detail in ("tables", "fields", "full"):
        assert not (await walk.ben.call("describe_base", base="Studio", detail=detail)).is_error
    for table in ("Tasks", "Projects"):
        for form in ("plain", "json", "string"):
            found = await walk.ben.call(
                "find_records", base="Studio", table=table, cell_format=form, limit=50
            )
            assert not found.is_error, found.text
    assert walk.leaked() == []


@behaviour("tenants.absent")
async def test_of_a_workflow_of_anothers_no_more_is_told_than_that_its_name_is_taken(walk: Walk) -> None:
    mine = {"name": "stocktake", "steps": [{"id": "a", "do": "wait", "with": {"seconds": 1}}]}
    for dry_run in (True, False):
        told = await walk.ben.call("save_workflow", definition=mine, dry_run=dry_run)
        assert (told.code, told.candidates) == ("not_allowed", ())
        assert told.text.startswith("error not_allowed: The name 'stocktake' is taken.")
    assert "Bay Seventeen" in (await walk.ada.call("list_workflows", workflow="stocktake")).text


@behaviour("tenants.approval")
async def test_nobody_else_answers_what_a_person_was_asked(walk: Walk) -> None:
    hers, asked_by = walk.hers, dict(walk.hers.asked_by)
    for arguments in (asked_by, {**asked_by, "base": "Studio", "table": "Tasks"}):
        try:
            found = await walk.ben.client.session.call_tool(
                "create_fields",
                arguments,
                input_responses={"approval": YES},
                request_state=hers.question.request_state,
                allow_input_required=True,
            )
        except MCPError as error:
            told = str(error)
        else:
            told = str(found)
        assert not hers.words & set(told.split()), told
        assert hers.waiting not in told
    assert (await walk.ben.call("resume_saga", saga=hers.waiting, confirm=hers.pairs[e.TOKEN][0][0])).is_error
    assert "awaiting approval" in (await walk.ada.call("list_sagas", saga=hers.waiting)).text
    assert "Weight" not in (await walk.ada.call("describe_base", base="Warehouse", table="Orders")).text
    done = await walk.ada.call("resume_saga", saga=hers.waiting, confirm=hers.pairs[e.TOKEN][0][0])
    assert "completed" in done.text


HELLO: Final = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "old", "version": "1"},
    },
}
PING: Final = {"jsonrpc": "2.0", "id": 2, "method": "ping"}


@behaviour("tenants.sessions")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_session_of_another_is_answered_as_one_that_never_was(tmp_path: Path, method: str) -> None:
    async with office(tmp_path) as here:
        tokens = [await here.token(name) for name in ("ada", "ben")]
        ada, ben = ((*JSON, ("Authorization", f"Bearer {token}")) for token in tokens)
        begun = await knock(here.app, "POST", "/mcp", ada, body=json.dumps(HELLO).encode())
        session = begun.headers["mcp-session-id"]
        body = json.dumps(PING).encode() if method == "POST" else b""
        hers, never = [
            await knock(here.app, method, "/mcp", (*ben, ("Mcp-Session-Id", one)), body=body)
            for one in (session, "0" * len(session))
        ]
        assert (hers.status, hers.body) == (never.status, never.body)
        assert 400 <= hers.status < 500
        alive = (*ada, ("Mcp-Session-Id", session))
        assert (await knock(here.app, "POST", "/mcp", alive, body=json.dumps(PING).encode())).status == 200


@behaviour("tenants.sessions")
async def test_messages_to_an_event_stream_of_another_arrive_nowhere(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        tokens = [await here.token(name) for name in ("ada", "ben")]
        ada, ben = ((*JSON, ("Authorization", f"Bearer {token}")) for token in tokens)
        async with streaming(here.app, "/sse", ada) as heard:
            (session,) = re.findall(r"session_id=(\w+)", await heard())
            body = json.dumps(HELLO).encode()
            hers, never = [
                await knock(here.app, "POST", "/messages/", ben, query=f"session_id={one}", body=body)
                for one in (session, "0" * len(session))
            ]
            assert (hers.status, hers.body) == (never.status, never.body) == (404, hers.body)
            await knock(here.app, "POST", "/messages/", ada, query=f"session_id={session}", body=body)
            assert "serverInfo" in await heard()


Probe = tuple[str, Pair, Callable[[str], Awaitable[str]]]
"""What is tried, with what there is and what never was, and how to ask."""


async def judged(walk: Walk, probes: list[Probe]) -> None:
    """Ask for what never was, everywhere, then for what is Ada's: it has to be the same to Ben."""
    never = [alike(await ask(name), name) for _, (_, name), ask in probes]
    assert walk.leaked() == []
    walk.office.requests.clear()
    told = [alike(await ask(name), name) for _, (name, _), ask in probes]
    differing = [
        (what, pair[0], real, imagined)
        for (what, pair, _), real, imagined in zip(probes, told, never, strict=True)
        if real != imagined
    ]
    assert not differing, "\n".join(map(repr, differing))
    assert not [one for one in walk.office.requests if one.base.startswith("appWarehouse")]


def of_slot(walk: Walk, tool: str, example: e.Example, way: str, kind: str) -> list[Probe]:
    async def ask(name: str) -> str:
        arguments = walk.settled(example.at(way, e.worded(kind, name)))
        return repr(await walk.ben.call(tool, **arguments))

    # In a step stands what stands in a tool of its own: one thing of each kind is enough there.
    most = 1 if tool == "run_saga" else 9
    return [(f"{tool} {way}", pair, ask) for pair in walk.hers.pairs[kind][:most]]


def of_templates(walk: Walk) -> list[Probe]:
    def asking(template: str, variable: str) -> Callable[[str], Awaitable[str]]:
        async def ask(name: str) -> str:
            known = {**SEEN_BY_BEN, variable: name}
            try:
                return repr(
                    (await walk.ben.client.read_resource(template.format_map(quoted(known)))).contents
                )
            except MCPError as error:
                return repr((error.error.code, error.error.message, error.error.data))

        return ask

    return [
        (f"{template} {variable}", pair, asking(template, variable))
        for template, variables in TEMPLATES.items()
        for variable, kind in variables.items()
        for pair in walk.hers.pairs[kind]
    ]


def quoted(known: Mapping[str, str]) -> dict[str, str]:
    return {name: quote(value, safe="") for name, value in known.items()}


def of_prompts(walk: Walk) -> list[Probe]:
    def asking(prompt: str, argument: str) -> Callable[[str], Awaitable[str]]:
        async def ask(name: str) -> str:
            arguments = {**dict.fromkeys(PROMPTS[prompt], "x"), argument: name}
            return repr((await walk.ben.client.get_prompt(prompt, arguments)).messages)

        return ask

    return [
        (f"{prompt} {argument}", pair, asking(prompt, argument))
        for prompt, arguments in PROMPTS.items()
        for argument, kind in arguments.items()
        if kind
        for pair in walk.hers.pairs[kind]
    ]


def of_completions(walk: Walk) -> list[Probe]:
    def asking(
        ref: ResourceTemplateReference | PromptReference, variable: str, begun: int
    ) -> Callable[[str], Awaitable[str]]:
        async def ask(name: str) -> str:
            about = {key: value for key, value in SEEN_BY_BEN.items() if key != variable}
            found = await walk.ben.client.complete(ref, {"name": variable, "value": name[:begun]}, about)
            return repr(found.completion.values)

        return ask

    places: list[tuple[str, ResourceTemplateReference | PromptReference, Mapping[str, str]]] = [
        (template, ResourceTemplateReference(type="ref/resource", uri=template), variables)
        for template, variables in TEMPLATES.items()
    ]
    places += [(name, PromptReference(type="ref/prompt", name=name), PROMPTS[name]) for name in PROMPTS]
    return [
        (f"complete {what} {variable}", pair, asking(ref, variable, begun))
        for what, ref, variables in places
        for variable, kind in variables.items()
        if kind
        for pair in walk.hers.pairs[kind]
        for begun in (0, 3, 100)
    ]
