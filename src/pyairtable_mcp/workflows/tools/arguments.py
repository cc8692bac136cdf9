"""What the tools that work with workflows take."""

from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.operations.call import Args

Name = Annotated[str, Arg(max_length=100)]


class ListWorkflows(Args):
    """List workflows, or tell one `workflow`'s definition, triggers and last runs."""

    workflow: Name = ""
    runs: Annotated[int, Arg(ge=0, le=50)] = 5


class SaveWorkflow(Args):
    """Save a workflow as its new version; or with `workflow`, switch that one on or off.

    definition, YAML or JSON: {name, description, inputs: {n: {type, default}}, on: {schedule: [{cron,
    timezone}], record: [{base, table, events, fields, when}], webhook: [{}]}, steps (as in run_saga),
    on_failure, concurrency: {key, while_running}, timeout, approval}. Expressions: inputs.n,
    trigger.record.fields, steps.a, now, today.
    """

    definition: str | dict[str, JsonValue] = ""
    workflow: Name = ""
    enabled: bool | None = None
    dry_run: bool = False


class RunWorkflow(Args):
    """Run a workflow, or repeat the run of saga `rerun`, perhaps `from_step` on."""

    workflow: Name = ""
    inputs: dict[str, JsonValue] = {}
    rerun: Annotated[str, Arg(max_length=20)] = ""
    from_step: Name = ""
    latest: Annotated[bool, Arg(description="rerun the newest version")] = False
    wait: bool = True
    dry_run: bool = False


class GivenInputs(Args):
    """What a workflow that is a tool of its own is given; no tool takes this by these names."""

    workflow: Name
    inputs: dict[str, JsonValue] = {}
