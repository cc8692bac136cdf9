"""Workflows as text: what starts each, how it is written, what its runs did."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pyairtable_mcp.base.text import counted, quoted, visible
from pyairtable_mcp.surface.render.cells import escaped
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting
from pyairtable_mcp.workflows.tools.views import (
    RunStory,
    SavedView,
    StepStory,
    TriggerView,
    WorkflowLine,
    WorkflowList,
    WorkflowView,
)

_STEPS: Final = 30


def workflows_text(found: WorkflowList, paper: Paper) -> str:
    """Return a line for each workflow."""
    if not found.workflows:
        return "No workflows. save_workflow makes one."
    lines = [escaped(_line(one, paper.zone)) for one in found.workflows]
    shown = fitting(lines, paper.target)
    more = f" {len(shown)} are shown." if len(shown) < len(lines) else ""
    return f"{counted(len(lines), 'workflow')}.{more}\n{paper.fenced(shown)}"


def _line(one: WorkflowLine, zone: ZoneInfo) -> str:
    about = f": {one.description}" if one.description else ""
    starts = "; ".join(_trigger(trigger, zone) for trigger in one.triggers)
    last = f"; last run {_moment(one.last.created, zone)} {one.last.state}" if one.last else "; no runs yet"
    return f"{one.name} v{one.version}{_off(one)}{about} [{starts}{last}]"


def _off(one: WorkflowLine) -> str:
    return "" if one.enabled else " (off)"


def _trigger(one: TriggerView, zone: ZoneInfo) -> str:
    if one.id == "manual":
        return "manual"
    due = f", next {_moment(one.due, zone)}" if one.due else ""
    trouble = f", trouble: {one.trouble}" if one.trouble else ""
    return f"{one.id}: {one.does}{due}{trouble}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def workflow_text(found: WorkflowView, paper: Paper) -> str:
    """Return a workflow as it was written, what starts it, and its runs."""
    one, zone = found.line, paper.zone
    head = (
        f"Workflow {quoted(one.name)} version {one.version}{_off(one)}, saved {_moment(found.saved, zone)}."
    )
    source = [visible(line) for line in found.source.strip("\n").split("\n")]
    shown = fitting(source, HARD_TOKENS)
    cut = f"\n{counted(len(source) - len(shown), 'more line')} of it." if len(shown) < len(source) else ""
    starts = "; ".join(_trigger(trigger, zone) for trigger in one.triggers) or "nothing"
    parts = [f"{head} Started by: {visible(starts)}.", paper.fenced(shown) + cut, _runs(found, paper)]
    return "\n".join(parts)


def _runs(found: WorkflowView, paper: Paper) -> str:
    if not found.runs:
        return "No runs." if not found.more else "runs=0: no runs are shown."
    lines = [escaped(line) for run in found.runs for line in run_lines(run, paper.zone)]
    shown = fitting(lines, paper.target)
    more = " There are more." if found.more or len(shown) < len(lines) else ""
    return f"Runs, the youngest first.{more} list_sagas(saga) tells all about one.\n{paper.fenced(shown)}"


def run_lines(run: RunStory, zone: ZoneInfo) -> Iterator[str]:
    """Yield a line for a run, and one for what its steps did."""
    took = f" in {_seconds(run.seconds)}" if run.seconds is not None else ""
    why = f" ({run.why})" if run.why else ""
    told = f" inputs {run.inputs}" if run.inputs else ""
    event = f" event {run.event}" if run.event else ""
    when = _moment(run.created, zone)
    yield f"{run.saga} {when} v{run.version} {run.cause}: {run.state}{took}{why}{told}{event}"
    if run.steps:
        steps = [_step(step) for step in run.steps[:_STEPS]]
        more = len(run.steps) - len(steps)
        yield "  " + "; ".join([*steps, *([f"… and {more} more"] if more else [])])


def _step(step: StepStory) -> str:
    status = step.status if step.status != "done" else ""
    took = _seconds(step.seconds) if step.seconds is not None else ""
    return " ".join(filter(None, [step.id, status, took, step.gave]))


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _saved(saved: SavedView) -> str:
    if saved.switched:
        return "would be" if saved.dry_run else "is now"
    if saved.dry_run:
        return "is good; it would be"
    return "was saved already; it is" if saved.known else "is saved; it is"


def saved_text(saved: SavedView, paper: Paper) -> str:
    """Return what saving came to."""
    one = saved.line
    name = f"Workflow {quoted(one.name)} version {one.version}"
    dry = "Dry run, nothing saved. " if saved.dry_run else ""
    state = "on" if one.enabled else "off: nothing starts it"
    starts = "; ".join(_trigger(trigger, paper.zone) for trigger in one.triggers) or "nothing"
    lines = [f"{dry}{name} {_saved(saved)} {state}. Started by: {visible(starts)}."]
    if saved.irreversible:
        lines.append(f"Cannot be taken back: {visible('; '.join(saved.irreversible))}.")
    if saved.asks:
        lines.append(f"Waits for a person: {visible('; '.join(saved.asks))}.")
    if any(trigger.does.startswith("webhook") for trigger in one.triggers) and not saved.dry_run:
        lines.append(
            f"The secret of its webhook: a person runs `pyairtable-mcp workflow triggers {one.name}`."
        )
    return "\n".join(lines)
