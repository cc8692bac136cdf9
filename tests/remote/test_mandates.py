"""What was begun with a token goes on within what that token allowed, whoever or whatever takes it up."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pyairtable_mcp.app import InProcess, running
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.mandates import Mandate, mandates_from
from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import AuthSettings, Settings
from pyairtable_mcp.engine.engine import Engine
from tests.auth.doors import CHEAP
from tests.remote.offices import Desk, Office, office
from tests.remote.test_tenants import sagas_in
from tests.support.world import in_process

PASSWORD = "correct horse battery"
TASK = {"base": "Studio", "table": "Tasks", "records": [{"Name": "Water the plants"}]}
BILL = {"base": "Studio", "table": "Invoices", "records": [{"Number": "9001"}]}
FIRST = {"id": "first", "do": "create", "with": TASK}
ASK = {"id": "ask", "do": "approve", "with": {"message": "Go on?"}}
THEN = {"id": "then", "do": "create", "with": TASK}


@asynccontextmanager
async def mona(folder: Path) -> AsyncIterator[Office]:
    """Open an endpoint with one person."""
    async with office(folder, cost=CHEAP) as here:
        await here.known.users.add("mona", PASSWORD)
        yield here


async def token(here: Office, name: str, *, policy: str = "", scopes: Sequence[str] = SCOPES) -> str:
    """Return a token of that person."""
    return (await here.known.tokens.create(Wish(name=name, user="mona", policy=policy, scopes=scopes))).text


async def asking(
    desk: Desk, caplog: pytest.LogCaptureFixture, *steps: Mapping[str, object]
) -> Mapping[str, str]:
    """Run a saga that comes to rest before a question, and return what confirms it."""
    told = await desk.call("run_saga", steps=list(steps))
    assert not told.is_error, told.text
    (saga,) = set(sagas_in(told.text))
    return {"saga": saga, "confirm": re.findall(r"confirm token is (\S+)", caplog.text)[-1]}


async def written(here: Office) -> list[str]:
    return [one.method for one in here.requests if one.method != "GET"]


async def test_a_saga_keeps_what_it_was_begun_with(tmp_path: Path) -> None:
    async with mona(tmp_path) as here, here.at(await token(here, "a", policy="tasks")) as desk:
        (saga,) = sagas_in((await desk.call("create_records", **TASK)).text)
        history = await here.store.journal.load(saga)
        row = (await here.store.api_tokens.all())[0]
    assert history is not None
    assert history.saga.principal == "user:mona"
    assert mandates_from(history.saga.mandates) == (
        Mandate(scopes=tuple(sorted(SCOPES)), policy="tasks", token=f"api:{row.id}"),
    )


async def test_a_wider_token_of_the_same_person_takes_a_saga_up_within_the_narrower_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with mona(tmp_path) as here:
        async with here.at(await token(here, "narrow", policy="tasks")) as narrow:
            confirmed = await asking(narrow, caplog, FIRST, ASK, {"id": "bill", "do": "create", "with": BILL})
        async with here.at(await token(here, "wide")) as wide:
            assert not (await wide.call("create_records", **BILL)).is_error
            told = await wide.call("resume_saga", **confirmed)
            assert told.code == "unknown_name", told.text
        assert await written(here) == ["POST", "POST", "DELETE"]


async def test_what_a_revoked_token_began_goes_no_further_and_is_taken_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with mona(tmp_path) as here:
        async with here.at(await token(here, "a")) as desk:
            confirmed = await asking(desk, caplog, FIRST, ASK, THEN)
        async with here.at(await token(here, "b")) as other:
            await here.known.tokens.revoke("a")
            told = await other.call("resume_saga", **confirmed)
            assert (told.code, "was revoked" in told.text) == ("not_allowed", True), told.text
            assert "taken back" in told.text
        assert await written(here) == ["POST", "DELETE"]


async def test_what_a_token_began_that_was_rotated_or_has_expired_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with mona(tmp_path) as here:
        async with here.at(await token(here, "a")) as desk:
            confirmed = await asking(desk, caplog, FIRST, ASK, THEN)
        await here.known.tokens.rotate("a", overlap=0)
        async with here.at(await token(here, "b")) as other:
            assert "completed" in (await other.call("resume_saga", **confirmed)).text
        assert await written(here) == ["POST", "POST"]


async def test_what_somebody_began_who_is_gone_is_taken_back_by_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path) as here:
        async with here.desk("ada") as ada:
            confirmed = await asking(ada, caplog, FIRST, ASK, THEN)
        await here.known.tokens.revoke("ada")
        async with here.desk("ada") as again:
            told = await again.call("resume_saga", **confirmed)
            assert (told.code, "was revoked" in told.text) == ("not_allowed", True), told.text
        assert await written(here) == ["POST", "DELETE"]


async def test_a_workflow_runs_within_what_it_was_saved_and_what_it_was_started_with(tmp_path: Path) -> None:
    flow = {
        "name": "note",
        "inputs": {"table": {"type": "text"}},
        "steps": [
            {
                "id": "find",
                "do": "find",
                "with": {"base": "Studio", "table": "${{ inputs.table }}", "limit": 1},
            }
        ],
    }
    async with (
        mona(tmp_path) as here,
        here.at(await token(here, "narrow", policy="tasks")) as narrow,
        here.at(await token(here, "wide")) as wide,
    ):
        assert not (await narrow.call("save_workflow", definition={**flow, "name": "narrow"})).is_error
        assert not (await wide.call("save_workflow", definition={**flow, "name": "wide"})).is_error
        for desk, workflow, table, code in (
            (wide, "narrow", "Tasks", ""),
            (wide, "narrow", "Invoices", "unknown_name"),
            (narrow, "wide", "Invoices", "unknown_name"),
            (wide, "wide", "Invoices", ""),
        ):
            told = await desk.call("run_workflow", workflow=workflow, inputs={"table": table})
            assert told.code == code, told.text
        await here.known.tokens.revoke("narrow")
        told = await wide.call("run_workflow", workflow="narrow", inputs={"table": "Tasks"})
        assert (told.code, "was revoked" in told.text) == ("not_allowed", True), told.text


async def test_two_tokens_of_a_person_are_told_apart_by_their_scopes(tmp_path: Path) -> None:
    async with (
        mona(tmp_path) as here,
        here.at(await token(here, "all")) as wide,
        here.at(await token(here, "look", scopes=("read",))) as reader,
    ):
        assert not (await wide.call("create_records", **TASK)).is_error
        assert "create_records" not in await reader.tools()
        assert (await reader.call("create_records", **TASK)).code == "not_allowed"


async def test_taking_back_needs_the_scope_of_what_is_taken_back(tmp_path: Path) -> None:
    async with (
        mona(tmp_path) as here,
        here.at(await token(here, "all")) as wide,
        here.at(await token(here, "write", scopes=("read", "write"))) as writer,
    ):
        renamed = await wide.call("update_schema", base="Studio", table="Tasks", description="What is to do")
        (saga,) = set(sagas_in(renamed.text))
        told = await writer.call("undo_saga", saga=saga)
        assert (told.code, "'schema'" in told.text) == ("not_allowed", True), told.text
        assert not (await wide.call("undo_saga", saga=saga)).is_error


@asynccontextmanager
async def beside(here: Office, settings: Settings) -> AsyncIterator[Engine]:
    """Give the engine of another process on the same store that serves the operator, as a shell does."""
    inside = InProcess(here.sandbox.app, next(iter(here.sandbox.tokens)))
    async with running(settings, sandbox=inside, new_host=in_process) as app:
        yield await app.dispatcher.new_call().sagas()


async def test_what_the_operator_approves_elsewhere_is_done_in_the_name_of_who_began_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bill = {"id": "bill", "do": "create", "with": BILL}
    async with mona(tmp_path) as here, here.at(await token(here, "narrow", policy="tasks")) as narrow:
        asked = await asking(narrow, caplog, FIRST, ASK, bill)
        bare = here.settings.model_copy(update={"auth": AuthSettings()})
        async with beside(here, bare) as engine:
            with pytest.raises(NotConfigured, match="no policy 'tasks'"):
                await engine.approve(asked["saga"], "operator")
            assert (await engine.get(asked["saga"])).saga.status is Status.AWAITING_APPROVAL
        async with beside(here, here.settings) as engine:
            report = await engine.approve(asked["saga"], "operator")
            assert (report.status, report.error and report.error.code) == (Status.COMPENSATED, "unknown_name")
