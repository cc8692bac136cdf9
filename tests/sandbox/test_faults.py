"""What a scripted fault does, over the app and over a real socket."""

import asyncio
import json
import socket
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from pyairtable_mcp.base.clock import settle
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault, Sandbox

from .driving import STUDIO, Driver
from .serving import serving

ROW = {"fields": {"Name": "Faulty"}}


async def named_faulty(studio: Driver) -> int:
    return len(await studio.find("Clients", "{Name}='Faulty'"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nonsense"},
        {"status": 99},
        {"status": 600},
        {"chance": 1.5},
        {"times": -1},
        {"skip": -1},
        {"keep": -1},
        {"delay": -0.1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Fault(**wrong)


async def test_a_fault_may_keep_to_one_route(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault("GET", route="/v0/{base}/{table}", status=500))
    record = (await studio("GET", "/v0/meta/bases")).body
    assert record["bases"]
    assert (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).status == 500


async def test_a_fault_without_an_end_strikes_until_it_is_removed(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault(status=500, times=0), Fault(status=501))
    assert {(await studio("GET", "/v0/meta/whoami")).status for _ in range(5)} == {500}
    (endless, other) = studio.sandbox.faults
    assert (endless.number, endless.met, other.met) == (1, 5, 0)
    studio.sandbox.faults.remove(endless.number)
    assert (await studio("GET", "/v0/meta/whoami")).status == 501
    with pytest.raises(KeyError):
        studio.sandbox.faults.remove(endless.number)


async def test_chance_strikes_its_share_and_the_same_ones_for_the_same_seed(studio: Driver) -> None:
    async def run(seed: int) -> list[int]:
        studio.sandbox.faults.clear()
        studio.sandbox.faults.add(Fault(status=500, times=0, chance=0.3, seed=seed))
        return [(await studio("GET", "/v0/meta/whoami")).status for _ in range(200)]

    first = await run(1)
    assert first == await run(1)
    assert first != await run(2)
    assert 30 <= Counter(first)[500] <= 90


async def test_a_delay_passes_by_the_sandboxs_clock_before_the_change_or_after_it(studio: Driver) -> None:
    for before in (True, False):
        studio.sandbox.faults.add(Fault("POST", kind="pass", delay=20, before_commit=before))
        had = await named_faulty(studio)
        sent = asyncio.create_task(studio("POST", f"{STUDIO}/Clients", ROW))
        await settle()
        await studio.clock.advance(19)
        assert not sent.done()
        assert await named_faulty(studio) == had + (0 if before else 1)
        await studio.clock.advance(2)
        assert (await sent).status == 200
        assert await named_faulty(studio) == had + 1


@pytest.mark.parametrize("before", [True, False])
async def test_a_reset_connection_answers_nothing(studio: Driver, before: bool) -> None:
    studio.sandbox.faults.add(Fault("POST", kind="reset", before_commit=before))
    with pytest.raises(httpx2.ReadError):
        await studio("POST", f"{STUDIO}/Clients", ROW)
    assert studio.sandbox.requests[-1].status == 0
    assert await named_faulty(studio) == (0 if before else 1)


async def test_a_cut_answer_is_the_beginning_of_the_true_one(studio: Driver) -> None:
    studio.sandbox.faults.add(Fault("POST", kind="cut", keep=25))
    with pytest.raises(httpx2.ReadError):
        await studio("POST", f"{STUDIO}/Clients", ROW)
    assert await named_faulty(studio) == 1
    studio.sandbox.faults.add(Fault("GET", kind="cut", keep=10_000))
    assert (await studio("GET", "/v0/meta/whoami")).status == 200


async def test_garbage_and_pages_come_with_the_status_and_headers_asked_for(studio: Driver) -> None:
    studio.sandbox.faults.add(
        Fault(kind="garbage", status=200), Fault(kind="html", status=502, headers={"Retry-After": "3"})
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=studio.sandbox.app),
        base_url="http://sandbox",
        headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"},
    ) as client:
        garbage = await client.get("/v0/meta/whoami")
        page = await client.get("/v0/meta/whoami")
    assert (garbage.status_code, garbage.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        garbage.json()
    assert (page.status_code, page.headers["retry-after"]) == (502, "3")
    assert page.text.startswith("<html>")


def exchanged(url: str, request: bytes) -> tuple[bytes, bool]:
    """Return what a server sent for a request before the connection ended, and whether it was a reset."""
    received = b""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5) as wire:
        wire.sendall(request)
        try:
            while piece := wire.recv(65_536):
                received += piece
        except ConnectionResetError:
            return received, True
    return received, False


def asked(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {DEFAULT_TOKEN}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_on_a_socket_a_reset_is_a_reset_and_not_a_byte_is_sent() -> None:
    sandbox = Sandbox(rate=0)
    with serving(sandbox) as line:
        for before in (True, False):
            sandbox.faults.add(Fault(kind="reset", before_commit=before))
            body = json.dumps(ROW).encode()
            assert exchanged(str(line["url"]), asked("POST", f"{STUDIO}/Clients", body)) == (b"", True)
    assert [each.lost for each in sandbox.writes] == [True]


def test_on_a_socket_a_cut_answer_promises_all_of_it_and_ends_early() -> None:
    sandbox = Sandbox(rate=0)
    with serving(sandbox) as line:
        sandbox.faults.add(Fault(kind="cut", keep=30))
        received, reset = exchanged(
            str(line["url"]), asked("POST", f"{STUDIO}/Clients", json.dumps(ROW).encode())
        )
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        promised = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert (len(body), promised > 30, reset) == (30, True, False)
        assert body.startswith(b'{"id":"rec')
        (made,) = sandbox.writes
        assert made.created[0].encode() in body


def test_on_a_socket_a_broken_body_ends_early_and_the_server_lives_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = Sandbox(rate=0)
    with serving(sandbox) as line:
        sandbox.faults.add(Fault(status=0))
        received, _ = exchanged(str(line["url"]), asked("GET", "/v0/meta/whoami"))
        assert received.endswith(b'{"records":[')
        with httpx2.Client(headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"}) as client:
            assert client.get(f"{line['url']}/v0/meta/whoami").status_code == 200
    assert not caplog.records
