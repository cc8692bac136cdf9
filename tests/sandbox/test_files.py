"""Files: what an upload becomes, links that serve the bytes, and how long they do."""

import base64
import struct
from urllib.parse import urlsplit

import httpx2
import pytest

from .driving import STUDIO, Driver, SandboxTransport, some

HOURS = 3600


def png(width: int, height: int) -> bytes:
    """Return as much of a picture as tells its size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5sI", 13, b"IHDR", width, height, b"\x08\x02\0\0\0", 0)


async def uploaded(
    studio: Driver, data: bytes = b"hello", kind: str = "text/plain", filename: str = "a.txt"
) -> dict[str, object]:
    """Upload into the first project and return the file as it is answered."""
    (record,) = (await studio("GET", f"{STUDIO}/Projects", maxRecords=1)).records
    body = {"contentType": kind, "filename": filename, "file": base64.b64encode(data).decode()}
    found = await studio("POST", f"{STUDIO}/{record['id']}/Files/uploadAttachment", body)
    assert found.status == 200, found.body
    file = some(next(iter(found.fields.values())))[-1]
    assert isinstance(file, dict)
    return {**file, "record": record["id"]}


async def fetch(studio: Driver, url: object, method: str = "GET") -> httpx2.Response:
    """Ask for a link as anybody would, without a token."""
    async with httpx2.AsyncClient(transport=SandboxTransport(app=studio.sandbox.app)) as client:
        return await client.request(method, str(url))


async def test_a_link_serves_the_bytes_and_needs_no_token(studio: Driver) -> None:
    file = await uploaded(studio, b"hello", "text/plain", "tax & fees/ä.txt")
    assert str(file["url"]).startswith("http://sandbox/files/")
    found = await fetch(studio, file["url"])
    assert (found.status_code, found.content) == (200, b"hello")
    assert found.headers["content-type"] == "text/plain"
    head = await fetch(studio, file["url"], "HEAD")
    assert (head.status_code, head.headers["content-length"]) == (200, "5")
    assert (await fetch(studio, file["url"], "POST")).status_code == 404


async def test_a_link_lives_two_hours_and_reading_again_gives_a_fresh_one(studio: Driver) -> None:
    file = await uploaded(studio)
    await studio.clock.advance(2 * HOURS - 1)
    assert (await fetch(studio, file["url"])).status_code == 200
    await studio.clock.advance(1)
    assert (await fetch(studio, file["url"])).status_code == 410
    again = (await studio("GET", f"{STUDIO}/Projects/{file['record']}")).fields["Files"]
    fresh = some(again)[-1]
    assert isinstance(fresh, dict)
    assert fresh["id"] == file["id"]
    assert (await fetch(studio, fresh["url"])).status_code == 200


async def test_a_link_nobody_signed_is_forbidden(studio: Driver) -> None:
    file = await uploaded(studio)
    parts = urlsplit(str(file["url"])).path.split("/")
    parts[2] = str(int(parts[2]) + 1)
    for path in ("/".join(parts), "/files/x", "/files/1/2/3/4/5", "/files/é/2/3/4/5", str(file["url"]) + "x"):
        assert (await fetch(studio, path if "://" in path else f"http://sandbox{path}")).status_code == 403


async def test_a_link_whose_bytes_are_gone_is_not_found(studio: Driver) -> None:
    file = await uploaded(studio)
    studio.sandbox.workspace.uploads.clear()
    assert (await fetch(studio, file["url"])).status_code == 404


@pytest.mark.parametrize(
    ("size", "small", "large", "full"),
    [
        ((400, 200), (72, 36), (1024, 512), (400, 200)),
        ((6000, 3000), (72, 36), (1024, 512), (3000, 1500)),
        ((1, 5000), (1, 36), (1, 512), (1, 3000)),
    ],
)
async def test_a_picture_has_its_size_and_thumbnails(
    studio: Driver,
    size: tuple[int, int],
    small: tuple[int, int],
    large: tuple[int, int],
    full: tuple[int, int],
) -> None:
    file = await uploaded(studio, png(*size), "image/png", "p.png")
    assert (file["width"], file["height"], file["type"]) == (*size, "image/png")
    thumbnails = file["thumbnails"]
    assert isinstance(thumbnails, dict)
    assert {name: (each["width"], each["height"]) for name, each in thumbnails.items()} == {
        "small": small,
        "large": large,
        "full": full,
    }
    assert (await fetch(studio, thumbnails["small"]["url"])).content == png(*size)


async def test_what_only_claims_to_be_a_picture_has_no_thumbnails(studio: Driver) -> None:
    file = await uploaded(studio, b"nothing of the kind", "image/png", "p.png")
    assert not {"width", "height", "thumbnails"} & set(file)


@pytest.mark.parametrize("kind", ["", "text/plain; charset=utf-8", "ä", "a\nb", "\ud800"])
async def test_any_content_type_is_served_or_replaced(studio: Driver, kind: str) -> None:
    file = await uploaded(studio, b"x", kind)
    found = await fetch(studio, file["url"])
    assert found.status_code == 200
    assert found.headers["content-type"] in (kind, "?", "application/octet-stream")


async def test_a_file_of_the_sandbox_is_copied_by_its_link(studio: Driver) -> None:
    file = await uploaded(studio, png(10, 10), "image/png", "p.png")
    body = {"fields": {"Name": "Copy", "Files": [{"url": file["url"], "filename": "q.png"}]}}
    copy = some((await studio("POST", f"{STUDIO}/Projects", body)).fields["Files"])[0]
    assert isinstance(copy, dict)
    assert copy["id"] != file["id"]
    assert (copy["filename"], copy["width"], copy["size"]) == ("q.png", 10, file["size"])
    assert (await fetch(studio, copy["url"])).content == png(10, 10)


async def test_a_file_given_by_url_is_not_fetched_and_gets_the_type_its_name_suggests(studio: Driver) -> None:
    given = [{"url": "https://a.example/b%20c.pdf"}, {"url": "https://a.example/x", "filename": "no type"}]
    made = await studio("POST", f"{STUDIO}/Projects", {"fields": {"Name": "P", "Files": given}})
    first, second = some(made.fields["Files"])
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["url"], first["filename"], first["type"]) == (given[0]["url"], "b c.pdf", "application/pdf")
    assert not {"type", "size"} & set(second)


async def test_a_refused_request_leaves_no_bytes_behind(studio: Driver) -> None:
    file = await uploaded(studio)
    before = dict(studio.sandbox.workspace.uploads)
    rows = [
        {"fields": {"Name": "A", "Files": [{"url": file["url"]}]}},
        {"fields": {"Name": "B", "Budget": "x"}},
    ]
    assert (await studio("POST", f"{STUDIO}/Projects", {"records": rows})).status == 422
    assert studio.sandbox.workspace.uploads == before


async def test_formulas_see_names_and_links(studio: Driver) -> None:
    await uploaded(studio, b"x", "text/plain", "needle.txt")
    (record,) = await studio.find("Projects", "FIND('needle.txt (http://sandbox/files/', {Files}&'')")
    assert record["fields"]
