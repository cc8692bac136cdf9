"""The one place that turns a result or an error into the text of an answer."""

from dataclasses import dataclass

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.net.sender import Spent
from pyairtable_mcp.operations.results import BaseList, Changes, CommentList, Description, Done, Result, Rows
from pyairtable_mcp.surface.render.changes import changes_text
from pyairtable_mcp.surface.render.comments import comments_text, done_text
from pyairtable_mcp.surface.render.errors import error_text
from pyairtable_mcp.surface.render.page import Paper
from pyairtable_mcp.surface.render.rows import rows_text
from pyairtable_mcp.surface.render.schema import bases_text, description_text


@dataclass(frozen=True)
class Answer:
    """What a caller is told, and what it cost; `error` is set when not all that was asked was done."""

    text: str
    error: AppError | None = None
    spent: Spent | None = None


def answer(result: Result, paper: Paper) -> Answer:
    """Return a result as an answer. A write that stopped half way is an error that lists what stands."""
    match result:
        case Rows():
            return Answer(rows_text(result, paper))
        case Changes():
            return Answer(changes_text(result, paper), result.error)
        case Description():
            return Answer(description_text(result, paper))
        case BaseList():
            return Answer(bases_text(result, paper))
        case CommentList():
            return Answer(comments_text(result, paper))
        case Done():
            return Answer(done_text(result, paper))


def refusal(error: AppError) -> Answer:
    """Return an error as an answer."""
    return Answer(error_text(error), error)
