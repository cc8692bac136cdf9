"""What is known of a definition before anything runs: what cannot be taken back, and what asks a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.engine.steps.definition import NESTED
from pyairtable_mcp.workflows.definition.model import Workflow

_READS: Final = frozenset({"GET", "HEAD"})
_LASTS: Final[Mapping[str, str]] = {
    "trigger_automation": "what the automation does",
    "create_table": "the table",
    "create_fields": "the fields",
    "comment": "who was notified",
    "delete": "comments on the records",
}
"""What of each kind of step stays whatever is taken back."""
_SCHEMA: Final = frozenset({"create_table", "create_fields", "update_schema"})


def lasting(workflow: Workflow) -> tuple[str, ...]:
    """Return what cannot be taken back, step by step."""
    return tuple(f"{_id(step)}: {what}" for step in _steps(workflow) if (what := _lasts(step)))


def _lasts(step: Mapping[str, JsonValue]) -> str:
    args = step.get("with")
    given = args if isinstance(args, Mapping) else {}
    if step.get("do") == "http_request":
        method = str(given.get("method", "GET"))
        return "" if method in _READS or given.get("undo") else f"the {method} request"
    return _LASTS.get(str(step.get("do")), "")


def asking(workflow: Workflow, terms: ApprovalSettings) -> tuple[str, ...]:
    """Return what waits for a person, by the steps and by what is kept for a person."""
    return (*_asked(workflow, terms), *_many(terms))


def _asked(workflow: Workflow, terms: ApprovalSettings) -> Iterator[str]:
    for step in _steps(workflow):
        kind = step.get("do")
        if kind == "approve":
            yield _id(step)
        elif kind == "delete" and terms.deletes:
            yield f"{_id(step)}: it deletes"
        elif kind in _SCHEMA and terms.schema_changes:
            yield f"{_id(step)}: it changes what a base is made of"


def _many(terms: ApprovalSettings) -> Sequence[str]:
    return [f"a run that writes more than {terms.records_over} records"] if terms.records_over else []


def _steps(workflow: Workflow) -> Iterator[Mapping[str, JsonValue]]:
    yield from _among(workflow.steps)
    yield from _among(workflow.on_failure)


def _among(steps: Sequence[JsonValue]) -> Iterator[Mapping[str, JsonValue]]:
    for step in steps:
        if not isinstance(step, Mapping):
            continue
        yield step
        args = step.get("with")
        for key in NESTED.get(str(step.get("do")), ()):
            inner = args.get(key) if isinstance(args, Mapping) else None
            yield from _among(inner if isinstance(inner, list) else ())


def _id(step: Mapping[str, JsonValue]) -> str:
    return str(step.get("id", ""))
