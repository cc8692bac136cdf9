"""Every condition a token can be in, at every tool and at what is shown beside tools (A2, A3)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from mcp import MCPError
from mcp.types import ResourceTemplateReference

from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.surface.catalog import CATALOG
from tests.remote.conditions import CHALLENGE, FLOW, REFUSED, Shown, post
from tests.remote.offices import Desk, office
from tests.support.behaviours import behaviour
from tests.support.fuzz import sensible

NEEDS: Final[Mapping[str, str]] = {
    "list_bases": "read",
    "describe_base": "read",
    "find_records": "read",
    "get_records": "read",
    "check_formula": "read",
    "list_comments": "read",
    "create_records": "write",
    "update_records": "write",
    "upsert_records": "write",
    "delete_records": "write",
    "attach_file": "write",
    "write_comment": "write",
    "create_table": "schema",
    "create_fields": "schema",
    "update_schema": "schema",
    "run_saga": "write",
    "list_sagas": "read",
    "undo_saga": "write",
    "resume_saga": "write",
    "cancel_saga": "write",
    "list_workflows": "read",
    "save_workflow": "write",
    "run_workflow": "write",
}
"""The scope that each tool needs."""


def calling(tool: str) -> bytes:
    """Return the message that calls a tool as it would be called."""
    params = {"name": tool, "arguments": sensible(tool)}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


@behaviour("endpoint.matrix")
async def test_no_token_that_is_not_good_calls_a_tool(tmp_path: Path) -> None:
    async with post(tmp_path) as here:
        here.office.requests.clear()
        for condition, show in REFUSED.items():
            shown = await show(here.gate)
            for tool in CATALOG:
                found = await here.knock("/mcp", "POST", shown, calling(tool.name))
                assert found.status == 401, (condition, tool.name)
        assert here.office.requests == []
        assert {one.row.principal for one in await here.office.store.audit.read()} <= {
            "token:author",
            "user:mona",
            "",
        }


@behaviour("endpoint.matrix")
@pytest.mark.parametrize("missing", SCOPES)
async def test_a_token_without_a_scope_calls_the_tools_that_need_another(
    tmp_path: Path, missing: str
) -> None:
    assert {tool.name for tool in CATALOG} == set(NEEDS), "say in NEEDS which scope a tool needs"
    scopes = [one for one in SCOPES if one != missing]
    async with office(tmp_path) as here, here.desk("short", scopes=scopes) as short:
        shown = await short.tools()
        for tool, needed in NEEDS.items():
            here.requests.clear()
            found = await short.call(tool, **sensible(tool))
            assert (found.code == "not_allowed") is (needed == missing), (tool, found.text)
            assert (tool in shown) is (needed != missing), tool
            assert needed != missing or here.requests == [], tool


@behaviour("endpoint.matrix")
@pytest.mark.parametrize("missing", SCOPES)
async def test_a_client_that_could_ask_for_a_scope_is_told_so_by_each_tool_that_needs_it(
    tmp_path: Path, missing: str
) -> None:
    scopes = tuple(one for one in SCOPES if one != missing)
    async with post(tmp_path) as here:
        token = (await here.gate.oauth(scopes=scopes))["access_token"]
        shown = Shown((("Authorization", f"Bearer {token}"),))
        here.office.requests.clear()
        for tool, needed in NEEDS.items():
            if needed == missing:
                found = await here.knock("/mcp", "POST", shown, calling(tool))
                challenge = found.headers["www-authenticate"]
                assert found.status == 403, tool
                assert challenge.startswith('Bearer error="insufficient_scope"'), tool
                assert challenge.endswith(CHALLENGE), tool
        assert here.office.requests == []


LOOKS: Final[Mapping[str, Mapping[str, str]]] = {
    "base": {},
    "table": {"base": "Studio"},
    "record": {"base": "Studio", "table": "Tasks"},
    "saga": {},
    "workflow": {},
}
"""What can be completed, and what has to be known for it."""
ADDRESSES: Final = (
    "airtable://workflows",
    "airtable://bases",
    "airtable://status",
    "airtable://sagas/sgaaaaaa",
    "airtable://workflows/mine",
    "airtable://Studio/schema",
    "airtable://Studio/Tasks",
)


async def completed(desk: Desk, variable: str) -> Sequence[str]:
    ref = ResourceTemplateReference(type="ref/resource", uri="airtable://{base}/{table}/{record}")
    found = await desk.client.complete(ref, {"name": variable, "value": ""}, dict(LOOKS[variable]))
    return found.completion.values


@behaviour("endpoint.looks")
@pytest.mark.parametrize(
    ("scopes", "policy", "told"),
    [
        (("write", "schema"), "", set[str]()),
        (SCOPES, "no_reads", {"saga", "workflow"}),
        (SCOPES, "", set(LOOKS)),
    ],
)
async def test_who_may_not_read_is_offered_no_names_and_no_resource(
    tmp_path: Path, scopes: Sequence[str], policy: str, told: set[str]
) -> None:
    async with office(tmp_path) as here:
        # Sagas and workflows belong to a principal, which another token of the same person is too.
        await here.known.users.add("mona", "a long enough one")
        whole, token = [
            (await here.known.tokens.create(Wish(name=name, user="mona", scopes=some, policy=bound))).text
            for name, some, bound in (("whole", SCOPES, ""), ("bound", scopes, policy))
        ]
        async with here.at(whole) as desk:
            assert not (await desk.call("create_records", **sensible("create_records"))).is_error
            assert not (await desk.call("save_workflow", definition=FLOW)).is_error
        async with here.at(token) as desk:
            here.requests.clear()
            assert {one for one in LOOKS if await completed(desk, one)} == told
            for uri in ADDRESSES:
                kind = "saga" if "/sagas/" in uri else "workflow" if "/workflows" in uri else "base"
                if kind not in told:
                    with pytest.raises(MCPError):
                        await desk.client.read_resource(uri)
            assert "base" in told or here.requests == []


@behaviour("endpoint.looks")
async def test_names_that_are_offered_count_as_looks(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.desk("ada", policy="slow") as ada:
        assert [bool(await completed(ada, "base")) for _ in range(4)] == [True, True, False, False]
