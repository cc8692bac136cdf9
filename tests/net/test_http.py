import asyncio
import gzip
import socket

import pytest

from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.net.http import Http, NoAnswer, NotSent, Request, Response, TooLong, open_http
from tests.net.stub import Answer, created, hangs_up, plain, says, serving, silent


def get(url: str) -> Request:
    return Request(method="GET", url=url)


async def send(url: str, http: Http | None = None, *, seconds: float | None = None) -> tuple[Response, int]:
    """Send a GET and return the answer and how often the sending was reported."""
    sent: list[None] = []
    async with open_http() as own:
        answer = await (http or own).send(get(url), lambda: sent.append(None), seconds=seconds)
    return answer, len(sent)


async def test_an_answer_comes_back_whole_and_the_sending_is_reported_once() -> None:
    async with serving(says(plain(b'{"a":1}', headers="X-Kind: A\r\n"))) as stub:
        answer, sent = await send(stub.url)
    assert (answer.status, answer.headers["x-kind"], answer.body, sent) == (200, "A", b'{"a":1}', 1)


async def test_the_sending_is_reported_before_any_answer_is_there() -> None:
    left = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await left.wait()
        writer.write(plain())

    async with serving(late) as stub, open_http() as http:
        answer = await http.send(get(stub.url), left.set)
    assert answer.status == 200


async def test_nothing_is_sent_when_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NotSent, match="ConnectError"):
        await send(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://[::1"])
async def test_an_address_that_is_none_sends_nothing(url: str) -> None:
    with pytest.raises(NotSent):
        await send(url)


@pytest.mark.parametrize(
    "broken",
    [
        hangs_up(),
        hangs_up(b"HTTP/1.1 200 OK\r\nContent-Le"),
        hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        says(plain(b"no gzip", headers="Content-Encoding: gzip\r\n")),
    ],
    ids=["no answer", "half a head", "half a body", "not HTTP", "bad encoding"],
)
async def test_a_broken_answer_is_no_answer(broken: Answer) -> None:
    async with serving(broken) as stub:
        with pytest.raises(NoAnswer):
            await send(stub.url)


async def test_an_exchange_that_takes_too_long_is_no_answer() -> None:
    # The client is open and connected before the clock runs: that takes a busy machine longer than this.
    async with serving(says(plain()), silent) as stub, open_http() as http:
        await http.send(get(stub.url), lambda: None)
        with pytest.raises(NoAnswer, match="Timeout"):
            await http.send(get(stub.url), lambda: None, seconds=0.05)


async def test_a_body_beyond_the_bound_is_not_read_to_its_end() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with (
        serving(says(plain(bomb, headers="Content-Encoding: gzip\r\n"))) as stub,
        open_http(max_body=1_000_000) as http,
    ):
        with pytest.raises(TooLong):
            await http.send(get(stub.url), lambda: None)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with serving(says(plain(status="302 Found", headers="Location: http://example.com/\r\n"))) as stub:
        answer, _ = await send(stub.url)
        assert (answer.status, len(stub.received)) == (302, 1)


async def test_connections_are_kept_and_cookies_are_not() -> None:
    async with serving(says(plain(headers="Set-Cookie: a=b; Path=/\r\n"))) as stub, open_http() as http:
        for _ in range(3):
            await http.send(get(stub.url), lambda: None)
        assert stub.connections == 1
        assert not any(b"cookie" in head.lower() for head in stub.received)


async def test_a_body_goes_out_as_compact_json() -> None:
    async with serving(says(plain())) as stub, open_http() as http:
        request = Request(method="POST", url=stub.url, json={"text": "ü\ud800", "n": [1, None]})
        await http.send(request, lambda: None)
        head, body = stub.received[0].split(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert body == b'{"text":"\\u00fc\\ud800","n":[1,null]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_json_has_no_word_for_is_refused(number: float) -> None:
    with pytest.raises(BadValue, match="NaN"):
        Request(method="POST", url="http://x", json=[number]).content()


def test_the_target_is_encoded_so_that_its_length_is_what_is_sent() -> None:
    request = Request(method="GET", url="http://x/v0/a%2Fb", query=(("fields[]", "a b&c"), ("é", "+")))
    assert request.target == "http://x/v0/a%2Fb?fields%5B%5D=a%20b%26c&%C3%A9=%2B"
    assert request.host == "x"


async def test_the_target_reaches_the_server_as_it_stands() -> None:
    async with serving(says(plain())) as stub:
        await send(f"{stub.url}/v0/a%2F%252e%252e/%E2%80%AE?x=%2B%20")
        assert stub.received[0].split(b"\r\n")[0] == b"GET /v0/a%2F%252e%252e/%E2%80%AE?x=%2B%20 HTTP/1.1"


async def test_an_application_in_this_process_answers_like_a_server() -> None:
    async with open_http(created) as http:
        answer, sent = await send("http://anywhere/", http)
    assert (answer.status, answer.headers["x-a"], sent) == (201, "1", 1)


async def test_a_crash_of_an_application_in_this_process_is_no_answer() -> None:
    async def app(*_: object) -> None:
        raise KeyError("oops")

    async with open_http(app) as http:
        with pytest.raises(NoAnswer, match="broke off"):
            await send("http://anywhere/", http)


async def test_a_client_that_was_never_used_closes_quietly() -> None:
    async with open_http():
        pass
