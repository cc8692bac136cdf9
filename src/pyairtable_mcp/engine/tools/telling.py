"""From the journal to what is told of sagas."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import JsonValue

from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.engine.model import LEFT
from pyairtable_mcp.engine.run import SagaReport, workflow_of
from pyairtable_mcp.engine.tools.views import SagaView, Standing, StepView
from pyairtable_mcp.store.journal_values import History, IntentRow, SagaRow, StepRow


def ending(report: SagaReport) -> str:
    """Say in a sentence what became of what a failed saga had done."""
    saga = report.saga.id
    lost = f" Not taken back: {'; '.join(report.lost)}." if report.lost else ""
    match report.status:
        case Status.COMPENSATED | Status.CANCELLED:
            return f"What it had done was taken back (saga {saga}).{lost}"
        case Status.COMPENSATION_FAILED:
            why = "; ".join(filter(None, (f"{one.record} {one.why}".strip() for one in report.left)))
            return f"Not all of it could be taken back (saga {saga}): {why}.{lost}"
        case _:
            return f"Saga {saga} is {report.status.value.replace('_', ' ')}.{lost}"


def ended(status: Status) -> bool:
    """Tell whether a saga goes on no more by itself."""
    return status in FINISHED or status is Status.COMPENSATION_FAILED


def shortly(row: SagaRow) -> SagaView:
    """Return a saga as it stands in a list."""
    result = row.result if isinstance(row.result, Mapping) else {}
    error = result.get("error")
    why = str(error.get("message", "")) if isinstance(error, Mapping) else ""
    return SagaView(
        id=row.id,
        title=row.title,
        workflow=workflow_of(row),
        status=row.status,
        created=datetime.fromtimestamp(row.created, UTC),
        undoes=row.undoes,
        why=why or row.reason or row.stop,
        resolved=row.resolved,
        note=_note(row),
    )


def wholly(history: History) -> SagaView:
    """Return a saga with its steps and what was not taken back."""
    short = shortly(history.saga)
    forward = [row for row in history.steps if row.number > 0]
    steps = tuple(
        StepView(
            id=row.id,
            kind=row.kind,
            status=row.status,
            wrote=wrote(history, row),
            records=_written(history, row),
        )
        for row in forward
    )
    left = [one for row in history.steps for one in LEFT.validate_python(_part(row, "left") or ())]
    return replace(
        short,
        steps=steps,
        left=tuple(Standing(record=one.record, field=one.field, why=one.why) for one in left),
        lost=tuple(str(one) for row in history.steps for one in _listed(_part(row, "lost"))),
    )


def _part(row: StepRow, name: str) -> JsonValue:
    return row.result.get(name) if isinstance(row.result, Mapping) else None


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else ()


def wrote(history: History, row: StepRow) -> str:
    """Say what a step wrote: `10 created, 2 rejected`."""
    counts: Counter[str] = Counter()
    for intent in history.intents:
        if intent.step == row.number and intent.role == "do":
            counts.update(_fates(intent, history))
    return ", ".join(f"{count} {word}" for word, count in counts.items())


_DONE = {
    "create": "created",
    "update": "changed",
    "replace": "changed",
    "upsert": "written",
    "delete": "deleted",
}


def _fates(intent: IntentRow, history: History) -> list[str]:
    outcome = history.outcomes.get(intent.number)
    kind = str(intent.write.get("kind", "sent")) if isinstance(intent.write, Mapping) else "sent"
    items = outcome.items if outcome else None
    if not isinstance(items, list):
        return [outcome.status if outcome else "unknown"]
    marks = [str(one.get("status")) for one in items if isinstance(one, Mapping)]
    return [_DONE.get(kind, "done") if mark == "done" else mark.replace("_", " ") for mark in marks]


def _written(history: History, row: StepRow) -> tuple[str, ...]:
    """Return the ids of the records a step has written."""
    numbers = [one.number for one in history.intents if one.step == row.number and one.role == "do"]
    outcomes = [history.outcomes[number] for number in numbers if number in history.outcomes]
    return tuple(dict.fromkeys(image.record for one in outcomes for image in one.after if image.record))


def _note(row: SagaRow) -> str:
    match row.status:
        case Status.COMPENSATION_FAILED if not row.resolved:
            return "resume_saga tries again to take it back; `force` overrides what people changed."
        case Status.AWAITING_APPROVAL:
            return (
                "A person has to approve it: they run `pyairtable-mcp sagas approve "
                f"{row.id}`, or give you the confirm token for resume_saga."
            )
        case Status.PLANNED:
            return "It waits for another run with the same key; cancel_saga drops it."
        case Status.COMPLETED:
            return f"undo_saga('{row.id}') takes it back."
        case _:
            return ""
