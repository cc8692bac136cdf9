"""What was changed and not yet kept: the names of things, for whoever writes them down."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Changes:
    """Names of what differs from what was last kept.

    `records` holds record ids by base id and table id: made, changed or deleted, comments included. `bases`
    are those whose schema, views, webhooks or people changed; `workspace` tells that something outside every
    base did (users, tokens); `uploads` are attachment ids whose bytes are new.
    """

    records: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    workspace: bool = False
    uploads: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.records or self.bases or self.workspace or self.uploads)

    def record(self, base_id: str, table_id: str, record_id: str) -> None:
        """Note that a record was made, changed or deleted."""
        self.records.setdefault((base_id, table_id), set()).add(record_id)

    def clear(self) -> None:
        """Forget everything: it is kept now."""
        self.records.clear()
        self.bases.clear()
        self.workspace = False
        self.uploads.clear()


class Keeper(Protocol):
    """Writes down what changed."""

    def keep(self, changes: Changes) -> None:
        """Write down everything named; once it returns, it is safe."""
        ...


class Unkept:
    """Keeps nothing: the workspace lives as long as its process."""

    def keep(self, changes: Changes) -> None:
        """Do nothing."""
