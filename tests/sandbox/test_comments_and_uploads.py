"""Comments under a record, and files put straight into a cell."""

import base64

import pytest
from pyairtable.models.comment import Comment

from .driving import STUDIO, Driver, some


async def record_path(studio: Driver, table: str = "Tasks") -> str:
    first = (await studio("GET", f"{STUDIO}/{table}", maxRecords=1)).records[0]
    return f"{STUDIO}/{table}/{first['id']}"


async def test_comments_come_newest_first_a_hundred_at_a_time(studio: Driver) -> None:
    path = f"{await record_path(studio)}/comments"
    for number in range(105):
        await studio("POST", path, {"text": f"number {number}"})
    first = await studio("GET", path)
    comments = [each for each in some(first.body["comments"]) if isinstance(each, dict)]
    assert (len(comments), comments[0]["text"]) == (100, "number 104")
    second = await studio("GET", path, offset=first.body["offset"])
    assert len(some(second.body["comments"])) == 5
    assert second.body["offset"] is None
    assert (await studio("GET", path, offset="comNope")).status == 422
    assert (await studio("GET", path, pageSize=101)).status == 422
    assert (await studio("GET", path, nonsense=1)).status == 422
    found = await studio("GET", f"{STUDIO}/Tasks", recordMetadata=["commentCount"], maxRecords=1)
    assert found.records[0]["commentCount"] == 105


async def test_a_comment_mentions_answers_changes_and_goes(studio: Driver) -> None:
    path = f"{await record_path(studio)}/comments"
    made = await studio("POST", path, {"text": "Look, @[usrMeiTanaka00001] and @[usrNobody00000001]"})
    assert made.body["author"] == {
        "id": "usrSamRivera00001",
        "email": "sam.rivera@example.com",
        "name": "Sam Rivera",
    }
    assert made.body["mentioned"] == {
        "usrMeiTanaka00001": {
            "type": "user",
            "id": "usrMeiTanaka00001",
            "displayName": "Mei Tanaka",
            "email": "mei.tanaka@example.com",
        }
    }
    assert made.body["lastUpdatedTime"] is None
    answer = await studio("POST", path, {"text": "Will do", "parentCommentId": made.body["id"]})
    assert answer.body["parentCommentId"] == made.body["id"]
    changed = await studio("PATCH", f"{path}/{answer.body['id']}", {"text": "Done"})
    assert (changed.body["text"], changed.body["lastUpdatedTime"]) == ("Done", "2026-01-01T00:00:00.000Z")
    gone = await studio("DELETE", f"{path}/{answer.body['id']}")
    assert gone.body == {"id": answer.body["id"], "deleted": True}
    assert (await studio("DELETE", f"{path}/{answer.body['id']}")).status == 404


async def test_people_are_mentioned_by_mail_too_and_groups_by_id(studio: Driver) -> None:
    studio.sandbox.workspace.groups["ugpDesigners00001"] = "Designers"
    path = f"{await record_path(studio)}/comments"
    text = "@[Mei.Tanaka@example.com], @[ugpDesigners00001] and @[nobody@example.com]: look"
    made = await studio("POST", path, {"text": text})
    assert made.body["text"] == "@[usrMeiTanaka00001], @[ugpDesigners00001] and @[nobody@example.com]: look"
    mentioned = made.body["mentioned"]
    assert isinstance(mentioned, dict)
    assert list(mentioned) == ["usrMeiTanaka00001", "ugpDesigners00001"]
    assert mentioned["ugpDesigners00001"] == {
        "type": "userGroup",
        "id": "ugpDesigners00001",
        "displayName": "Designers",
    }
    parsed = Comment.model_validate(made.body)
    assert parsed.mentioned["ugpDesigners00001"].email is None
    changed = await studio("PATCH", f"{path}/{made.body['id']}", {"text": "@[sam.rivera@example.com]"})
    assert changed.body["text"] == "@[usrSamRivera00001]"


async def test_replies_stay_when_what_they_answer_goes(studio: Driver) -> None:
    path = f"{await record_path(studio)}/comments"
    made = await studio("POST", path, {"text": "Question"})
    await studio("POST", path, {"text": "Answer", "parentCommentId": made.body["id"]})
    await studio("DELETE", f"{path}/{made.body['id']}")
    (left,) = some((await studio("GET", path)).body["comments"])
    assert isinstance(left, dict)
    assert (left["text"], left["parentCommentId"]) == ("Answer", made.body["id"])


async def test_reactions_and_attachments_that_people_added_are_shown(studio: Driver) -> None:
    path = f"{await record_path(studio)}/comments"
    made = await studio("POST", path, {"text": "Look"})
    assert "reactions" not in made.body
    (record,) = [
        record
        for table in studio.sandbox.workspace.bases["appStudio00000001"].tables.values()
        for record in table.records.values()
        if record.comments
    ]
    (comment,) = record.comments
    comment.reactions.append(("1f44d", "usrMeiTanaka00001"))
    comment.attachments.append({"id": "attPicture0000001", "url": "https://example.com/a", "filename": "a"})
    shown = Comment.model_validate(some((await studio("GET", path)).body["comments"])[0])
    assert (shown.reactions[0].emoji, shown.reactions[0].reacting_user.name) == ("👍", "Mei Tanaka")
    assert shown.attachments[0].filename == "a"


@pytest.mark.parametrize("body", [None, {}, {"text": ""}, {"text": 1}, {"text": "x", "extra": 1}])
async def test_comments_of_the_wrong_shape_are_refused(studio: Driver, body: object) -> None:
    assert (await studio("POST", f"{await record_path(studio)}/comments", body)).status == 422


async def test_an_answer_to_no_comment_and_another_persons_comment_are_refused(studio: Driver) -> None:
    path = f"{await record_path(studio)}/comments"
    assert (await studio("POST", path, {"text": "x", "parentCommentId": "comNope"})).status == 404
    made = await studio("POST", path, {"text": "mine"})
    studio.token = studio.sandbox.issue_token(user="usrMeiTanaka00001")
    assert (
        await studio("PATCH", f"{path}/{made.body['id']}", {"text": "theirs"})
    ).kind == "INVALID_PERMISSIONS"


def upload(data: bytes, **more: object) -> dict[str, object]:
    return {
        "contentType": "text/plain",
        "filename": "a.txt",
        "file": base64.encodebytes(data).decode(),
        **more,
    }


async def test_an_upload_is_appended_and_answered_by_field_id(studio: Driver) -> None:
    path = await record_path(studio, "Projects")
    record = path.rsplit("/", 1)[1]
    for count in (1, 2):
        found = await studio("POST", f"{STUDIO}/{record}/Files/uploadAttachment", upload(b"hello"))
        ((key, files),) = found.fields.items()
        assert key.startswith("fld")
        assert len(some(files)) == count
    shown = some((await studio("GET", path)).fields["Files"])
    assert isinstance(shown[0], dict)
    assert (shown[0]["filename"], shown[0]["size"], shown[0]["type"]) == ("a.txt", 5, "text/plain")
    assert studio.sandbox.workspace.uploads[str(shown[0]["id"])] == b"hello"


async def test_uploads_are_held_to_five_megabytes(studio: Driver) -> None:
    record = (await record_path(studio, "Projects")).rsplit("/", 1)[1]
    path = f"{STUDIO}/{record}/Files/uploadAttachment"
    assert (await studio("POST", path, upload(b"x" * (5 * 1024 * 1024)))).status == 200
    assert (await studio("POST", path, upload(b"x" * (5 * 1024 * 1024 + 1)))).status == 413


@pytest.mark.parametrize(
    ("field", "body", "status"),
    [
        ("Files", upload(b"", file="not base64!"), 422),
        ("Files", upload(b"", file=1), 422),
        ("Files", upload(b"", filename=""), 422),
        ("Files", upload(b"", extra=1), 422),
        ("Name", upload(b"x"), 422),
        ("Nope", upload(b"x"), 422),
    ],
)
async def test_uploads_of_the_wrong_shape_are_refused(
    studio: Driver, field: str, body: object, status: int
) -> None:
    record = (await record_path(studio, "Projects")).rsplit("/", 1)[1]
    assert (await studio("POST", f"{STUDIO}/{record}/{field}/uploadAttachment", body)).status == status


async def test_an_upload_to_no_record_is_not_found(studio: Driver) -> None:
    assert (
        await studio("POST", f"{STUDIO}/recXXXXXXXXXXXXXX/Files/uploadAttachment", upload(b"x"))
    ).status == 404
