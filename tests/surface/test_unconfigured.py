"""A server without a token, or with one that Airtable does not take."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from pydantic import SecretStr

from pyairtable_mcp.app import InProcess, running
from pyairtable_mcp.base.settings import AirtableSettings, Settings
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.surface.catalog import CATALOG
from tests.support.behaviours import behaviour
from tests.support.fuzz import sensible
from tests.support.world import Era, World, in_process, reply


@asynccontextmanager
async def client_of(settings: Settings, era: Era = "auto") -> AsyncIterator[Client]:
    async with running(settings, new_host=in_process) as app, Client(app.server, mode=era) as client:
        yield client


@behaviour("unconfigured.starts", "unconfigured.calls")
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_without_a_token_everything_is_listed_and_every_call_says_what_to_set(era: Era) -> None:
    async with client_of(Settings(), era) as client:
        assert client.server_info is not None
        assert client.server_info.name == "pyairtable-mcp"
        assert len((await client.list_tools()).tools) == len(CATALOG)
        assert (await client.list_prompts()).prompts
        for tool in CATALOG:
            if tool.group in ("saga", "workflow"):
                # What was done, and is stored, can be looked at under any token.
                continue
            told = reply(await client.call_tool(tool.name, sensible(tool.name)))
            assert told.code == "not_configured", (tool.name, told.text)
            assert "AIRTABLE_API_KEY" in told.text
            assert "--sandbox" in told.text


@behaviour("unconfigured.arguments_first")
async def test_wrong_arguments_are_told_even_without_a_token() -> None:
    async with client_of(Settings()) as client:
        told = reply(await client.call_tool("find_records", {"bse": "x"}))
        assert told.code == "invalid_arguments"


@behaviour("unconfigured.wrong_token")
async def test_a_token_airtable_refuses_is_told_as_such_and_never_shown() -> None:
    sandbox = Sandbox(seed="empty", rate=0)
    token = "patWrongWrongWrong.0123456789"
    async with (
        running(Settings(), sandbox=InProcess(sandbox.app, token), new_host=in_process) as app,
        Client(app.server) as client,
    ):
        told = reply(await client.call_tool("list_bases", {}))
        assert told.code == "unauthorized"
        assert "AIRTABLE_API_KEY" in told.text
        assert token not in told.text


@behaviour("unconfigured.wrong_token")
async def test_a_token_that_airtable_repeats_in_its_complaint_is_blacked_out(studio: World) -> None:
    token = next(iter(studio.sandbox.tokens))
    body = {"error": {"type": "NOPE", "message": f"Bearer {token} may not"}}
    studio.sandbox.faults.add(Fault(path_contains="/meta/bases", status=403, body=body))
    told = await studio.call("list_bases")
    assert told.code == "forbidden"
    assert token not in told.text


@behaviour("unconfigured.sandbox")
async def test_the_sandbox_needs_no_token_and_no_network() -> None:
    settings = Settings(sandbox=True, airtable=AirtableSettings(api_key=SecretStr("")))
    async with client_of(settings) as client:
        told = reply(await client.call_tool("list_bases", {}))
        assert "Studio" in told.text


@behaviour("upstream.told")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=404, body={"error": "NOT_FOUND"}), "not_found"),
        (Fault(status=422, body={"error": {"type": "X", "message": "m"}}), "rejected"),
        (Fault(status=413, body={"error": {"type": "X"}}), "too_large"),
        (Fault(status=401, body={"error": {"type": "X"}}), "unauthorized"),
        (
            Fault(
                status=429, body={"errors": [{"error": "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "message": "m"}]}
            ),
            "quota_exhausted",
        ),
        (Fault(status=302, text="moved", headers={"location": "http://evil.example"}), "unavailable"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_airtable_refuses_is_told_by_kind_and_never_as_our_fault(
    studio: World, fault: Fault, code: str
) -> None:
    studio.sandbox.faults.add(fault)
    told = await studio.call("list_bases")
    assert told.code == code, told.text
    assert len(studio.requests) == 1


@behaviour("internal.logged")
async def test_a_fault_of_ours_is_logged_and_told_without_its_insides(
    studio: World, caplog: pytest.LogCaptureFixture
) -> None:
    studio.app.settings.__dict__["time_zone"] = "no zone at all"
    told = await studio.call("find_records", base="Studio", table="Tasks", fields=["Name"])
    assert told.code == "internal"
    assert "Traceback" not in told.text
    assert "no zone" not in told.text
    assert "no zone at all" in caplog.text
