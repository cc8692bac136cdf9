"""What a use case that works with workflows is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyairtable_mcp.engine.call import SagaCall

if TYPE_CHECKING:
    # Only its name is needed here: what it costs to import is paid when a workflow is looked at.
    from pyairtable_mcp.workflows.runs.attending import Attending


@dataclass(frozen=True, kw_only=True)
class FlowCall(SagaCall):
    """Request scope with what attends to workflows."""

    attending: "Callable[[], Awaitable[Attending]]"
