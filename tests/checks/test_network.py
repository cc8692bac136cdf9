"""What may open connections, and what may name an address: whatever is new has to be thought about here."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyairtable_mcp.base.settings import leaves
from pyairtable_mcp.surface.catalog import CATALOG
from tests.checks.program import PACKAGE, Source, python_files
from tests.checks.test_habits import imported_names, uses_of
from tests.remote.test_forbidden_addresses import WAYS
from tests.support.behaviours import behaviour

SPEAKING: Final = frozenset({
    "aiohttp", "ftplib", "h11", "http.client", "httpcore", "httpcore2", "httpx", "httpx2", "imaplib",
    "poplib", "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request",
    "urllib3", "websockets", "xmlrpc.client",
})  # fmt: skip
"""What can open a connection, and is imported for that."""
CALLED: Final = frozenset({
    "connect_tcp", "connect_unix", "create_connection", "create_datagram_endpoint", "create_unix_connection",
    "getaddrinfo", "open_connection", "open_unix_connection", "sock_connect",
})  # fmt: skip
"""What opens one, or looks a name up, and is called for that."""
SPEAKERS: Final[Mapping[str, str]] = {
    "airtable/bridge.py requests": "its errors alone; what pyairtable sends goes through net/http.py",
    "console/serving.py socket": "listens, and hands that on to workers",
    "engine/opening.py socket": "the name of this machine",
    "net/egress.py connect_tcp": "the guarded way out",
    "net/egress.py getaddrinfo": "the guarded way out",
    "net/egress.py httpcore2": "the guarded way out",
    "net/egress.py socket": "the guarded way out",
    "net/http.py httpx2": "Airtable's API, at the operator's endpoint",
    "sandbox/connections.py socket": "listens",
    "sandbox/webhooks/posting.py http.client": "its types alone",
    "sandbox/webhooks/posting.py urllib.request": "the sandbox notifies, as Airtable would",
    "transport/http/serving.py socket": "listens",
}
GUARDED: Final = frozenset({"pyairtable_mcp.net.egress.Egress", "pyairtable_mcp.net.egress.Outgoing"})
USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "app/endpoint.py": (),
    "auth/airtable_oauth.py": ("sign_in_at_airtable",),
    "auth/discovery.py": ("issuer", "keys_in_its_document"),
    "auth/keysets.py": ("keys_of_the_issuer", "token_header"),
    "auth/linking.py": ("sign_in_at_airtable",),
    "auth/oauth/book.py": ("question", "program"),
    "auth/opening.py": (),
    "engine/launching.py": (),
    "engine/steps/calling.py": (
        "request_of_a_step", "undoing_request", "computed_address", "automation",
    ),
}  # fmt: skip
"""Who has to do with the guarded way out, and by which ways addresses get there; () only hands it on."""
ARGUMENTS: Final[Mapping[str, str]] = {"attach_file url": "attachment"}
"""Arguments of tools that are addresses, and the ways that try them."""
OPERATORS: Final[Mapping[str, str]] = {
    "airtable.endpoint_url": "where the operator's Airtable is, perhaps on this machine",
    "auth.airtable_login_url": "sign_in_at_airtable",
    "auth.issuer": "issuer",
    "auth.audience": "this server's own name: nothing is asked there",
    "auth.jwks_url": "keys_of_the_issuer",
    "http.public_url": "this server's own address: given to clients and to Airtable",
    "http.origins": "compared with what browsers say",
    "store": "the operator's database",
}
"""Settings that hold addresses: what is done with them, or the way that tries them."""


def speakers() -> Iterator[str]:
    """Yield every module of ours with what it has that can open a connection."""
    for file in python_files("src"):
        names = set(imported_names(file.tree).values())
        for each in SPEAKING:
            if any(name == each or name.startswith(f"{each}.") for name in names):
                yield f"{_short(file)} {each}"
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and node.attr in CALLED:
                yield f"{_short(file)} {node.attr}"


def users_of_the_guard() -> set[str]:
    """Return every module that has to do with requests to addresses that somebody names."""
    return {
        _short(file)
        for file in python_files("src")
        if GUARDED & set(imported_names(file.tree).values()) or any(uses_of(file, GUARDED))
    }


def address_arguments() -> set[str]:
    """Return the arguments of tools that are called an address."""
    return {
        f"{tool.name} {name}"
        for tool in CATALOG
        for name in _properties(tool.args.model_json_schema())
        if any(word in ("url", "uri", "href", "endpoint", "webhook") for word in name.lower().split("_"))
    }


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for each in schema.values():
            yield from _properties(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _properties(each)


def _short(file: Source) -> str:
    return file.path.relative_to(PACKAGE).as_posix()


@behaviour("network.classified")
def test_only_what_is_known_can_open_connections() -> None:
    assert set(speakers()) == set(SPEAKERS)


@behaviour("network.classified")
def test_every_request_to_an_address_that_somebody_names_is_tried_with_forbidden_ones() -> None:
    assert users_of_the_guard() == set(USERS)
    assert {way for ways in USERS.values() for way in ways} <= set(WAYS)


@behaviour("network.classified")
def test_every_argument_of_a_tool_that_is_an_address_is_tried_with_forbidden_ones() -> None:
    assert address_arguments() == set(ARGUMENTS)
    assert set(ARGUMENTS.values()) <= set(WAYS)


@behaviour("network.classified")
def test_it_is_known_of_every_setting_that_is_an_address_what_is_done_with_it() -> None:
    words = ("url", "address", "issuer", "origins", "audience", "store")
    found = {".".join(leaf.path) for leaf in leaves() if leaf.path[-1].endswith(words)}
    assert found == set(OPERATORS)
