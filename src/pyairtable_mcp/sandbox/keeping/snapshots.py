"""A whole workspace set aside, and put back in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyairtable_mcp.sandbox.keeping.parts import (
    dump_base,
    dump_outside,
    dump_record,
    load_base,
    load_outside,
    load_records,
)
from pyairtable_mcp.sandbox.state.model import Base, Workspace


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a workspace held at one moment: nothing that happens to the workspace changes it."""

    outside: Mapping[str, bytes]
    bases: Sequence[tuple[bytes, Mapping[str, Sequence[bytes]]]]
    uploads: Mapping[str, bytes]


def snapshot(workspace: Workspace) -> Snapshot:
    """Return a copy of everything the workspace holds; its clock and its randomness are not part of it."""
    return Snapshot(
        outside=dump_outside(workspace),
        bases=[(dump_base(base, payloads=True), _records(base)) for base in workspace.bases.values()],
        uploads=dict(workspace.uploads),
    )


def _records(base: Base) -> Mapping[str, Sequence[bytes]]:
    return {
        table.id: [dump_record(each) for each in table.records.values()] for table in base.tables.values()
    }


def restore(workspace: Workspace, taken: Snapshot) -> None:
    """Put a snapshot in place of what the workspace holds; ids it gave out meanwhile are not given again."""
    load_outside(workspace, taken.outside)
    workspace.bases = {}
    for part, tables in taken.bases:
        base = load_base(part)
        workspace.bases[base.id] = base
        for table in base.tables.values():
            # What was compiled for a schema since gone must not be found for the one put back.
            table.revision = workspace.rng.getrandbits(62)
            table.records = {each.id: each for each in load_records(tables[table.id])}
    workspace.uploads = dict(taken.uploads)
    workspace.changes.everything = True
    workspace.bell.set()
