"""Sagas as text: what each did, how it stands, and what can be done about it."""

from collections.abc import Iterator
from typing import Final

from pyairtable_mcp.base.text import counted, quoted
from pyairtable_mcp.engine.tools.views import Question, Rehearsal, SagaList, SagaView, StepView
from pyairtable_mcp.surface.render.cells import escaped
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting

_NAMED: Final = 25


def saga_text(saga: SagaView, paper: Paper) -> str:
    """Return all about one saga."""
    lines = [_heading(saga, paper), *_troubles(saga)]
    steps = [
        " ".join(
            filter(None, [step.id, step.kind if step.kind != step.id else "", step.status, _wrote(step)])
        )
        for step in saga.steps
    ]
    if steps:
        lines.append(paper.fenced(fitting(map(escaped, steps), HARD_TOKENS)))
    if saga.question:
        lines += _question(saga.question, paper)
    if saga.note:
        lines.append(saga.note)
    return "\n".join(lines)


def _wrote(step: StepView) -> str:
    """Return what a step wrote, the first ids with it."""
    if not step.records:
        return step.wrote
    more = f" and {len(step.records) - _NAMED} more" if len(step.records) > _NAMED else ""
    return f"{step.wrote}: {', '.join(step.records[:_NAMED])}{more}"


def question_text(saga: SagaView, question: Question) -> str:
    """Return what a person is asked; every line of it is plain text."""
    lost = f"\nThis could not be taken back: {'; '.join(question.lost)}." if question.lost else ""
    why = f" ({question.why})" if question.why else ""
    lines = "".join(f"\n- {line}" for line in question.lines)
    return f"Approve {quoted(saga.title)}?{why}{lines}{lost}\nSaga {saga.id}. Nothing of this is sent before."


def _question(question: Question, paper: Paper) -> Iterator[str]:
    yield f"It waits for a person: {question.why}. Nothing of this was sent:"
    if question.lines:
        yield paper.fenced(fitting(map(escaped, question.lines), paper.target))
    if question.lost:
        yield f"Could not be taken back: {'; '.join(question.lost)}."


def _heading(saga: SagaView, paper: Paper) -> str:
    when = saga.created.astimezone(paper.zone).strftime("%Y-%m-%d %H:%M")
    undoes = f", takes back {saga.undoes}" if saga.undoes else ""
    what = f"run of workflow {quoted(saga.title)}" if saga.workflow else quoted(saga.title)
    return f"Saga {saga.id} ({what}, {when}{undoes}): {_state(saga)}."


def _state(saga: SagaView) -> str:
    words = saga.status.value.replace("_", " ")
    return f"{words}, resolved: {saga.resolved}" if saga.resolved else words


def _troubles(saga: SagaView) -> Iterator[str]:
    if saga.why:
        yield f"Why: {saga.why}"
    if saga.left:
        told = (" ".join(filter(None, [one.record, one.field, one.why])) for one in saga.left)
        yield f"Left as it is: {'; '.join(told)}."
    if saga.lost:
        yield f"Not to be had back: {'; '.join(saga.lost)}."


def sagas_text(found: SagaList, paper: Paper) -> str:
    """Return a line for each saga."""
    if not found.sagas:
        return "No sagas."
    lines = []
    for saga in found.sagas:
        when = saga.created.astimezone(paper.zone).strftime("%Y-%m-%d %H:%M")
        undoes = f" takes back {saga.undoes}" if saga.undoes else ""
        what = f"workflow {saga.title}" if saga.workflow else saga.title
        lines.append(escaped(f"{saga.id} {when} {what}{undoes}: {_state(saga)}"))
    shown = fitting(lines, paper.target)
    more = " There are more." if found.more or len(shown) < len(lines) else ""
    return f"{counted(len(shown), 'saga')}, the youngest first.{more}\n{paper.fenced(shown)}"


def rehearsal_text(rehearsal: Rehearsal, paper: Paper) -> str:
    """Return what each step would do, and what it would cost."""
    lines = [escaped(f"{step.id} ({step.kind}): {step.does}") for step in rehearsal.steps]
    cost = f"at least {counted(rehearsal.requests, 'request')}, about {rehearsal.seconds:.0f} s"
    lost = dict.fromkeys(told for step in rehearsal.steps for told in step.irreversible)
    warning = f"\nCannot be taken back: {'; '.join(lost)}." if lost else ""
    head = f"Dry run, nothing written. {counted(len(lines), 'step')}, {cost}."
    return f"{head}\n{paper.fenced(fitting(lines, HARD_TOKENS))}{warning}"
