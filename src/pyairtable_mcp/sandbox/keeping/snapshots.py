"""A whole workspace set aside, and put back in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyairtable_mcp.sandbox.keeping.parts import dump_base, dump_outside, load_base, load_outside
from pyairtable_mcp.sandbox.state.model import Workspace


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a workspace held at one moment: nothing that happens to the workspace changes it."""

    outside: Mapping[str, bytes]
    bases: Sequence[bytes]
    uploads: Mapping[str, bytes]


def snapshot(workspace: Workspace) -> Snapshot:
    """Return a copy of everything the workspace holds; its clock and its randomness are not part of it."""
    return Snapshot(
        outside=dump_outside(workspace),
        bases=[dump_base(base, whole=True) for base in workspace.bases.values()],
        uploads=dict(workspace.uploads),
    )


def restore(workspace: Workspace, taken: Snapshot) -> None:
    """Put a snapshot in place of what the workspace holds; ids it gave out meanwhile are not given again."""
    load_outside(workspace, taken.outside)
    workspace.bases = {}
    for part in taken.bases:
        base = load_base(part)
        workspace.bases[base.id] = base
        for table in base.tables.values():
            # What was compiled for a schema since gone must not be found for the one put back.
            table.revision = workspace.rng.getrandbits(62)
    workspace.uploads = dict(taken.uploads)
    workspace.changes.everything = True
    workspace.bell.set()
