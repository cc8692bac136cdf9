"""Workflows as a person reads them at a terminal."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pyairtable_mcp.console.showing import moment, plain
from pyairtable_mcp.engine.tools.views import Rehearsal
from pyairtable_mcp.workflows.tools.views import (
    RunStory,
    SavedView,
    StepStory,
    TriggerView,
    WorkflowLine,
)

_STYLES = {
    "completed": "green",
    "compensated": "yellow",
    "cancelled": "yellow",
    "compensation failed": "bold red",
    "awaiting approval": "bold cyan",
}


def flows_table(lines: Sequence[WorkflowLine], zone: ZoneInfo) -> RenderableType:
    """Return workflows as a table, or a sentence when there are none."""
    if not lines:
        return Text("No workflows. workflow save FILE makes one.")
    table = Table("Workflow", "Version", "State", "Started by", "Last run", box=None, pad_edge=False)
    for one in lines:
        last = f"{moment(one.last.created, zone)} {one.last.state}" if one.last else ""
        starts = ", ".join(trigger.id for trigger in one.triggers)
        table.add_row(
            plain(one.name), str(one.version), "on" if one.enabled else "off", plain(starts), plain(last)
        )
    return table


def triggers_table(lines: Sequence[WorkflowLine], zone: ZoneInfo) -> RenderableType:
    """Return what starts workflows as a table, or a sentence when there are none."""
    if not lines:
        return Text("No workflows. workflow save FILE makes one.")
    table = Table("Workflow", "Trigger", "What", "Next", "Trouble", box=None, pad_edge=False)
    for one in lines:
        for trigger in one.triggers:
            due = moment(trigger.due, zone) if trigger.due else ""
            table.add_row(
                plain(one.name), plain(trigger.id), plain(trigger.does), due, plain(trigger.trouble, "red")
            )
    return table


def history_of(runs: Sequence[RunStory], zone: ZoneInfo) -> RenderableType:
    """Return runs with their steps, the youngest first."""
    return Group(*(_run(run, zone) for run in runs)) if runs else Text("No runs.")


def _run(run: RunStory, zone: ZoneInfo) -> RenderableType:
    took = f" in {_seconds(run.seconds)}" if run.seconds is not None else ""
    head = Text.assemble(
        (run.saga, "bold"), f"  {moment(run.created, zone)}  ", plain(run.workflow), f" v{run.version}  ",
        plain(run.cause), "  ", (run.state, _STYLES.get(run.state, "")), took,
    )  # fmt: skip
    lines = [head]
    lines += [Text.assemble("  why: ", plain(run.why))] if run.why else []
    lines += [Text.assemble("  inputs: ", plain(run.inputs))] if run.inputs else []
    lines += [Text.assemble("  event: ", plain(run.event))] if run.event else []
    return Group(*lines, *map(_step, run.steps))


def _step(step: StepStory) -> Text:
    took = f" {_seconds(step.seconds)}" if step.seconds is not None else ""
    return Text.assemble("  step ", plain(step.id), f": {step.status}{took} ", plain(step.gave, "dim"))


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"


def saved_lines(saved: SavedView, zone: str) -> Iterator[Text]:
    """Yield what saving came to."""
    one = saved.line
    word = "would be" if saved.dry_run else "was saved already as" if saved.known else "is saved as"
    yield plain(f"Workflow {one.name} {word} version {one.version}, {'on' if one.enabled else 'off'}.")
    for trigger in one.triggers:
        yield plain(f"  {_trigger(trigger, ZoneInfo(zone))}")
    for lost in saved.irreversible:
        yield Text.assemble(("Cannot be taken back: ", "red"), plain(lost))
    for ask in saved.asks:
        yield Text.assemble(("Waits for a person: ", "cyan"), plain(ask))


def _trigger(trigger: TriggerView, zone: ZoneInfo) -> str:
    due = f", next {moment(trigger.due, zone)}" if trigger.due else ""
    return f"{trigger.id}: {trigger.does}{due}"


def rehearsal_lines(rehearsal: Rehearsal) -> Iterator[Text]:
    """Yield what each step would do."""
    for step in rehearsal.steps:
        yield plain(f"{step.id} ({step.kind}): {step.does}")
        for lost in step.irreversible:
            yield Text.assemble(("  Cannot be taken back: ", "red"), plain(lost))
    yield plain(f"At least {rehearsal.requests} requests. Nothing was written.")
