"""Which addresses a fetch may reach: public ones, whatever dress a private one comes in. Pure.

A feed's URL and every redirect of it are somebody else's words; none of them may make this machine talk to
itself, to its neighbours, or to the metadata service of the cloud it stands in.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA special-purpose ranges that ``is_global`` lets through in one Python or another: protocol assignments
# and the relays of 6to4 (RFC 6890, RFC 7526).
_ODD = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
# All global unicast addresses begin here (RFC 4291, 2.4, and IANA's registry).
_UNICAST = IPv6Network("2000::/3")
# An IPv6-only machine reaches IPv4 through these (RFC 6052, 2.1); the last 32 bits say where it ends up.
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address, written out, is a host on the public internet: global unicast and nothing else.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts as what it is. Raises ValueError for what
    is no address.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    inner = _embedded(parsed)
    if inner is not None:
        return _is_public_v4(inner)
    return parsed in _UNICAST and parsed.is_global


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in odd for odd in _ODD)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
