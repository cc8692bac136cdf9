"""Workspaces to start from: `studio`, a believable agency, `empty`, one empty base, and `none`, no base."""

import pickle
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.sandbox.seeds.archive import archive_base
from pyairtable_mcp.sandbox.seeds.people import USERS, add_users
from pyairtable_mcp.sandbox.seeds.studio import studio_base
from pyairtable_mcp.sandbox.state.model import Base, Workspace


def _studio(workspace: Workspace) -> None:
    add_users(workspace)
    workspace.bases |= pickle.loads(_studio_bases())


@cache
def _studio_bases() -> bytes:
    """Make the bases once in a process: to make them again costs many times what a copy does."""
    owner = USERS[0].id
    return pickle.dumps({base.id: base for base in (studio_base(owner, USERS), archive_base(owner))})


def _empty(workspace: Workspace) -> None:
    add_users(workspace)
    workspace.bases["appEmpty000000001"] = Base("appEmpty000000001", "Empty")


SEEDS: Final[Mapping[str, Callable[[Workspace], None]]] = MappingProxyType(
    {"studio": _studio, "empty": _empty, "none": add_users}
)
"""What fills a new workspace, by name."""
