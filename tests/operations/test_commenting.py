"""Comments: read newest first, written with people mentioned by e-mail or name."""

import re
from datetime import timedelta

from pyairtable_mcp.sandbox.state.model import Comment
from tests.support.answers import fenced, unfenced
from tests.support.behaviours import behaviour
from tests.support.inside import MADE, named, the_table, writes
from tests.support.world import World

HERE = {"base": "Studio", "table": "Projects", "record": "Website relaunch"}


def record_comments(world: World) -> list[Comment]:
    record = named(world.sandbox, "Projects", "Website relaunch").id
    return the_table(world.sandbox, "Projects").records[record].comments


@behaviour("comment.write", "comment.mention", "write.dry_run")
async def test_a_comment_mentions_a_person_given_by_email(world: World) -> None:
    text = "Ready for @[priya.nair@example.com]?"
    reply = await world.call("write_comment", **HERE, text=text, dry_run=True)
    assert "Would comment" in reply.text
    assert writes(world.requests) == []
    reply = await world.call("write_comment", **HERE, text=text)
    assert not reply.is_error, reply.text
    (comment,) = record_comments(world)
    assert comment.text == "Ready for @[usrPriyaNair00001]?"
    assert comment.id in reply.text
    listed = await world.call("list_comments", **HERE)
    assert comment.id in listed.text
    assert "Ready for @[Priya Nair]?" in fenced(listed.text)


@behaviour("comment.mention_name")
async def test_a_comment_mentions_a_person_given_by_name(studio: World) -> None:
    reply = await studio.call("write_comment", **HERE, text="Ask @[Mei Tanaka] and @[usrSamRivera00001].")
    assert not reply.is_error, reply.text
    assert record_comments(studio)[0].text == "Ask @[usrMeiTanaka00001] and @[usrSamRivera00001]."


@behaviour("comment.mention_unknown")
async def test_an_unknown_person_is_refused_before_anything_is_written(studio: World) -> None:
    reply = await studio.call("write_comment", **HERE, text="Ask @[mei.tanka@example.com]")
    assert reply.code == "unknown_name"
    assert any("mei.tanaka@example.com" in told for told in reply.candidates)
    assert record_comments(studio) == []


@behaviour("comment.reply")
async def test_a_comment_answers_another(studio: World) -> None:
    await studio.call("write_comment", **HERE, text="First")
    first = record_comments(studio)[0].id
    reply = await studio.call("write_comment", **HERE, text="Second", reply_to=first)
    assert not reply.is_error, reply.text
    listed = await studio.call("list_comments", **HERE)
    assert f"answers {first}" in listed.text


def put_comments(world: World, *texts: str) -> list[str]:
    home = record_comments(world)
    for n, text in enumerate(texts):
        made = MADE + timedelta(minutes=n)
        home.append(Comment(f"com{n:014d}", "usrMeiTanaka00001", text, made))
    return [one.id for one in home]


async def walk(world: World, limit: int) -> list[str]:
    seen: list[str] = []
    cursor = ""
    for _ in range(50):
        reply = await world.call("list_comments", **HERE, limit=limit, cursor=cursor)
        assert not reply.is_error, reply.text
        seen += [line.split("|")[0] for line in fenced(reply.text).splitlines()]
        found = re.search(r"cursor: (\S+)", unfenced(reply.text))
        if not found:
            return seen
        cursor = found[1]
    raise AssertionError("the walk does not end")


@behaviour("comment.walk")
async def test_a_walk_over_comments_sees_each_of_them_once_newest_first(studio: World) -> None:
    ids = put_comments(studio, *(f"Comment {n}" for n in range(25)))
    assert await walk(studio, 10) == ids[::-1]


@behaviour("comment.walk")
async def test_a_walk_over_long_comments_sees_each_of_them_once(studio: World) -> None:
    ids = put_comments(studio, *("word " * 1_900 for n in range(30)))
    assert await walk(studio, 30) == ids[::-1]


@behaviour("comment.none")
async def test_a_record_without_comments_says_so(studio: World) -> None:
    reply = await studio.call("list_comments", **HERE)
    assert not reply.is_error
    assert "No comments" in reply.text


@behaviour("cursor.foreign")
async def test_a_cursor_that_is_none_is_refused_for_comments_too(studio: World) -> None:
    put_comments(studio, "one")
    reply = await studio.call("list_comments", **HERE, cursor="nonsense")
    assert reply.code in ("bad_cursor", "rejected"), reply.text
    assert "cursor" in reply.text
