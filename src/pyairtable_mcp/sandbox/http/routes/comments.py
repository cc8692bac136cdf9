"""Comments on a record: newest first, mentions as `@[id]`, replies by parent id."""

import re
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.state.model import Comment, Workspace
from pyairtable_mcp.sandbox.wire import forbidden, invalid, not_found

PAGE: Final = 100
"""Most comments on one page (Airtable API reference, list comments)."""

_MENTION: Final = re.compile(r"@\[([^\[\]\s]+)\]")


def list_comments(call: Call) -> Json:
    """Answer a page of comments, newest first; the offset is the id of the next page's first comment."""
    given = dict(call.query)
    if set(given) - {"offset", "pageSize"}:
        raise invalid("unknown parameter")
    size = given.get("pageSize", str(PAGE))
    if not re.fullmatch(r"\d{1,3}", size, re.ASCII) or not 1 <= int(size) <= PAGE:
        raise invalid(f"pageSize must be between 1 and {PAGE}")
    newest = call.record.comments[::-1]
    start = _start(newest, given.get("offset", ""))
    end = start + int(size)
    shown = [_show(call.world.workspace, each) for each in newest[start:end]]
    return {"comments": shown, "offset": newest[end].id if end < len(newest) else None}


def _start(comments: list[Comment], offset: str) -> int:
    if not offset:
        return 0
    for place, each in enumerate(comments):
        if each.id == offset:
            return place
    raise invalid("unknown offset")


def create_comment(call: Call) -> Json:
    """Add a comment, or a reply to one."""
    body, record, workspace = call.object({"text", "parentCommentId"}), call.record, call.world.workspace
    parent = body.get("parentCommentId")
    if parent is not None and parent not in [each.id for each in record.comments]:
        raise not_found()
    comment = Comment(
        id=workspace.new_id("com"),
        author=call.actor.user,
        text=_text(workspace, body),
        created=workspace.clock.now(),
        parent=parent if isinstance(parent, str) else "",
    )
    record.comments.append(comment)
    call.touch_record()
    return _show(workspace, comment)


def update_comment(call: Call) -> Json:
    """Change the text of one's own comment."""
    workspace = call.world.workspace
    text, comment = _text(workspace, call.object({"text"})), _own(call)
    comment.text, comment.edited = text, workspace.clock.now()
    call.touch_record()
    return _show(workspace, comment)


def delete_comment(call: Call) -> Json:
    """Delete one's own comment; replies to it stay."""
    comment = _own(call)
    call.record.comments.remove(comment)
    call.touch_record()
    return {"id": comment.id, "deleted": True}


def _own(call: Call) -> Comment:
    comment = next((each for each in call.record.comments if each.id == call.path["comment"]), None)
    if comment is None:
        raise not_found()
    if comment.author != call.actor.user:
        raise forbidden("You are not permitted to perform this operation")
    return comment


def _text(workspace: Workspace, body: JsonObject) -> str:
    """Return the text of a comment, people mentioned by e-mail named by id."""
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("text must not be empty")
    by_email = {each.email.lower(): each.id for each in workspace.users.values()}
    return _MENTION.sub(lambda found: f"@[{by_email.get(found[1].lower(), found[1])}]", text)


def _show(workspace: Workspace, comment: Comment) -> JsonObject:
    shown: dict[str, Json] = {
        "id": comment.id,
        "author": workspace.users[comment.author].as_json(),
        "text": comment.text,
        "createdTime": iso(comment.created),
        "lastUpdatedTime": iso(comment.edited) if comment.edited else None,
    }
    if comment.parent:
        shown["parentCommentId"] = comment.parent
    mentioned = {key: _mention(workspace, key) for key in _MENTION.findall(comment.text)}
    extra: dict[str, Json] = {
        "mentioned": {key: each for key, each in mentioned.items() if each},
        "reactions": [_reaction(workspace, *each) for each in comment.reactions],
        "attachments": comment.attachments,
    }
    return {**shown, **{key: each for key, each in extra.items() if each}}


def _mention(workspace: Workspace, key: str) -> JsonObject:
    """Return the user or group of this id as a comment tells it; empty when there is none."""
    if user := workspace.users.get(key):
        return {"type": "user", "id": user.id, "displayName": user.name, "email": user.email}
    if name := workspace.groups.get(key):
        return {"type": "userGroup", "id": key, "displayName": name}
    return {}


def _reaction(workspace: Workspace, emoji: str, user_id: str) -> Json:
    user = workspace.users[user_id]
    return {
        "emoji": {"unicodeCharacter": emoji},
        "reactingUser": {"userId": user.id, "email": user.email, "name": user.name},
    }
