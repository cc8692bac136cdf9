"""What this server may do, as a value that tools, resources and later floors ask the same question."""

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """What a call does to the world."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True)
class Decision:
    """Yes or no, and why not."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True)
class Policy:
    """What the operator allows: only reads, and which groups of tools."""

    read_only: bool
    toolsets: frozenset[str]

    def decide(self, effect: Effect, group: str) -> Decision:
        """Tell whether a tool of this effect and group may be offered and run."""
        if self.read_only and effect is not Effect.READ:
            return Decision(False, "This server is read-only (setting read_only).")
        if group not in self.toolsets:
            return Decision(False, f"The toolset '{group}' is switched off (setting toolsets).")
        return Decision(True)
