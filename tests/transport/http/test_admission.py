import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.transport.http.admission import Gate, gate_of, turned_away

LOCAL = gate_of("127.0.0.1", "", [], [])
PUBLIC = gate_of("0.0.0.0", "https://mcp.example.com", ["inside.example.com"], ["https://app.example.com/"])

WELCOME: list[tuple[Gate, str, list[str]]] = [
    (LOCAL, "127.0.0.1:8000", []),
    (LOCAL, "localhost", []),
    (LOCAL, "LOCALHOST:1", []),
    (LOCAL, "[::1]:8000", []),
    (LOCAL, "localhost:8000", ["http://localhost:6274"]),
    (LOCAL, "localhost:8000", ["http://127.0.0.1"]),
    (LOCAL, "localhost:8000", ["https://[::1]:1"]),
    (PUBLIC, "mcp.example.com", []),
    (PUBLIC, "mcp.example.com:443", ["https://mcp.example.com"]),
    (PUBLIC, "Inside.Example.com:8080", ["https://APP.example.com"]),
]
STRANGE_HOSTS: list[tuple[Gate, list[str]]] = [
    (LOCAL, []),
    (LOCAL, [""]),
    (LOCAL, ["evil.example:8000"]),
    (LOCAL, ["localhost.evil.example"]),
    (LOCAL, ["localhost", "localhost"]),
    (LOCAL, ["localhost@evil.example"]),
    (LOCAL, ["evil.example#localhost"]),
    (LOCAL, ["localhost:0"]),
    (LOCAL, ["localhost:99999"]),
    (LOCAL, ["localhost/"]),
    (LOCAL, ["127.0.0.1 "]),
    (LOCAL, ["127.1"]),
    (LOCAL, ["2130706433"]),
    (LOCAL, ["[::1"]),
    (LOCAL, ["\u217cocalhost"]),
    (PUBLIC, ["localhost"]),
    (PUBLIC, ["127.0.0.1:8000"]),
    (PUBLIC, ["0.0.0.0"]),
    (PUBLIC, ["mcp.example.com.evil.example"]),
    (PUBLIC, ["xmcp.example.com"]),
]
STRANGE_ORIGINS: list[tuple[Gate, str, list[str]]] = [
    (LOCAL, "localhost", ["null"]),
    (LOCAL, "localhost", [""]),
    (LOCAL, "localhost", ["https://evil.example"]),
    (LOCAL, "localhost", ["http://localhost.evil.example"]),
    (LOCAL, "localhost", ["http://localhost@evil.example"]),
    (LOCAL, "localhost", ["http://evil@localhost"]),
    (LOCAL, "localhost", ["file://localhost"]),
    (LOCAL, "localhost", ["http://localhost/path"]),
    (LOCAL, "localhost", ["http://localhost", "http://localhost"]),
    (LOCAL, "localhost", ["http://localhost:0"]),
    (PUBLIC, "mcp.example.com", ["http://mcp.example.com"]),
    (PUBLIC, "mcp.example.com", ["http://localhost"]),
    (PUBLIC, "mcp.example.com", ["https://app.example.com.evil.example"]),
    (PUBLIC, "mcp.example.com", ["https://app.example.com:444"]),
]


@pytest.mark.parametrize(("gate", "host", "origins"), WELCOME)
def test_who_calls_the_server_by_its_name_is_let_in(gate: Gate, host: str, origins: list[str]) -> None:
    assert turned_away(gate, [host], origins) is None


@pytest.mark.parametrize(("gate", "hosts"), STRANGE_HOSTS)
def test_a_host_name_that_is_not_the_servers_is_misdirected(gate: Gate, hosts: list[str]) -> None:
    turned = turned_away(gate, hosts, [])
    assert turned is not None
    assert turned.status == 421


@pytest.mark.parametrize(("gate", "host", "origins"), STRANGE_ORIGINS)
def test_a_page_of_somebody_elses_is_forbidden(gate: Gate, host: str, origins: list[str]) -> None:
    turned = turned_away(gate, [host], origins)
    assert turned is not None
    assert turned.status == 403


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_in_these_headers_does_more_than_to_be_turned_away(host: str, origin: str) -> None:
    for gate in (LOCAL, PUBLIC):
        turned = turned_away(gate, [host], [origin])
        assert turned is None or turned.status in (421, 403)
