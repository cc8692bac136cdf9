"""Where somebody calls from, as far as counting goes."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

_NETWORK: Final = 64
"""Bits of an IPv6 address that one subscriber cannot choose."""


def place_of(address: str) -> str:
    """Return what tells one caller's network from another: an IPv4 address, or the /64 of an IPv6 one.

    What is no address, such as the name of a socket, stands for itself.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), _NETWORK), strict=False))
