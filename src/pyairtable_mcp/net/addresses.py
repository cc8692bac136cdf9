"""Which network addresses a request of somebody else's making may reach: public ones, none that hides one.

Pure. IPv6 has forms that carry an IPv4 address (mapped, 6to4, NAT64, ISATAP); the carried address is judged
as well, because the way may end there. What is reserved stands in IANA's registries of special-purpose
addresses, of which each Python knows another state.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_RESERVED: Final = tuple(map(IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24")))
_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given to anybody in IPv6; whatever else there is has a purpose of its own."""
_DOCUMENTED: Final = IPv6Network("3fff::/20")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def why_not(address: Address) -> str:
    """Say why an address may not be reached; "" when it may."""
    public = all(map(_is_public, (address, *_carried(address))))
    return "" if public else f"{address} is not a public address"


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        reserved = any(address in network for network in _RESERVED)
        return address.is_global and not address.is_multicast and not reserved
    if address in _MAPPED or address in _NAT64:
        # As public as the address it carries.
        return True
    return address in _UNICAST and address.is_global and address not in _DOCUMENTED


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour:
        yield address.sixtofour
    isatap = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    if isatap or address in _MAPPED or address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


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
