"""Two principals on one server: what is one's is not there for the other, whichever way it is asked for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.surface.catalog import CATALOG
from pyairtable_mcp.surface.server import ERROR_META
from tests.remote.offices import office

STUDIO, WAREHOUSE = "Studio", "Warehouse"
SAGA = re.compile(r"\bsg[23456789abcdefghjkmnpqrstuvwxyz]{6}\b")
TASKS = {"base": STUDIO, "table": "Tasks"}
ROW = {**TASKS, "records": [{"Name": "Water the plants"}]}
FLOW = """
name: water
steps:
  - {id: make, do: create, with: {base: Studio, table: Tasks, records: [{Name: Watered}]}}
"""


def sagas_in(text: str) -> Iterator[str]:
    yield from SAGA.findall(text)


async def test_a_principal_is_shown_the_bases_and_tables_of_its_policy_alone(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="tasks") as ada:
        assert WAREHOUSE not in (await ada.call("list_bases")).text
        told = (await ada.call("describe_base", base=STUDIO)).text
        assert "Tasks" in told
        assert "Invoices" not in told
        for refused in (
            await ada.call("find_records", base=STUDIO, table="Invoices"),
            await ada.call("find_records", base=WAREHOUSE, table="Orders"),
            await ada.call("create_records", base=STUDIO, table="Invoices", records=[{"Name": "x"}]),
        ):
            assert refused.is_error
            assert not {"Invoices", "Orders", WAREHOUSE} & set(refused.candidates)


async def test_an_id_of_another_principals_base_leads_nowhere(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="tasks") as ada:
        base = next(one for one in here.sandbox.workspace.bases.values() if one.name == WAREHOUSE)
        table = next(iter(base.tables.values()))
        record = next(iter(table.records))
        here.requests.clear()
        hidden = await ada.call("get_records", base=base.id, table=table.id, ids=[record])
        nowhere = await ada.call("get_records", base="app00000000000001", table=table.id, ids=[record])
        assert hidden.is_error
        assert hidden.text.replace(base.id, "X") == nowhere.text.replace("app00000000000001", "X")
        assert not [one for one in here.requests if base.id in one.path]


async def test_a_saga_of_another_principal_is_not_there(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada") as ada, here.desk("ben") as ben:
        (saga,) = sagas_in((await ada.call("create_records", **ROW)).text)
        assert saga in (await ada.call("list_sagas")).text
        assert saga not in (await ben.call("list_sagas")).text
        asked = {
            "list_sagas": {"saga": saga},
            "undo_saga": {"saga": saga},
            "resume_saga": {"saga": saga},
            "cancel_saga": {"saga": saga},
        }
        for tool, arguments in asked.items():
            refused = await ben.call(tool, **arguments)
            missing = await ben.call(tool, saga="sgzzzzzz")
            assert refused.is_error, tool
            assert refused.text.replace(saga, "X") == missing.text.replace("sgzzzzzz", "X")
        assert not (await ada.call("undo_saga", saga=saga)).is_error


async def test_a_workflow_of_another_principal_is_not_there(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada") as ada, here.desk("ben") as ben:
        assert not (await ada.call("save_workflow", definition=FLOW)).is_error
        assert "water" in (await ada.call("list_workflows")).text
        assert "water" not in (await ben.call("list_workflows")).text
        asked: dict[str, dict[str, object]] = {
            "list_workflows": {"workflow": "water"},
            "run_workflow": {"workflow": "water"},
            "save_workflow": {"workflow": "water", "enabled": False},
        }
        for tool, arguments in asked.items():
            refused = await ben.call(tool, **arguments)
            assert refused.is_error, tool
            assert "water" not in refused.candidates
        (run,) = set(sagas_in((await ada.call("run_workflow", workflow="water")).text))
        assert (await ben.call("run_workflow", rerun=run)).is_error


async def test_a_cursor_of_another_principal_shows_nothing_of_theirs(tmp_path: Path) -> None:
    wanted = {"base": WAREHOUSE, "table": "Orders", "limit": 2}
    async with office(tmp_path) as here, here.desk("ada") as ada, here.desk("ben", policy="tasks") as ben:
        told = (await ada.call("find_records", **wanted)).text
        cursor = next(iter(re.findall(r"cursor[^\w]+([\w=-]{8,})", told)), "")
        assert cursor, told
        assert (await ben.call("find_records", **wanted, cursor=cursor)).is_error


async def test_resources_hold_what_tools_hold(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ben", policy="tasks") as ben:
        bases = await ben.client.read_resource("airtable://bases")
        assert WAREHOUSE not in str(bases)
        for uri in ("airtable://Warehouse/schema", "airtable://Warehouse/Orders"):
            with pytest.raises(Exception, match=r"(?i)no base|not found|unknown"):
                await ben.client.read_resource(uri)


@pytest.mark.parametrize(
    ("policy", "scopes", "missing"),
    [
        ("reader", ("read", "write", "schema"), "create_records"),
        ("", ("read",), "create_records"),
        ("", ("read", "write"), "create_table"),
    ],
)
async def test_a_principal_is_shown_the_tools_it_may_call_and_no_other_runs(
    tmp_path: Path, policy: str, scopes: tuple[str, ...], missing: str
) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy=policy, scopes=scopes) as ada:
        shown = await ada.tools()
        assert missing not in shown
        here.requests.clear()
        for tool in CATALOG:
            if tool.name not in shown:
                assert (await ada.call(tool.name)).code == "not_allowed"
        assert here.requests == []


STEP = {"id": "make", "do": "create", "with": ROW}
COLUMN = {"name": "Name", "type": "singleLineText"}
TABLE = {"id": "new", "do": "create_table", "with": {"base": STUDIO, "table": "Plants", "fields": [COLUMN]}}


@pytest.mark.parametrize(
    ("policy", "scopes", "step"),
    [
        ("no_writes", SCOPES, STEP),
        ("no_writes", SCOPES, {"id": "if", "do": "if", "with": {"condition": True, "then": [STEP]}}),
        ("no_writes", SCOPES, {"id": "all", "do": "for_each", "with": {"in": [1], "steps": [STEP]}}),
        ("", ("read", "write"), TABLE),
    ],
)
async def test_what_a_principal_may_not_do_it_may_not_do_by_a_saga_or_a_workflow(
    tmp_path: Path, policy: str, scopes: tuple[str, ...], step: dict[str, object]
) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy=policy, scopes=scopes) as ada:
        here.requests.clear()
        for dry_run in (True, False):
            refused = await ada.call("run_saga", steps=[step], dry_run=dry_run)
            assert refused.code == "not_allowed", refused.text
        flow = {"name": "water", "steps": [step]}
        assert (await ada.call("save_workflow", definition=flow)).code == "not_allowed"
        assert not [one for one in here.requests if one.method != "GET"]


async def test_what_a_policy_keeps_for_a_person_is_kept_in_workflows_too(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="careful") as ada:
        assert not (await ada.call("save_workflow", definition=FLOW)).is_error
        assert "approve" in (await ada.call("run_workflow", workflow="water")).text
        assert not [one for one in here.requests if one.method == "POST"]


async def test_caps_rates_and_approval_of_a_policy_hold(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        async with here.desk("ada", policy="small") as ada:
            three = [{"Name": str(n)} for n in range(3)]
            assert (await ada.call("create_records", **TASKS, records=three)).code == "too_large"
            assert (await ada.call("find_records", **TASKS, limit=6)).code == "too_large"
        async with here.desk("ben", policy="slow") as ben:
            codes = [(await ben.call("list_bases")).code for _ in range(3)]
            assert codes == ["", "", "too_many"]
            told = (await ben.client.call_tool("list_bases", {})).meta or {}
            assert 0 < told[ERROR_META]["retry_after"] <= 60
        async with here.desk("eve", policy="careful") as eve:
            assert "approve" in (await eve.call("create_records", **ROW)).text


async def test_what_was_done_and_refused_is_in_the_audit_and_no_cell_is(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="tasks") as ada:
        await ada.call("create_records", **ROW)
        await ada.call("find_records", base=STUDIO, table="Invoices")
        await ada.call("list_bases")
        rows = [one.row for one in await here.store.audit.read()]
    told = {(one.principal, one.tool, one.target, one.outcome) for one in rows}
    assert told == {
        ("token:ada", "create_records", "Studio / Tasks", "done"),
        ("token:ada", "find_records", "Studio / Invoices", "unknown_name"),
    }
    assert "plants" not in str(rows)
