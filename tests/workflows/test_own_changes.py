"""The loop guard: what sagas of this server write starts no runs, unless a trigger asks for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from mcp import Client
from pydantic import JsonValue, SecretStr

from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.app import App, InProcess, running
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.operations.batches import BATCH, Batch, Item, Kind
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.journal_values import Holding, IntentRow, OutcomeRow
from pyairtable_mcp.store.workflow_values import WorkflowRow
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.tending import Tender
from tests.store.sagas import ME, saga
from tests.support.world import in_process, reply
from tests.workflows.tended import PUBLIC, STEPS, Offers

HELD = Holding(saga="sgown", owner=ME, epoch=1)


class Guarded:
    """A server that is used as a model uses it, and the triggers on its store."""

    def __init__(self, app: App, client: Client, store: Store, tender: Tender) -> None:
        self.app = app
        self.client = client
        self.store = store
        self.tender = tender

    async def watch(self, **trigger: JsonValue) -> None:
        record: JsonValue = {"base": "Studio", "table": "Clients", **trigger}
        definition: JsonValue = {"name": "flow", "on": {"record": [record]}, "steps": STEPS}
        await self.store.workflows.save(WorkflowRow(name="flow", definition=definition))
        await self.tender.once()

    async def told(self) -> list[tuple[object, object]]:
        """Look, and return what happened to which record by the runs there are."""
        await self.store.triggers.ring("flow", "record-1")
        await self.tender.once()
        events = [one.run.event for one in reversed(await self.store.runs.find())]
        return [(each["event"], each["record"]) for each in events if isinstance(each, dict)]

    async def did(self, tool: str, **arguments: object) -> str:
        given = {"base": "Studio", "table": "Clients", **arguments}
        answer = reply(await self.client.call_tool(tool, given))
        assert not answer.is_error, answer.text
        return answer.text

    async def change(self, name: str, **cells: JsonValue) -> None:
        """Change a client as somebody else would, or make one."""
        at = self.app.airtable
        base = (await at.bases())[0].id
        table = next(one for one in (await at.schema(base)).tables if one.name == "Clients")
        ids = {field.name: field.id for field in table.fields}
        told = {ids[key]: cell for key, cell in cells.items()}
        if not name:
            assert (await at.create_records(base, table.id, [told])).error is None
            return
        pages = [page async for page in at.records(base, table.id, Query())]
        found = next(one.id for page in pages for one in page.records if one.fields[ids["Name"]] == name)
        assert (await at.update_records(base, table.id, [Patch(found, told)])).error is None

    async def begin_to_write(self) -> None:
        """Let a saga be about to create a client, with no answer yet."""
        at = self.app.airtable
        base = (await at.bases())[0].id
        table = next(one for one in (await at.schema(base)).tables if one.name == "Clients")
        batch = Batch(kind=Kind.CREATE, base=base, table=table.id, items=(Item(cells={}),))
        await self.store.journal.open(saga("sgown"))
        intent = IntentRow(
            number=1, step=1, role="do", via="airtable", write=BATCH.dump_python(batch, mode="json")
        )
        await self.store.journal.write(HELD, [intent], durable=False)

    async def end_writing(self) -> None:
        """Let that write have failed."""
        await self.store.journal.write(HELD, [OutcomeRow(intent=1, status="failed")], durable=False)


@asynccontextmanager
async def guarded(where: Path, public_url: str) -> AsyncIterator[Guarded]:
    clock = SystemClock()
    settings = Settings(store=SecretStr(str(where)))
    sandbox = Sandbox("studio", clock=clock, rng=Random(7), rate=0)
    inside = InProcess(sandbox.app, next(iter(sandbox.tokens)))
    async with (
        running(settings, clock=clock, rng=Random(7), sandbox=inside, new_host=in_process) as app,
        Client(app.server) as client,
        open_store(str(where), clock) as store,
    ):

        async def new_call(_principal: str, _mandates: Mandates) -> Call:
            return Call(airtable=app.airtable.metered(), settings=settings, clock=clock, rng=Random(3))

        async def began() -> None:
            """Tell nobody."""

        desk = Desk(store, new_call, clock, public_url)
        yield Guarded(app, client, store, Tender(desk, Offers(), Random(4), began))


@pytest.mark.parametrize("public_url", ["", PUBLIC], ids=["by looking", "by webhook"])
@pytest.mark.parametrize("own", [False, True])
async def test_what_a_tool_wrote_starts_a_run_only_if_asked_for(
    tmp_path: Path, public_url: str, own: bool
) -> None:
    async with guarded(tmp_path / "store.db", public_url) as flow:
        await flow.watch(events=["created", "changed", "deleted"], own_changes=own)
        await flow.did("create_records", records=[{"Name": "Ours", "City": "Oslo"}])
        made = len(await flow.told())
        where = [{"field": "Name", "op": "=", "value": "Ours"}]
        await flow.did("update_records", where=where, set={"City": "Rome", "Status": "Active"})
        changed = len(await flow.told())
        await flow.did("delete_records", where=where)
        gone = len(await flow.told())
        assert (made, changed, gone) == ((1, 2, 3) if own else (0, 0, 0))


@pytest.mark.parametrize("public_url", ["", PUBLIC], ids=["by looking", "by webhook"])
async def test_what_somebody_else_makes_of_what_we_wrote_does_start_a_run(
    tmp_path: Path, public_url: str
) -> None:
    async with guarded(tmp_path / "store.db", public_url) as flow:
        await flow.watch(fields=["City"])
        await flow.did("create_records", records=[{"Name": "Ours", "City": "Oslo"}])
        assert await flow.told() == []
        await flow.change("Ours", City="Rome")
        assert len(await flow.told()) == 1


async def test_a_change_waits_for_the_outcome_of_a_write_that_it_may_be(tmp_path: Path) -> None:
    async with guarded(tmp_path / "store.db", PUBLIC) as flow:
        await flow.watch(events=["created"])
        await flow.begin_to_write()
        await flow.change("", Name="New", City="Oslo")
        assert await flow.told() == []
        (row,) = await flow.store.triggers.find()
        assert row.due_at <= SystemClock().now().timestamp() + 1
        await flow.end_writing()
        assert len(await flow.told()) == 1
