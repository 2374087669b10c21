"""The mailbox to poll, read from one URL."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from digest.errors import SettingsError

_SHAPE = (
    "write it like imaps://user:password@imap.example.com, special characters percent-encoded (@ is %40); "
    "?ca=FILE trusts an authority of the house"
)

_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, slots=True)
class Account:
    """An IMAP account. Certificates are always verified.

    ``imaps`` is TLS from the first byte; without, the connection is secured by STARTTLS, unless the host is
    this machine: no password goes to another in the clear.
    """

    host: str
    port: int
    imaps: bool
    user: str
    password: str = field(repr=False)
    ca: str | None = None

    @property
    def name(self) -> str:
        """What messages call it: scheme, host and port, never a credential."""
        return f"{'imaps' if self.imaps else 'imap'}://{self.host}:{self.port}"

    @property
    def near(self) -> bool:
        """Whether it is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @classmethod
    def parse(cls, url: str) -> Account:
        """Return the account of ``[mailin] imap``.

        Raises SettingsError that says what to write and never repeats the URL, which holds a password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise _wrong("is not a URL with a user, a password and a host") from None
        if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.fragment:
            raise _wrong("is not imaps:// or imap:// and a host, with nothing behind it")
        if not parts.username or not parts.password:
            raise _wrong("lacks a user or a password")
        if options.keys() - {"ca"}:
            raise _wrong("has an option that is not known")
        user, password = unquote(parts.username), unquote(parts.password)
        if not (user + password).isprintable():
            raise _wrong("has a control character in user or password")
        port = port or _PORTS[parts.scheme]
        return cls(host, port, parts.scheme == "imaps", user, password, options.get("ca"))

    def trust(self) -> ssl.SSLContext:
        """Return what certificates are verified with; raises SettingsError for an authority that is none."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError):
            raise _wrong("names a ca that is not a readable PEM file") from None


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"[mailin] imap {what}; {_SHAPE}")
