"""Workflows that are tools of their own, with the inputs of their definitions as arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from pyairtable_mcp.base.policy import Effect
from pyairtable_mcp.surface.spec import ToolSpec
from pyairtable_mcp.workflows.late import flow_tool
from pyairtable_mcp.workflows.tools.arguments import GivenInputs

if TYPE_CHECKING:
    # Only its name is needed here.
    from pyairtable_mcp.workflows.tools.publishing import Published

PREFIX: Final = "workflow_"


@dataclass(frozen=True, kw_only=True)
class WorkflowTool(ToolSpec[GivenInputs]):
    """A workflow as a tool; what its arguments mean is judged by the definition of the day."""

    workflow: str
    about: str
    schema: Mapping[str, JsonValue]

    @property
    def description(self) -> str:
        """Return what the workflow does, as its author tells it."""
        return self.about

    @cached_property
    def input_schema(self) -> dict[str, JsonValue]:
        """Return the JSON Schema of the inputs."""
        return dict(self.schema)

    def parse(self, raw: Mapping[str, JsonValue]) -> GivenInputs:
        """Return the inputs as they came."""
        return GivenInputs(workflow=self.workflow, inputs=dict(raw))


def tools_of(workflows: "Sequence[Published]") -> tuple[WorkflowTool, ...]:
    """Return a tool for each workflow."""
    return tuple(
        WorkflowTool(
            name=f"{PREFIX}{one.name}",
            title=one.name,
            effect=Effect.DELETE,
            group="workflow",
            idempotent=False,
            args=GivenInputs,
            run=flow_tool("run_published", "publishing"),
            workflow=one.name,
            about=one.description,
            schema=one.schema,
        )
        for one in workflows
    )
