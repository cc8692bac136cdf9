from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext, suppress
from random import Random
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.airtable import Airtable, open_airtable
from pyairtable_mcp.airtable.paths import api_path
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import BadValue, NotFound
from tests.net.stub import Message
from tests.support.payloads import ODDITIES, TRAVERSALS


@pytest.mark.parametrize("segment", TRAVERSALS)
def test_what_could_leave_its_place_is_refused(segment: str) -> None:
    with pytest.raises(BadValue, match="cannot name an Airtable object"):
        api_path("app1", segment)


@pytest.mark.parametrize("segment", ODDITIES)
def test_whatever_else_stays_one_segment(segment: str) -> None:
    path = api_path("app1", segment, "x")
    assert path.count("/") == 4
    assert path.isascii()
    assert not set(path) & set("?#\\ ")
    assert unquote(path.split("/")[3]) == segment


@given(st.text(max_size=30))
def test_every_text_is_refused_or_survives_as_one_segment(segment: str) -> None:
    try:
        path = api_path(segment)
    except BadValue:
        return
    head, _, rest = path.partition("/v0/")
    assert (head, "/" in rest, unquote(rest)) == ("", False, segment)
    assert rest not in (".", "..")


class Witness:
    """An application that notes the raw path of every request."""

    def __init__(self) -> None:
        self.paths: list[bytes] = []

    async def __call__(
        self,
        scope: Message,
        _receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.paths.append(scope["raw_path"])
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b'{"error":"NOT_FOUND"}'})


Use = Callable[[Airtable, str], Awaitable[object]]
USES: dict[str, tuple[Use, str]] = {
    "base of a schema": (lambda at, x: at.schema(x), "/v0/meta/bases/{}/tables"),
    "base of collaborators": (lambda at, x: at.collaborators(x), "/v0/meta/bases/{}"),
    "table of an update": (lambda at, x: at.update_table("app1", x, {}), "/v0/meta/bases/app1/tables/{}"),
    "table of a new field": (
        lambda at, x: at.create_field("app1", x, {}),
        "/v0/meta/bases/app1/tables/{}/fields",
    ),
    "field of an update": (
        lambda at, x: at.update_field("app1", "tbl1", x, {}),
        "/v0/meta/bases/app1/tables/tbl1/fields/{}",
    ),
    "base of a create": (lambda at, x: at.create_records(x, "tbl1", [{}]), "/v0/{}/tbl1"),
    "table of a create": (lambda at, x: at.create_records("app1", x, [{}]), "/v0/app1/{}"),
    "table of a delete": (lambda at, x: at.delete_records("app1", x, ["rec1"]), "/v0/app1/{}"),
    "record of comments": (lambda at, x: at.comments("app1", "tbl1", x), "/v0/app1/tbl1/{}/comments"),
    "record of a new comment": (
        lambda at, x: at.create_comment("app1", "tbl1", x, "hi"),
        "/v0/app1/tbl1/{}/comments",
    ),
    "field of an upload": (
        lambda at, x: at.upload_attachment(
            "app1", "rec1", x, filename="a", content_type="text/plain", content=b""
        ),
        "/v0/app1/rec1/{}/uploadAttachment",
    ),
}


@pytest.fixture
async def witnessed() -> AsyncIterator[tuple[Airtable, Witness]]:
    witness = Witness()
    clock = ManualClock()
    async with open_airtable(
        token="pat", clock=clock, rng=Random(1), asgi_app=witness, rate_per_base=0, rate_per_token=0
    ) as at:
        yield at, witness


@pytest.mark.parametrize("use", USES)
async def test_no_id_takes_a_request_out_of_its_place(use: str, witnessed: tuple[Airtable, Witness]) -> None:
    """Whatever the id, what reaches the server is the intended path with one encoded segment, or nothing."""
    at, witness = witnessed
    call, place = USES[use]
    before, after = place.split("{}")
    for segment in TRAVERSALS + ODDITIES:
        witness.paths.clear()
        with suppress(NotFound), pytest.raises(BadValue) if segment in TRAVERSALS else nullcontext():
            await call(at, segment)
        for raw in witness.paths:
            path = raw.decode()
            assert path.startswith(before)
            assert path.endswith(after)
            assert "/" not in path[len(before) : len(path) - len(after)]
        assert len(witness.paths) == (0 if segment in TRAVERSALS else 1), segment
