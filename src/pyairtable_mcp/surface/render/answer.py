"""The one place that turns a result or an error into the text of an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.tools.views import Rehearsal, SagaList, SagaView
from pyairtable_mcp.net.sender import Spent
from pyairtable_mcp.operations.results import (
    BaseList,
    Changes,
    CommentList,
    Description,
    Done,
    FormulaCheck,
    QuotaStatus,
    Result,
    Rows,
)
from pyairtable_mcp.surface.render.changes import changes_text
from pyairtable_mcp.surface.render.checks import check_text
from pyairtable_mcp.surface.render.comments import comments_text, done_text
from pyairtable_mcp.surface.render.errors import error_text
from pyairtable_mcp.surface.render.page import Paper
from pyairtable_mcp.surface.render.quota import quota_text
from pyairtable_mcp.surface.render.rows import rows_text
from pyairtable_mcp.surface.render.sagas import question_text, rehearsal_text, saga_text, sagas_text
from pyairtable_mcp.surface.render.schema import bases_text, description_text
from pyairtable_mcp.surface.render.workflows import saved_text, workflow_text, workflows_text
from pyairtable_mcp.workflows.tools.views import SavedView, WorkflowList, WorkflowView


@dataclass(frozen=True)
class Answer:
    """What a caller is told, and what it cost; `error` is set when not all that was asked was done.

    `asks` is what a person has to be asked before it is done; `saga` is what it was done as.
    """

    text: str
    error: AppError | None = None
    spent: Spent | None = None
    asks: "Asked | None" = None
    saga: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question for a person: about which saga, which of its questions, and in words."""

    saga: str
    question: str
    text: str


_TEXTS: Final[Mapping[type[Any], Callable[[Any, Paper], str]]] = {
    Rows: rows_text,
    Changes: changes_text,
    Description: description_text,
    BaseList: bases_text,
    CommentList: comments_text,
    QuotaStatus: quota_text,
    Done: done_text,
    SagaView: saga_text,
    SagaList: sagas_text,
    Rehearsal: rehearsal_text,
    FormulaCheck: check_text,
    WorkflowList: workflows_text,
    WorkflowView: workflow_text,
    SavedView: saved_text,
}

Told = Result | SagaView | SagaList | Rehearsal | WorkflowList | WorkflowView | SavedView


def answer(result: Told, paper: Paper) -> Answer:
    """Return a result as an answer. A write that stopped half way is an error that lists what stands."""
    error = result.error if isinstance(result, Changes) else None
    text = _TEXTS[type(result)](result, paper)
    return Answer(text, error, asks=_asks(result), saga=_saga_of(result))


def _saga_of(result: Told) -> str:
    if isinstance(result, Changes | Done):
        return result.saga
    return result.id if isinstance(result, SagaView) else ""


def _asks(result: Told) -> Asked | None:
    if not isinstance(result, SagaView) or result.question is None:
        return None
    return Asked(saga=result.id, question=result.question.id, text=question_text(result, result.question))


def refusal(error: AppError) -> Answer:
    """Return an error as an answer."""
    return Answer(error_text(error), error)
