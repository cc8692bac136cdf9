"""The sandbox's command line: its control API, and addresses others can reach."""

import asyncio
import signal

import httpx2
import pytest

from pyairtable_mcp.sandbox.serve import is_loopback, url_of

from .test_command_line import sandbox


async def test_the_control_api_is_announced_and_answers_whoever_knows_its_secret() -> None:
    arguments = ("--seed", "empty", "--control", "--control-secret", "hush", "--host", "0.0.0.0")
    async with sandbox(*arguments) as (process, told), httpx2.AsyncClient() as client:
        assert told["control"] == f"{told['url']}/_control"
        assert str(told["url"]).startswith("http://127.0.0.1:")
        assert (await client.get(str(told["control"]))).status_code == 401
        found = await client.post(f"{told['control']}/reset", headers={"X-Control-Secret": "hush"})
        assert found.json() == {"bases": [{"id": "appEmpty000000001", "name": "Empty"}]}
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), 10)
    (warning,) = err.decode().splitlines()
    assert warning.startswith("Warning: the sandbox listens on 0.0.0.0, not on this machine alone.")
    assert "without" not in warning


async def test_an_open_control_api_on_an_open_address_is_warned_of_and_neither_is_usual() -> None:
    async with sandbox("--seed", "empty", "--control", "--host", "0.0.0.0") as (process, _):
        process.terminate()
        _, err = await asyncio.wait_for(process.communicate(), 10)
    assert b"without it over the control API" in err
    async with sandbox("--seed", "empty") as (process, told), httpx2.AsyncClient() as client:
        assert "control" not in told
        assert (await client.get(f"{told['url']}/_control")).status_code == 404
        process.terminate()
        _, err = await asyncio.wait_for(process.communicate(), 10)
    assert err == b""


@pytest.mark.parametrize(
    ("host", "alone", "url"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:80"),
        ("localhost", True, "http://localhost:80"),
        ("::1", True, "http://[::1]:80"),
        ("0.0.0.0", False, "http://127.0.0.1:80"),
        ("::", False, "http://127.0.0.1:80"),
        ("192.0.2.7", False, "http://192.0.2.7:80"),
        ("sandbox.example", False, "http://sandbox.example:80"),
    ],
)
def test_addresses_are_told_apart(host: str, alone: bool, url: str) -> None:
    assert (is_loopback(host), url_of(host, 80)) == (alone, url)
