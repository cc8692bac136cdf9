"""Workspaces to start from: `studio`, a believable agency, `empty`, one empty base, and `none`, no base."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.sandbox.seeds.archive import add_archive
from pyairtable_mcp.sandbox.seeds.people import add_users
from pyairtable_mcp.sandbox.seeds.studio import add_studio
from pyairtable_mcp.sandbox.state.model import Base, Workspace


def _studio(workspace: Workspace) -> None:
    add_users(workspace)
    add_studio(workspace)
    add_archive(workspace)


def _empty(workspace: Workspace) -> None:
    add_users(workspace)
    workspace.bases["appEmpty000000001"] = Base("appEmpty000000001", "Empty")


SEEDS: Final[Mapping[str, Callable[[Workspace], None]]] = MappingProxyType(
    {"studio": _studio, "empty": _empty, "none": add_users}
)
"""What fills a new workspace, by name."""
