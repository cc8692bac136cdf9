"""What is out of sight is as if it were not there, whichever way it is asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable import Airtable, Patch, Query
from pyairtable_mcp.airtable.opening import open_airtables
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Forbidden
from pyairtable_mcp.base.patterns import Place, Reach
from pyairtable_mcp.base.policy import Policy, Principal, Resource, sees
from pyairtable_mcp.sandbox import Filling, RequestRecord, Sandbox

RECORD, FIELD, NOWHERE = "rec00000000000001", "fld00000000000001", "app00000000000001"
POLICY = Policy(reach=Reach((Place("Stud*"),), ("Tasks", "Proj*")))
ASKED: dict[str, Callable[[Airtable, str, str], Awaitable[object]]] = {
    "page": lambda at, base, table: at.page(base, table, Query(), size=1),
    "records": lambda at, base, table: anext(at.records(base, table, Query())),
    "records_by_id": lambda at, base, table: at.records_by_id(base, table, [RECORD]),
    "create_records": lambda at, base, table: at.create_records(base, table, [{FIELD: "x"}]),
    "update_records": lambda at, base, table: at.update_records(base, table, [Patch(RECORD, {FIELD: "x"})]),
    "replace_records": lambda at, base, table: at.replace_records(base, table, [Patch(RECORD, {FIELD: "x"})]),
    "upsert_records": lambda at, base, table: at.upsert_records(base, table, [{FIELD: "x"}], [FIELD]),
    "delete_records": lambda at, base, table: at.delete_records(base, table, [RECORD]),
    "comments": lambda at, base, table: at.comments(base, table, RECORD),
    "create_comment": lambda at, base, table: at.create_comment(base, table, RECORD, "x"),
    "update_comment": lambda at, base, table: at.update_comment(
        base, table, RECORD, "com00000000000001", "x"
    ),
    "delete_comment": lambda at, base, table: at.delete_comment(base, table, RECORD, "com00000000000001"),
    "update_table": lambda at, base, table: at.update_table(base, table, {"name": "x"}),
    "create_field": lambda at, base, table: at.create_field(base, table, {"name": "x", "type": "checkbox"}),
    "update_field": lambda at, base, table: at.update_field(base, table, FIELD, {"name": "x"}),
}
OF_A_BASE: dict[str, Callable[[Airtable, str, str], Awaitable[object]]] = {
    "schema": lambda at, base, _table: at.schema(base),
    "create_table": lambda at, base, _table: at.create_table(base, {"name": "Tasks 2", "fields": []}),
    "upload_attachment": lambda at, base, _table: at.upload_attachment(
        base, RECORD, FIELD, filename="x", content_type="text/plain", content=b"x"
    ),
    "webhooks": lambda at, base, _table: at.webhooks(base),
    "create_webhook": lambda at, base, _table: at.create_webhook(base, {"options": {"filters": {}}}),
    "delete_webhook": lambda at, base, _table: at.delete_webhook(base, "ach00000000000001"),
    "refresh_webhook": lambda at, base, _table: at.refresh_webhook(base, "ach00000000000001"),
    "notify_webhook": lambda at, base, _table: at.notify_webhook(base, "ach00000000000001", enable=True),
    "webhook_payloads": lambda at, base, _table: anext(at.webhook_payloads(base, "ach00000000000001")),
    "collaborators": lambda at, base, _table: at.collaborators(base),
    "bridged": lambda at, base, table: at.bridged(lambda api: api.table(base, table).first()),
    "bridged_schema": lambda at, base, _table: at.bridged(lambda api: api.base(base).schema()),
}


@dataclass(frozen=True)
class Watched:
    """A client with a policy, the sandbox behind it, and ids of what it must not see."""

    at: Airtable
    sandbox: Sandbox
    clock: ManualClock
    bases: dict[str, str]
    tables: dict[str, str]

    def leaked(self, *ids: str) -> list[RequestRecord]:
        return [one for one in self.sandbox.requests if any(each in one.path for each in ids)]


@asynccontextmanager
async def watched(policy: Policy = POLICY) -> AsyncIterator[Watched]:
    clock = ManualClock()
    sandbox = Sandbox(Filling("studio", 3), clock=clock, rng=Random(1), rate=0, tokens=frozenset({"patTest"}))
    someone = Principal(id="ada", policy=policy)
    async with open_airtables(clock=clock, rng=Random(2), rate_per_base=0, asgi_app=sandbox.app) as many:
        at = many.client("patTest", lambda base, table: sees(someone, Resource(base=base, table=table)))
        bases = sandbox.workspace.bases.values()
        named = {one.name: one.id for one in bases}
        tables = {table.name: table.id for one in bases for table in one.tables.values()}
        yield Watched(at, sandbox, clock, named, tables)


async def test_lists_show_what_is_in_sight_and_nothing_else() -> None:
    async with watched() as pair:
        assert [one.name for one in await pair.at.bases()] == ["Studio"]
        assert list(pair.at.known_bases().values()) == ["Studio"]
        schema = await pair.at.schema(pair.bases["Studio"])
        assert [table.name for table in schema.tables] == ["Projects", "Tasks"]


@pytest.mark.parametrize("asked", [*ASKED, *OF_A_BASE])
async def test_a_base_out_of_sight_is_refused_like_one_that_is_not_there(asked: str) -> None:
    ask = {**ASKED, **OF_A_BASE}[asked]
    async with watched() as pair:
        hidden = await refusal(ask(pair.at, pair.bases["Warehouse"], pair.tables["Orders"]))
        nowhere = await refusal(ask(pair.at, NOWHERE, pair.tables["Orders"]))
        assert hidden == nowhere
        assert pair.leaked(pair.bases["Warehouse"], NOWHERE) == []


@pytest.mark.parametrize("asked", [*ASKED, "bridged"])
async def test_a_table_out_of_sight_is_refused_like_one_that_is_not_there(asked: str) -> None:
    ask = {**ASKED, **OF_A_BASE}[asked]
    async with watched() as pair:
        base = pair.bases["Studio"]
        hidden = await refusal(ask(pair.at, base, pair.tables["Invoices"]))
        assert hidden == await refusal(ask(pair.at, base, "tbl00000000000001"))
        assert hidden == await refusal(ask(pair.at, base, "Invoices"))
        assert pair.leaked(pair.tables["Invoices"], "Invoices") == []


async def test_what_is_in_sight_can_be_worked_with_before_anything_was_listed() -> None:
    async with watched() as pair:
        page = await pair.at.page(pair.bases["Studio"], pair.tables["Tasks"], Query(), size=1)
        assert len(page.records) == 1
        first = await pair.at.bridged(
            lambda api: api.table(pair.bases["Studio"], pair.tables["Tasks"]).first()
        )
        assert first is not None
        assert (await pair.at.whoami()).id


async def test_a_base_that_came_later_is_met_when_it_is_asked_for() -> None:
    async with watched(Policy(reach=Reach((Place("Studio"), Place("Warehouse"))))) as pair:
        base = pair.sandbox.workspace.bases.pop(pair.bases["Warehouse"])
        assert len(await pair.at.bases()) == 1
        pair.sandbox.workspace.bases[base.id] = base
        await pair.clock.advance(11)
        assert (await pair.at.page(base.id, pair.tables["Orders"], Query(), size=1)).records


async def test_no_table_can_be_created_out_of_sight_and_no_base_at_all() -> None:
    async with watched() as pair:
        base = pair.bases["Studio"]
        fields: list[JsonValue] = [{"name": "Name", "type": "singleLineText"}]
        made = await pair.at.create_table(base, {"name": "Project notes", "fields": fields})
        assert made.name == "Project notes"
        await refusal(pair.at.create_table(base, {"name": "Payroll", "fields": fields}))
        await refusal(pair.at.create_base("wsp00000000000001", "Studio 2", []))


async def test_no_table_is_renamed_out_of_sight_and_none_learns_of_a_hidden_name() -> None:
    async with watched() as pair:
        base, table = pair.bases["Studio"], pair.tables["Tasks"]
        for name in ("Payroll", "Invoices"):
            await refusal(pair.at.update_table(base, table, {"name": name}))
        assert (await pair.at.update_table(base, table, {"description": "x"})).name == "Tasks"
        assert (await pair.at.update_table(base, table, {"name": "Project tasks"})).name == "Project tasks"


async def test_a_table_known_by_its_id_alone_is_in_sight_under_any_name() -> None:
    async with watched() as free:
        ids = (free.bases["Studio"], free.tables["Tasks"])
    async with watched(Policy(reach=Reach((Place(ids[0], (ids[1],)),)))) as pair:
        schema = await pair.at.schema(ids[0])
        assert [table.name for table in schema.tables] == ["Tasks"]
        assert (await pair.at.update_table(*ids, {"name": "Payroll"})).name == "Payroll"


async def refusal(asking: Awaitable[object]) -> str:
    """Return what a refused call says; for writes, what their first record was refused with."""
    try:
        done: Any = await asking
    except Forbidden as error:
        return f"{error.message} {error.hint}"
    (outcome, *_) = done.outcomes
    assert isinstance(outcome.error, Forbidden)
    return f"{outcome.error.message} {outcome.error.hint}"
