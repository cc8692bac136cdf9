"""Who writes down what a request changed, before the request is answered."""

from typing import Protocol

from pyairtable_mcp.sandbox.state.changes import Changes


class CannotKeep(Exception):
    """What changed could not be written down; it stays noted, and the next attempt takes it along."""


class Keeper(Protocol):
    """Writes down changes of the one workspace it was made for."""

    def keep(self, changes: Changes) -> None:
        """Write down what changed, all or nothing, and clear `changes`; raise `CannotKeep` if that fails."""
        ...

    def close(self) -> None:
        """Let go of whatever it writes to."""
        ...


class MemoryOnly:
    """Keeps nothing: a workspace in memory lives as long as its process."""

    def keep(self, changes: Changes) -> None:
        """Forget what changed."""
        changes.clear()

    def close(self) -> None:
        """Do nothing."""
