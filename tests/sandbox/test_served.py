"""The sandbox on a real socket: what it announces, and whose port it is; tests/clients tries the clients."""

import io

import pytest

from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox

from .serving import serving


def test_the_first_line_says_where_with_what_token_and_which_bases() -> None:
    with serving(Sandbox()) as line:
        assert str(line["url"]).startswith("http://127.0.0.1:")
        assert line["token"] == DEFAULT_TOKEN
        assert line["bases"] == [
            {"id": "appStudio00000001", "name": "Studio"},
            {"id": "appArchive0000001", "name": "Archive"},
        ]


async def test_a_taken_port_is_an_error() -> None:
    with serving(Sandbox("empty")) as line:
        port = int(str(line["url"]).rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            await serve_sandbox(Sandbox("empty"), port=port, token=DEFAULT_TOKEN, out=io.StringIO())
