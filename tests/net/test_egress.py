"""Requests to addresses that callers name reach public places only, however they are spelt."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.errors import AppError, BadValue, NotAllowed, OutcomeUnknown, Unavailable
from pyairtable_mcp.net.addresses import Allowed, address_of, why_not
from pyairtable_mcp.net.egress import MAX_ANSWER, Egress, Outgoing, resolved

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.1.2.3",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fe80::5efe:127.0.0.1", "2001:470::5efe:10.0.0.1", "2001:470::200:5efe:192.168.0.1",
    "192.0.0.192", "192.88.99.1", "64:ff9b:1:7f00:0:1::", "64:ff9b:1::808:808", "::ffff:0:127.0.0.1",
    "fec0::1", "3fff::1", "5f00::1", "100::1", "4000::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2001:4860:4860::8888", "2002:808:808::"]
SPELT = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://0x7f.1/", "http://localhost/", "http://localhost./", "http://LOCALHOST/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://0/", "http://0.0.0.0:80/",
    "https://127.0.0.1:443/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]:8080/x",
]  # fmt: skip
NO_ADDRESS = [
    "", "x", "//example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://x/", "http://",
    "http:///x", "http://user@example.com/", "http://user:pw@127.0.0.1/", "http://example.com@127.0.0.1/",
    "https:example.com", "javascript:alert(1)", "data:text/plain,x", "http://[::1", "unix:/run/x",
    "http://example.com:99999/", "http://ex\u00e4mple.com/", "http://example.com/\u00fc", "http://example.com\\@x/",
    "http://example.com/a b", "http://example.com/\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_not_public_is_told_as_such(text: str) -> None:
    assert why_not(address_of(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_reached(text: str) -> None:
    assert why_not(address_of(text)) == ""


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_in_every_form_that_carries_it(address: object) -> None:
    own = bool(why_not(address_of(str(address))))
    for form in ("::ffff:{}", "64:ff9b::{}"):
        assert bool(why_not(address_of(form.format(address)))) == own


def egress(*addresses: str, allowed: Sequence[str] = ()) -> Egress:
    """Return a guard for which every name has these addresses; with none it asks the system."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Egress(Allowed(allowed), resolve=resolve if addresses else resolved)


def to(url: str, method: str = "GET", body: bytes | None = None, *, repeatable: bool = False) -> Outgoing:
    return Outgoing(method=method, url=url, headers={}, body=body, repeatable=repeatable)


@pytest.mark.parametrize("url", SPELT)
async def test_this_machine_is_not_reached_however_it_is_spelt(url: str) -> None:
    with pytest.raises((NotAllowed, Unavailable)) as caught:
        await egress().send(to(url), seconds=5)
    assert "may not be reached" in str(caught.value) or "no usable answer" in str(caught.value)


@pytest.mark.parametrize("text", PRIVATE)
async def test_a_name_that_leads_to_such_an_address_is_refused(text: str) -> None:
    with pytest.raises(NotAllowed, match="not a public address"):
        await egress(text).send(to("https://example.com/"), seconds=5)
    with pytest.raises(NotAllowed):
        await egress("8.8.8.8", text).send(to("https://example.com/"), seconds=5)


@pytest.mark.parametrize("url", NO_ADDRESS)
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadValue):
        await egress("8.8.8.8").send(to(url), seconds=5)


@pytest.mark.parametrize(
    "headers", [{"X-A": "a\r\nX-B: b"}, {"X-A": "\u00fc"}, {"X A": "a"}, {"": "a"}, {"X:": "a"}]
)
async def test_a_header_that_cannot_be_sent_is_refused(headers: dict[str, str]) -> None:
    outgoing = Outgoing(method="GET", url="https://example.com/", headers=headers)
    with pytest.raises(BadValue, match="cannot be sent"):
        await egress("8.8.8.8").send(outgoing, seconds=5)


@given(
    st.text() | st.text().map("http://{}/".format) | st.text(".:@[]%-x0").map("https://{}".format),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)
async def test_whatever_is_named_is_refused_as_a_fault_of_the_caller(
    url: str, headers: dict[str, str]
) -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        return ()

    outgoing = Outgoing(method="GET", url=url, headers=headers, repeatable=True)
    with pytest.raises(AppError):
        await Egress(Allowed(), resolve=nowhere).send(outgoing, seconds=5)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.com"])
async def test_what_is_too_long_for_a_name_has_no_address(host: str) -> None:
    with pytest.raises(Unavailable, match="no usable answer"):
        await egress().send(to(f"http://{host}/", repeatable=True), seconds=5)


async def test_a_redirect_to_what_is_no_address_is_refused() -> None:
    async def send(port: int) -> object:
        with pytest.raises(BadValue, match="is no address"):
            await egress(allowed=["127.0.0.1"]).send(to(f"http://127.0.0.1:{port}/"), seconds=5)
        return None

    await asked(lambda _: answer("302 Found", b"", "Location: http://[::1"), send)


Handler = Callable[[bytes], bytes]


async def serving(handler: Handler) -> tuple[asyncio.Server, int, list[bytes]]:
    """Serve raw answers on this machine; return the server, its port and the requests it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        got.append(head)
        writer.write(handler(head))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, family=socket.AF_INET)
    return server, server.sockets[0].getsockname()[1], got


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def asked(handler: Handler, send: Callable[[int], Awaitable[object]]) -> tuple[object, list[bytes]]:
    server, port, got = await serving(handler)
    async with server:
        return await send(port), got


async def test_an_allowed_place_is_reached_and_its_answer_read() -> None:
    async def send(port: int) -> object:
        guard = egress(allowed=["127.0.0.0/8"])
        return await guard.send(to(f"http://127.0.0.1:{port}/x?y=1", "POST", body=b"{}"), seconds=5)

    found, got = await asked(lambda _: answer("201 Created", b"made"), send)
    assert (getattr(found, "status", 0), getattr(found, "body", b"")) == (201, b"made")
    assert got[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")


async def test_a_redirect_is_judged_like_the_first_address() -> None:
    async def send(port: int) -> object:
        guard = egress(allowed=["localhost"])
        with pytest.raises(NotAllowed):
            await guard.send(to(f"http://localhost:{port}/"), seconds=5)
        return None

    _, got = await asked(lambda _: answer("302 Found", b"", "Location: http://169.254.169.254/latest"), send)
    assert len(got) == 1


async def test_a_redirect_within_the_place_is_followed_and_a_circle_ends() -> None:
    async def send(port: int) -> object:
        guard = egress(allowed=["127.0.0.1"])
        found = await guard.send(to(f"http://127.0.0.1:{port}/a"), seconds=5)
        with pytest.raises(Unavailable, match="redirects more than 5 times"):
            await guard.send(to(f"http://127.0.0.1:{port}/round"), seconds=5)
        return found

    def handler(head: bytes) -> bytes:
        path = head.split()[1]
        moves = {b"/a": "/b", b"/round": "/round"}
        if path in moves:
            return answer("302 Found", b"", f"Location: {moves[path]}")
        return answer("200 OK", b"there")

    found, _ = await asked(handler, send)
    assert getattr(found, "body", b"") == b"there"


async def test_another_host_does_not_see_the_credentials() -> None:
    seen: list[bytes] = []
    other, other_port, seen = await serving(lambda _: answer("200 OK"))
    headers = {"Authorization": "Bearer secret", "X-Plain": "kept"}

    async def send(port: int) -> object:
        guard = egress(allowed=["127.0.0.1"])
        url = f"http://127.0.0.1:{port}/"
        return await guard.send(Outgoing(method="GET", url=url, headers=headers), seconds=5)

    async with other:
        move = answer("307 Temporary Redirect", b"", f"Location: http://127.0.0.1:{other_port}/")
        await asked(lambda _: move, send)
    assert b"secret" not in seen[0]
    assert b"kept" in seen[0]


@pytest.mark.parametrize(("repeatable", "kind"), [(False, OutcomeUnknown), (True, Unavailable)])
async def test_a_broken_answer_is_unknown_unless_it_may_be_sent_again(
    repeatable: bool, kind: type[AppError]
) -> None:
    async def send(port: int) -> object:
        guard = egress(allowed=["127.0.0.1"])
        asked_for = to(f"http://127.0.0.1:{port}/", "POST", b"{}", repeatable=repeatable)
        with pytest.raises(kind):
            await guard.send(asked_for, seconds=5)
        return None

    await asked(lambda _: b"", send)


async def test_an_answer_without_end_is_not_read_to_the_end() -> None:
    async def send(port: int) -> object:
        guard = egress(allowed=["127.0.0.1"])
        with pytest.raises(Unavailable, match="larger than"):
            await guard.send(to(f"http://127.0.0.1:{port}/"), seconds=5)
        return None

    await asked(lambda _: answer("200 OK", b"x" * (MAX_ANSWER + 1)), send)


@pytest.mark.parametrize("entry", ["http://x", "10.0.0.0/40", "a b", ""])
def test_an_entry_of_the_allow_list_that_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a host name"):
        Allowed([entry])
