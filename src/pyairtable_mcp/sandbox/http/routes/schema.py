"""Creating and changing tables and fields."""

from typing import Final

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.call import Call, checked
from pyairtable_mcp.sandbox.schema.building import SchemaWriter
from pyairtable_mcp.sandbox.schema.describing import describe_field, describe_table
from pyairtable_mcp.sandbox.state.model import Base, Field
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import forbidden, invalid, not_found

_TABLE: Final = frozenset({"name", "description", "fields"})
_FIELD: Final = frozenset({"name", "type", "description", "options"})


def create_base(call: Call) -> Json:
    """Create a base with its tables in a workspace; the sandbox has one and takes any workspace id.

    Only the workspace's owner may, with a token that is not limited to some bases.
    """
    if call.token.user != call.world.workspace.owner or call.token.bases is not None:
        raise forbidden("You are not permitted to create bases in this workspace")
    body, workspace = call.object({"name", "tables", "workspaceId"}), call.world.workspace
    name, tables, place = body.get("name"), body.get("tables"), body.get("workspaceId")
    if not isinstance(name, str) or not name.strip() or not isinstance(tables, list) or not tables:
        raise invalid("a base needs a name and at least one table")
    if not isinstance(place, str) or not is_id(place, "wsp"):
        raise invalid("workspaceId must be a workspace id")
    base = Base(workspace.new_id("app"), name, created=workspace.clock.now())
    writer = SchemaWriter(Transaction(workspace, base, call.actor))
    for each in tables:
        writer.create_table(checked(each, _TABLE))
    workspace.bases[base.id] = base
    workspace.changes.bases.add(base.id)
    return {"id": base.id, "tables": [describe_table(base, each) for each in base.tables.values()]}


def create_table(call: Call) -> Json:
    """Create a table with its fields and a first grid view."""
    body = call.object(_TABLE)
    with call.committing() as transaction:
        table = SchemaWriter(transaction).create_table(body)
    return describe_table(call.base, table)


def update_table(call: Call) -> Json:
    """Change a table's name or description."""
    body = call.object({"name", "description", "dateDependencySettings"})
    table = call.table
    with call.committing() as transaction:
        SchemaWriter(transaction).update_table(table, body)
    return describe_table(call.base, table)


def create_field(call: Call) -> Json:
    """Create a field."""
    body = call.object(_FIELD)
    with call.committing() as transaction:
        field = SchemaWriter(transaction).create_field(call.table, body)
    return describe_field(call.base, field)


def update_field(call: Call) -> Json:
    """Change a field's name, description or, where it can be done, options."""
    body = call.object({"name", "description", "options"})
    if not body:
        raise invalid("nothing to change")
    field = _field(call)
    with call.committing() as transaction:
        SchemaWriter(transaction).update_field(call.table, field, body)
    return describe_field(call.base, field)


def _field(call: Call) -> Field:
    field = call.table.field_by(call.path["field"])
    if field is None:
        raise not_found()
    return field
