"""Comments and short accounts."""

import re

from pyairtable_mcp.airtable.models import Comment
from pyairtable_mcp.base.text import counted, cut, quoted, tokens
from pyairtable_mcp.operations.results import CommentList, Done
from pyairtable_mcp.surface.render import cells
from pyairtable_mcp.surface.render.changes import undoing
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper

_LONGEST = 4_000
_SHORTEST = 100
_MENTION = re.compile(r"@\[(usr\w{14})\]")


def comments_text(found: CommentList, paper: Paper) -> str:
    """Return the comments, newest first: id, when, who, what; long texts are cut until all comments fit."""
    if not found.comments:
        return f"No comments on {quoted(found.record)}."
    longest = _LONGEST
    lines = [_line(comment, paper, longest) for comment in found.comments]
    while tokens("\n".join(lines)) > HARD_TOKENS and longest > _SHORTEST:
        longest //= 2
        lines = [_line(comment, paper, longest) for comment in found.comments]
    cursor = f" cursor: {found.cursor}" if found.cursor else ""
    head = f"{counted(len(lines), 'comment')} on {quoted(found.record)}, newest first.{cursor}"
    return f"{head}\n{paper.fenced(lines)}"


def _line(comment: Comment, paper: Paper, longest: int) -> str:
    people = {mention.id: mention.display_name for mention in comment.mentions}
    text = _MENTION.sub(lambda match: f"@[{people.get(match[1], match[1])}]", comment.text)
    answers = f"answers {comment.parent}" if comment.parent else ""
    when = cells.short_moment(comment.created_time, paper.zone)
    who = cells.escaped(comment.author.name or comment.author.email or comment.author.id)
    return cells.SEPARATOR.join(
        filter(None, [comment.id, when, who, answers, cells.escaped(cut(text, longest))])
    )


def done_text(done: Done, paper: Paper) -> str:
    """Return a short account, its details fenced."""
    head = f"Dry run, nothing written. {done.message}" if done.dry_run else done.message
    head += undoing(done.saga, done.irreversible, dry_run=done.dry_run)
    return f"{head}\n{paper.fenced(list(done.lines))}" if done.lines else head
