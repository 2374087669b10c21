"""What a link's address says before anybody opens it: whether it is whole, and whether it is ours. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from digest.catalogue.feeds.addresses import is_public

_PORTS = {"http": 80, "https": 443}
# Names that only this machine, or the house's own network, knows (RFC 6761, RFC 6762).
_NEAR = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def parts_of(address: str) -> SplitResult | None:
    """Return the parts of an address; None for what nobody can take apart, such as ``http://[x/``."""
    try:
        parts = urlsplit(address)
        # Both are only looked at when they are asked for, and may raise.
        _ = (parts.hostname, parts.port)
    except ValueError:
        return None
    return parts


def own_path(address: str, base_url: str) -> str | None:
    """Return path and query of a link to our own pages, below ``base_url``; None for every other link.

    Ours is what has the same scheme, host and port and lies below the same path: another's host that only
    begins like ours is not.
    """
    parts, base = parts_of(address), parts_of(base_url)
    if parts is None or base is None or _origin(parts) != _origin(base):
        return None
    below = base.path.rstrip("/")
    if parts.path != below and not parts.path.startswith(f"{below}/"):
        return None
    return (parts.path.removeprefix(below) or "/") + (f"?{parts.query}" if parts.query else "")


def is_web(address: str) -> bool:
    """Whether an address is one that a browser opens."""
    parts = parts_of(address)
    return parts is not None and parts.scheme in _PORTS and bool(parts.hostname)


def is_near(host: str) -> bool:
    """Whether a host is only reached from this machine or its neighbours, as far as its name tells."""
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(_NEAR)


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
