"""The network in a test: names mean what the test says, and no connection is made but to its own server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote

import pytest

from tests.support.forbidden import NAMES, OPEN

HERE = "127.0.0.1"
DOCUMENT = "/.well-known/oauth-authorization-server"


@dataclass
class Net:
    """Where connections were tried to go, and what the test's own server was asked for, at `port`.

    It answers well at `/fine`, and counts that; from `/moved/...` it sends on, and the issuers at `/keys/...`
    have a document that says where their keys are.
    """

    port: int
    tried: list[tuple[str, int]] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    fine: int = 0
    _asked: dict[str, int] = field(default_factory=dict)

    def breaches(self) -> list[str]:
        """Return what should not have happened since the last time."""
        public = [one for one in self.tried if ip_address(one[0].partition("%")[0]).is_global]
        away = [one for one in self.tried if one not in public]
        # Whoever is let in by the name asks for nothing but this.
        fair = [
            path for path in self.served if path.startswith(("/fine", "/moved/", "/keys/", "/.well-known/"))
        ]
        for _ in fair:
            away.remove((HERE, self.port))
        wrong = [f"connected to {host}:{port}" for host, port in away]
        wrong += [f"asked for {path}" for path in self.served if path not in fair]
        self.tried.clear()
        self.served.clear()
        self._asked.clear()
        return wrong

    def meaning(self, host: str) -> Sequence[str]:
        """Return what a name means this time."""
        told: Mapping[str, Sequence[Sequence[str]]] = {**NAMES, OPEN: [[HERE]]}
        answers = told.get(host.lower().rstrip("."), [[]])
        turn = self._asked.get(host, 0)
        self._asked[host] = turn + 1
        return answers[min(turn, len(answers) - 1)]


@asynccontextmanager
async def network(patch: pytest.MonkeyPatch) -> AsyncIterator[Net]:
    """Serve what sends on, and let nothing else be reached."""
    net = Net(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode()
            net.served.append(path)
            net.fine += path == "/fine"
            writer.write(_answer(path, net.port).encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HERE, 0, family=socket.AF_INET)
    net.port = server.sockets[0].getsockname()[1]
    with patch.context() as patched:
        _watch(patched, net)
        async with server:
            yield net


def _answer(path: str, port: int) -> str:
    status, more, body = "200 OK", "", ""
    if path.startswith("/moved/"):
        status, more = "307 Moved", f"Location: {unquote(path.removeprefix('/moved/'))}\r\n"
    elif path.startswith(DOCUMENT):
        issuer = path.removeprefix(DOCUMENT)
        told = {"issuer": f"http://{OPEN}:{port}{issuer}", "jwks_uri": unquote(issuer.removeprefix("/keys/"))}
        body = json.dumps(told)
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}"


def _watch(patch: pytest.MonkeyPatch, net: Net) -> None:
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: str, port: Any, *args: Any, **more: Any) -> list[Any]:
        with suppress(socket.gaierror):
            # Numbers in any spelling are taken as the system takes them.
            return resolve(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        found = [one for each in net.meaning(host) for one in resolve(each, port, type=socket.SOCK_STREAM)]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "nobody has that name")
        return found

    def watched(self: socket.socket, address: Any) -> None:
        net.tried.append((address[0], address[1]))
        if tuple(address[:2]) != (HERE, net.port):
            raise ConnectionRefusedError("nothing leaves a test")
        connect(self, address)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    patch.setattr(socket.socket, "connect", watched, raising=False)
