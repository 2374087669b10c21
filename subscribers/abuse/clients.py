"""Where a request came from: an address as a number, and the networks it counts with."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address

# A machine walks through its IPv6 /64 at will; a site has up to a /48 (RFC 6177).
_CLIENT = {4: 32, 6: 64}
_NETWORK = {4: 24, 6: 48}


def client_address(host: str | None, proxies: Sequence[str]) -> IpAddress | None:
    """Return who a request came from, None where that is not known.

    ``host`` is the other end of the connection, or what a trusted proxy said (X-Forwarded-For). One of the
    ``proxies`` itself is nobody: everybody's requests would count as one client's.
    """
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return None if any(address in ip_network(proxy) for proxy in proxies) else address


def client_part(address: IpAddress) -> str:
    """Return what one client is counted by: the IPv4 address, or its IPv6 /64."""
    return str(ip_network((address, _CLIENT[address.version]), strict=False))


def network_part(address: IpAddress) -> str:
    """Return what one network is counted by: the IPv4 /24, or the IPv6 /48."""
    return str(ip_network((address, _NETWORK[address.version]), strict=False))
