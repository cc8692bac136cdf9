"""Every tool, in the order a client sees them; one tuple, and nothing registers itself."""

from collections.abc import Iterable
from typing import Any, Final

from pyairtable_mcp.base.policy import Effect, Principal, allowed
from pyairtable_mcp.engine.late import journaled, late
from pyairtable_mcp.engine.tools import arguments as sagas
from pyairtable_mcp.operations import (
    attaching,
    checking,
    commenting,
    describing,
    reading,
    structure,
    upserting,
    writing,
)
from pyairtable_mcp.surface.spec import ToolSpec
from pyairtable_mcp.workflows.late import flow_tool
from pyairtable_mcp.workflows.tools import arguments as workflows

Tool = ToolSpec[Any]

CATALOG: Final[tuple[Tool, ...]] = (
    ToolSpec(
        name="list_bases",
        title="List bases",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=describing.ListBases,
        run=describing.list_bases,
    ),
    ToolSpec(
        name="describe_base",
        title="Describe a base",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=describing.DescribeBase,
        run=describing.describe_base,
    ),
    ToolSpec(
        name="find_records",
        title="Find records",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=reading.FindRecords,
        run=reading.find_records,
    ),
    ToolSpec(
        name="get_records",
        title="Get records",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=reading.GetRecords,
        run=reading.get_records,
    ),
    ToolSpec(
        name="check_formula",
        title="Check a formula",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=checking.CheckFormula,
        run=checking.check_formula,
    ),
    ToolSpec(
        name="list_comments",
        title="List comments",
        effect=Effect.READ,
        group="read",
        idempotent=True,
        args=commenting.ListComments,
        run=commenting.list_comments,
    ),
    ToolSpec(
        name="create_records",
        title="Create records",
        effect=Effect.CREATE,
        group="write",
        idempotent=False,
        args=writing.CreateRecords,
        run=journaled("create", writing.plan_create),
    ),
    ToolSpec(
        name="update_records",
        title="Update records",
        effect=Effect.CHANGE,
        group="write",
        idempotent=True,
        args=writing.UpdateRecords,
        run=journaled("update", writing.plan_update),
    ),
    ToolSpec(
        name="upsert_records",
        title="Upsert records",
        effect=Effect.CHANGE,
        group="write",
        idempotent=True,
        args=upserting.UpsertRecords,
        run=journaled("upsert", upserting.plan_upsert),
    ),
    ToolSpec(
        name="delete_records",
        title="Delete records",
        effect=Effect.DELETE,
        group="write",
        idempotent=True,
        args=writing.DeleteRecords,
        run=journaled("delete", writing.plan_delete),
    ),
    ToolSpec(
        name="attach_file",
        title="Attach a file",
        effect=Effect.CREATE,
        group="write",
        idempotent=False,
        args=attaching.AttachFile,
        run=journaled("attach", attaching.plan_attach),
    ),
    ToolSpec(
        name="write_comment",
        title="Write a comment",
        effect=Effect.CREATE,
        group="write",
        idempotent=False,
        args=commenting.WriteComment,
        run=journaled("comment", commenting.plan_comment),
    ),
    ToolSpec(
        name="create_table",
        title="Create a table",
        effect=Effect.CREATE,
        group="schema",
        idempotent=False,
        args=structure.CreateTable,
        run=journaled("create_table", structure.plan_create_table),
    ),
    ToolSpec(
        name="create_fields",
        title="Create fields",
        effect=Effect.CREATE,
        group="schema",
        idempotent=False,
        args=structure.CreateFields,
        run=journaled("create_fields", structure.plan_create_fields),
    ),
    ToolSpec(
        name="update_schema",
        title="Update schema",
        effect=Effect.CHANGE,
        group="schema",
        idempotent=True,
        args=structure.UpdateSchema,
        run=journaled("update_schema", structure.plan_update_schema),
    ),
    ToolSpec(
        name="run_saga",
        title="Run a saga",
        effect=Effect.DELETE,
        group="saga",
        idempotent=False,
        args=sagas.RunSaga,
        run=late("run_saga"),
    ),
    ToolSpec(
        name="list_sagas",
        title="List sagas",
        effect=Effect.READ,
        group="saga",
        idempotent=True,
        args=sagas.ListSagas,
        run=late("list_sagas"),
    ),
    ToolSpec(
        name="undo_saga",
        title="Undo a saga",
        effect=Effect.DELETE,
        group="saga",
        idempotent=False,
        args=sagas.UndoSaga,
        run=late("undo_saga"),
    ),
    ToolSpec(
        name="resume_saga",
        title="Resume a saga",
        effect=Effect.CHANGE,
        group="saga",
        idempotent=False,
        args=sagas.ResumeSaga,
        run=late("resume_saga"),
    ),
    ToolSpec(
        name="cancel_saga",
        title="Cancel a saga",
        effect=Effect.CHANGE,
        group="saga",
        idempotent=True,
        args=sagas.CancelSaga,
        run=late("cancel_saga"),
    ),
    ToolSpec(
        name="list_workflows",
        title="List workflows",
        effect=Effect.READ,
        group="workflow",
        idempotent=True,
        args=workflows.ListWorkflows,
        run=flow_tool("list_workflows", "looking"),
    ),
    ToolSpec(
        name="save_workflow",
        title="Save a workflow",
        effect=Effect.CHANGE,
        group="workflow",
        idempotent=True,
        args=workflows.SaveWorkflow,
        run=flow_tool("save_workflow", "saving"),
    ),
    ToolSpec(
        name="run_workflow",
        title="Run a workflow",
        effect=Effect.DELETE,
        group="workflow",
        idempotent=False,
        args=workflows.RunWorkflow,
        run=flow_tool("run_workflow", "running"),
    ),
)

APPROVAL: Final[Tool] = ToolSpec(
    name="decide_saga",
    title="Decide about a saga",
    effect=Effect.DELETE,
    group="saga",
    idempotent=False,
    args=sagas.DecideSaga,
    run=late("decide_saga", "asking"),
)
"""What a person's answer runs; no client can call it."""


def offered(principal: Principal) -> tuple[Tool, ...]:
    """Return the tools a principal is shown, in catalog order."""
    return permitted(principal, CATALOG)


def permitted(principal: Principal, tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """Return those of some tools that a principal may call, or its client could ask to be let call."""
    return tuple(tool for tool in tools if _shown(principal, tool))


def _shown(principal: Principal, tool: Tool) -> bool:
    decision = allowed(principal, tool.action)
    return decision.allowed or (principal.widenable and bool(decision.missing_scope))
