"""Opening a workspace: read back from its file, or filled for the first time."""

from collections.abc import Callable
from pathlib import Path

from pyairtable_mcp.sandbox.keeping.file import FileKeeper
from pyairtable_mcp.sandbox.keeping.keeper import Keeper, MemoryOnly
from pyairtable_mcp.sandbox.state.model import Workspace


def open_keeper(file: Path | None, workspace: Workspace, fill: Callable[[Workspace], None]) -> Keeper:
    """Return what keeps a workspace that is filled by now: from `file` when that holds one, else by `fill`.

    Raises `BadFile` for a file that cannot be used, and whatever `fill` raises; the file then holds nothing.
    """
    if file is None:
        fill(workspace)
        return MemoryOnly()
    keeper = FileKeeper(file, workspace)
    if not keeper.found:
        try:
            fill(workspace)
            workspace.changes.everything = True
            keeper.keep(workspace.changes)
        except BaseException:
            keeper.close()
            raise
    return keeper
