"""Taking a write back: what to send for it, given what is there now. Pure decisions, one for each kind.

Whatever a person changed meanwhile is left as it is and told as a conflict, unless `force` overrides it. What
cannot be had back is told as lost. A write whose fate is not known is judged by what is there: a cell that
holds what was sent was written, one that holds what it held before was not.
"""

from collections.abc import Mapping
from typing import Final

from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.operations.batches import Kind, Made
from pyairtable_mcp.operations.undoing import changed, deleted, extras
from pyairtable_mcp.operations.undoing.terms import Conflict, Rule, There, Undoing

_NOWHERE: Final = Table(id="", name="")


_RULES: Final[Mapping[Kind, Rule]] = {
    Kind.CREATE: changed.undo_create,
    Kind.UPDATE: changed.undo_update,
    Kind.REPLACE: changed.undo_update,
    Kind.UPSERT: changed.undo_upsert,
    Kind.DELETE: deleted.undo_delete,
    Kind.ATTACH: extras.undo_attach,
    Kind.COMMENT: extras.undo_comment,
    Kind.DELETE_COMMENT: extras.undo_delete_comment,
    Kind.CREATE_TABLE: extras.stays("table"),
    Kind.CREATE_FIELD: extras.stays("field"),
    Kind.UPDATE_TABLE: extras.undo_names,
    Kind.UPDATE_FIELD: extras.undo_names,
}


def undo_of(made: Made, there: There, *, force: bool = False) -> Undoing:
    """Decide how a write is taken back."""
    table = there.table(made)
    if table is None and made.write.table:
        return Undoing(conflicts=(Conflict(record=made.write.table, why="the table is gone"),))
    return _RULES[made.write.kind](made, table or _NOWHERE, there, force)
