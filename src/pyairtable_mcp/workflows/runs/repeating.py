"""Running something again: all of it, or from a step on; decisions only."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.engine.approving import part
from pyairtable_mcp.engine.steps.scope import FAILURE, earlier_results
from pyairtable_mcp.store.journal_values import History, StepRow
from pyairtable_mcp.store.workflow_values import RunRow
from pyairtable_mcp.workflows.runs.becoming import Reason, Told


def reason_to_repeat(run: RunRow, history: History | None, *, once: str) -> Reason:
    """Return the reason for a run that is told what another one was; `once` is used for no other."""
    failure = part(history.saga.options, FAILURE) if history else None
    return Reason(
        cause="rerun",
        event_key=f"rerun:{once}",
        trigger=run.trigger,
        event=run.event if isinstance(run.event, Mapping) else {},
        inputs=run.inputs if isinstance(run.inputs, Mapping) else {},
        failure=failure if isinstance(failure, Mapping) else {},
        rerun_of=run.saga,
    )


def kept_results(history: History, before: Sequence[str], *, undone: bool) -> Told:
    """Return what the steps `before` a later one have come to, and those within them.

    `undone` tells that another saga has taken this one back. Raises `NotAllowed` where a step was not done,
    or what it wrote is not there any more.
    """
    earlier = dict(earlier_results(history.saga))
    done = {row.id: row for row in history.steps if row.number > 0 and row.status == "done"}
    for name in before:
        if name not in done and name not in earlier:
            raise _cannot(history, name, "was not done")
        if any(_was_taken_back(history, row, undone=undone) for row in _within(done, name)):
            raise _cannot(history, name, "was taken back")
    kept: dict[str, JsonValue] = {row.id: row.result for name in before for row in _within(done, name)}
    return {**earlier, **kept}


def _cannot(history: History, step: str, why: str) -> NotAllowed:
    return NotAllowed(
        f"Step {quoted(step)} of {history.saga.id} {why}, and later ones may need it.",
        hint=f"Give from_step='{step}', or none to run all of it again.",
        candidates=[step],
    )


def _within(done: Mapping[str, StepRow], name: str) -> Sequence[StepRow]:
    """Return a step and those inside it, which have its name before their own."""
    return [row for key, row in done.items() if key == name or key.startswith(f"{name}.")]


def _was_taken_back(history: History, row: StepRow, *, undone: bool) -> bool:
    mine = [one.number for one in history.intents if one.step == row.number and one.role == "do"]
    back = {one.undoes for one in history.intents if one.role == "undo"}
    return bool(mine) and (undone or not back.isdisjoint(mine))
