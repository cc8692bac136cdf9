"""Which Host and Origin are answered at all, decided before anything else of a request is looked at.

A page of somebody else's can make a browser send requests here, by our address or by a name of its own that
it lets point to us; it can lie about neither header. MCP demands the check of Origin (specification
2026-07-28, transports, security warning).
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Gate:
    """The names this server answers to, in lower case and without ports, and the origins of pages it serves.

    `local` origins are pages of this machine, whatever their port.
    """

    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    local: bool = False


@dataclass(frozen=True)
class Turned:
    """Why a request is turned away, and with which status."""

    status: int
    reason: str


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on can be reached from this machine alone."""
    if host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def gate_of(listening: str, public_url: str, hosts: Iterable[str], origins: Iterable[str]) -> Gate:
    """Return the gate of a server that listens on an address; `public_url` is "" if it is known by none."""
    local = is_loopback(listening)
    named = {one.lower() for one in hosts}
    allowed = {one.lower().rstrip("/") for one in origins}
    if public_url:
        parts = urlsplit(public_url)
        named.add((parts.hostname or "").lower())
        allowed.add(f"{parts.scheme}://{parts.netloc}".lower())
    if local:
        named |= LOOPBACK | {listening}
    return Gate(frozenset(named), frozenset(allowed), local)


def turned_away(gate: Gate, hosts: Sequence[str], origins: Sequence[str]) -> Turned | None:
    """Judge the Host and Origin headers of a request, of which there should be one and at most one."""
    if len(hosts) != 1 or _name_of(hosts[0]) not in gate.hosts:
        return Turned(421, "This server does not answer to that host name.")
    if not origins:
        return None
    if len(origins) != 1 or not _is_welcome(gate, origins[0].lower()):
        return Turned(403, "Pages of that origin may not use this server.")
    return None


def _name_of(host: str) -> str:
    """Return a Host header without its port, in lower case; "" when it is not one."""
    if any(char in host for char in "/@\\?# \t") or not host.isascii():
        return ""
    with suppress(ValueError):
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "") if parts.port != 0 else ""
    return ""


def _is_welcome(gate: Gate, origin: str) -> bool:
    if origin in gate.origins:
        return True
    if not gate.local:
        return False
    with suppress(ValueError):
        parts = urlsplit(origin)
        bare = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        return bare and parts.scheme in ("http", "https") and parts.hostname in LOOPBACK and parts.port != 0
    return False
