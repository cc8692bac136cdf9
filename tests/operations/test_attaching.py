"""attach_file: by URL or as bytes; files already there stay."""

import base64

import pytest

from pyairtable_mcp.base.json_types import Json
from tests.support.behaviours import behaviour
from tests.support.inside import data_requests, named, raw, the_field, writes
from tests.support.world import World

HERE = {"base": "Studio", "table": "Projects", "field": "Files"}


def files(world: World, project: str) -> list[dict[str, Json]]:
    cell = named(world.sandbox, "Projects", project)["Files"]
    return [one for one in cell if isinstance(one, dict)] if isinstance(cell, list) else []


def with_a_file(world: World) -> str:
    return next(one.text("Name") for one in raw(world.sandbox, "Projects") if one["Files"])


@behaviour("attach.url", "attach.keeps", "write.dry_run")
async def test_a_file_is_attached_by_its_address_beside_those_there(world: World) -> None:
    project = with_a_file(world)
    before = files(world, project)
    url = "https://files.example/plan.pdf"
    reply = await world.call(
        "attach_file", **HERE, record=project, url=url, filename="Plan.pdf", dry_run=True
    )
    assert "nothing written" in reply.text
    assert writes(world.requests) == []
    reply = await world.call("attach_file", **HERE, record=project, url=url, filename="Plan.pdf")
    assert not reply.is_error, reply.text
    after = files(world, project)
    assert [one["id"] for one in after[:-1]] == [one["id"] for one in before]
    assert (after[-1]["url"], after[-1]["filename"]) == (url, "Plan.pdf")
    assert f"{len(after)} files" in reply.text


@behaviour("attach.bytes", "attach.keeps")
async def test_a_file_is_attached_as_bytes_beside_those_there(world: World) -> None:
    project = with_a_file(world)
    before = files(world, project)
    content = bytes(range(256))
    reply = await world.call(
        "attach_file",
        base="Studio",
        table="Projects",
        record=named(world.sandbox, "Projects", project).id,
        field=the_field(world.sandbox, "Projects", "Files").id,
        content=base64.b64encode(content).decode(),
        filename="all.bin",
    )
    assert not reply.is_error, reply.text
    after = files(world, project)
    assert after[:-1] == before
    assert world.sandbox.workspace.uploads[str(after[-1]["id"])] == content
    assert "256 bytes" in reply.text


@behaviour("attach.refused")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "invalid_arguments"),
        ({"url": "https://a.example/x", "content": "aGk="}, "invalid_arguments"),
        ({"content": "aGk="}, "bad_value"),
        ({"content": "not base64!", "filename": "x.txt"}, "bad_value"),
        ({"content": "aGk", "filename": "x.txt"}, "bad_value"),
        ({"url": "ftp://a.example/x"}, "bad_value"),
        ({"url": "file:///etc/passwd"}, "bad_value"),
        ({"url": "plan.pdf"}, "bad_value"),
        ({"url": "https://a.example/x", "field": "Name"}, "bad_value"),
        ({"url": "https://a.example/x", "field": "File"}, "unknown_name"),
    ],
    ids=str,
)
async def test_a_file_that_cannot_be_attached_is_refused_before_anything_is_sent(
    studio: World, arguments: dict[str, str], code: str
) -> None:
    reply = await studio.call("attach_file", **{**HERE, "record": "Website relaunch", **arguments})
    assert reply.code == code, reply.text
    assert data_requests(studio.requests) == []
    if arguments.get("field"):
        assert "Files" in reply.candidates


@behaviour("attach.too_large")
async def test_bytes_beyond_five_megabytes_are_refused_before_they_are_sent(studio: World) -> None:
    content = base64.b64encode(bytes(5 * 1024 * 1024 + 1)).decode()
    reply = await studio.call(
        "attach_file", **HERE, record="Website relaunch", content=content, filename="big.bin"
    )
    assert reply.code == "too_large", reply.text[:500]
    assert writes(studio.requests) == []
