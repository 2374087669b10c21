"""The mail server to send through, read from one URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from digest.errors import SettingsError

_SHAPE = "write it like smtp://user:password@host:587, smtps://user:password@host or lmtp://host"
_ENCODE = "percent-encode special characters of user and password (@ is %40, / is %2F, # is %23, ? is %3F)"


class Security(StrEnum):
    """How the connection is secured. There is no "if offered": who sits in between would not offer it."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server and how to talk to it. Certificates are always verified.

    ``ca`` is a PEM file with the authority to trust instead of the system's, for a server inside the house.
    """

    host: str
    port: int
    security: Security
    lmtp: bool = False
    user: str | None = None
    password: str = field(default="", repr=False)
    ca: str | None = None

    @property
    def name(self) -> str:
        """What messages call it: scheme, host and port, never a credential."""
        scheme = "lmtp" if self.lmtp else "smtps" if self.security is Security.TLS else "smtp"
        return f"{scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Relay:
        """Return the relay of ``[smtp] url``.

        Raises SettingsError that says what to write and never repeats the URL, which may hold a password.

        - ``smtp://`` uses STARTTLS, and sends nothing without it, unless the host is this machine or the URL
          says ``?tls=none``. Port 587 with a user (RFC 6409), else 25.
        - ``smtps://`` is TLS from the first byte. Port 465 (RFC 8314).
        - ``lmtp://`` as ``smtp://``, port 24.
        - ``?ca=/path/ca.pem`` trusts that authority.

        A user and a password never go over a clear connection to another machine.
        """
        parts, host, port = _split(url)
        options = _options(parts.query)
        user, password = unquote(parts.username or "") or None, unquote(parts.password or "")
        if password and user is None:
            raise _wrong("has a password but no user")
        near = _is_this_machine(host)
        security = _security(parts.scheme, options.get("tls"), near)
        if user is not None and security is Security.NONE and not near:
            raise _wrong("would send the password in the clear; leave out tls=none")
        default = {"smtps": 465, "lmtp": 24, "smtp": 25 if user is None else 587}[parts.scheme]
        return cls(host, port or default, security, parts.scheme == "lmtp", user, password, options.get("ca"))


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise _wrong(f"holds a space or a control character; {_SHAPE}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong(f"is not a URL with a host and a port; {_SHAPE}; {_ENCODE}") from None
    if parts.scheme not in ("smtp", "smtps", "lmtp"):
        raise _wrong(f"does not begin with smtp://, smtps:// or lmtp://; {_SHAPE}")
    if not host:
        raise _wrong(f"names no host; {_SHAPE}")
    if parts.path.strip("/") or parts.fragment:
        raise _wrong(f"has something behind the host; {_ENCODE}")
    return parts, host, port


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("?", "")]
    if {key for key, _ in pairs} - {"tls", "ca"}:
        raise _wrong(f"knows only the options tls=starttls, tls=none and ca=FILE; {_ENCODE}")
    return dict(pairs)


def _security(scheme: str, asked: str | None, near: bool) -> Security:
    if scheme == "smtps":
        if asked is not None:
            raise _wrong("begins with smtps://, which is TLS throughout; leave out tls=…")
        return Security.TLS
    if asked is None:
        return Security.NONE if near else Security.STARTTLS
    if asked not in (Security.STARTTLS, Security.NONE):
        raise _wrong("has an unknown tls=…; write tls=starttls or tls=none, or smtps:// for TLS throughout")
    return Security(asked)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"[smtp] url (DIGEST_SMTP_URL) {what}")
