"""Views: listed, shown and deleted. They are made and changed in Airtable's interface only."""

from collections.abc import Iterator

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.schema.describing import describe_view
from pyairtable_mcp.sandbox.state.model import Table, View
from pyairtable_mcp.sandbox.wire import hidden, invalid


def list_views(call: Call) -> Json:
    """Answer the views of every table."""
    visible = call.includes("visibleFieldIds")
    return {"views": [describe_view(table, each, visible=visible) for table, each in _views(call)]}


def get_view(call: Call) -> Json:
    """Answer one view."""
    return describe_view(*_view(call), visible=call.includes("visibleFieldIds"))


def delete_view(call: Call) -> Json:
    """Delete a view; the last one of a table stays."""
    table, view = _view(call)
    if len(table.views) == 1:
        raise invalid("the last view of a table cannot be deleted")
    with call.committing() as transaction:
        transaction.remove_view(table, view)
    return {"id": view.id, "deleted": True}


def _views(call: Call) -> Iterator[tuple[Table, View]]:
    return ((table, each) for table in call.base.tables.values() for each in table.views.values())


def _view(call: Call) -> tuple[Table, View]:
    for table, view in _views(call):
        if view.id == call.path["view"]:
            return table, view
    raise hidden()
