"""Which network addresses a request of somebody else's making may reach: public ones, none that hides one.

Pure. IPv6 has forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64, ISATAP); the carried address is
judged as well, because the way may end there.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_SHARED: Final = ip_network("100.64.0.0/10")


def why_not(address: Address) -> str:
    """Say why an address may not be reached; "" when it may."""
    for each in (address, *_carried(address)):
        if not each.is_global or each.is_multicast or each in _SHARED:
            return f"{address} is not a public address"
    return ""


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _NAT64) or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield low
    if int(address) >> 32 == 0 and int(address) > 1:
        # The deprecated IPv4-compatible form, ::a.b.c.d.
        yield low


class Allowed:
    """Hosts and networks that may be reached although they are not public: names, addresses or CIDR ranges.

    Raises `ValueError` for an entry that is none of these.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self._names = frozenset(each.lower() for each in entries if not _is_network(each))
        self._networks = tuple(ip_network(each, strict=False) for each in entries if _is_network(each))
        strange = [each for each in self._names if not each or any(sign in each for sign in "/: ")]
        if strange:
            raise ValueError(f"{strange[0]!r} is neither a host name nor an address or a range of them")

    def names(self, host: str) -> bool:
        """Tell whether a host is allowed by its name."""
        return host.lower().rstrip(".") in self._names

    def holds(self, address: Address) -> bool:
        """Tell whether an address is allowed."""
        return any(address in network for network in self._networks if network.version == address.version)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def address_of(text: str) -> Address:
    """Return an address; a scope behind `%` is left out. Raises `ValueError`."""
    return ip_address(text.partition("%")[0])
