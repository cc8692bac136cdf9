"""Every tool, in the order a client sees them; one tuple, and nothing registers itself."""

from typing import Any, Final

from pyairtable_mcp.base.policy import Effect, Policy
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
        run=writing.create_records,
    ),
    ToolSpec(
        name="update_records",
        title="Update records",
        effect=Effect.CHANGE,
        group="write",
        idempotent=True,
        args=writing.UpdateRecords,
        run=writing.update_records,
    ),
    ToolSpec(
        name="upsert_records",
        title="Upsert records",
        effect=Effect.CHANGE,
        group="write",
        idempotent=True,
        args=upserting.UpsertRecords,
        run=upserting.upsert_records,
    ),
    ToolSpec(
        name="delete_records",
        title="Delete records",
        effect=Effect.DELETE,
        group="write",
        idempotent=True,
        args=writing.DeleteRecords,
        run=writing.delete_records,
    ),
    ToolSpec(
        name="attach_file",
        title="Attach a file",
        effect=Effect.CREATE,
        group="write",
        idempotent=False,
        args=attaching.AttachFile,
        run=attaching.attach_file,
    ),
    ToolSpec(
        name="write_comment",
        title="Write a comment",
        effect=Effect.CREATE,
        group="write",
        idempotent=False,
        args=commenting.WriteComment,
        run=commenting.write_comment,
    ),
    ToolSpec(
        name="create_table",
        title="Create a table",
        effect=Effect.CREATE,
        group="schema",
        idempotent=False,
        args=structure.CreateTable,
        run=structure.create_table,
    ),
    ToolSpec(
        name="create_fields",
        title="Create fields",
        effect=Effect.CREATE,
        group="schema",
        idempotent=False,
        args=structure.CreateFields,
        run=structure.create_fields,
    ),
    ToolSpec(
        name="update_schema",
        title="Update schema",
        effect=Effect.CHANGE,
        group="schema",
        idempotent=True,
        args=structure.UpdateSchema,
        run=structure.update_schema,
    ),
)


def offered(policy: Policy) -> tuple[Tool, ...]:
    """Return the tools this policy offers, in catalog order."""
    return tuple(tool for tool in CATALOG if policy.decide(tool.effect, tool.group).allowed)
