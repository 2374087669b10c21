"""A mail server to send through, read from one URL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from digest.errors import SettingsError, TransportError

# What messages call the setting.
SETTING = "[smtp] url (DIGEST_SMTP_URL)"
HEAVIEST = 1000

_SHAPE = (
    "write it like smtp://user:password@host:587, smtps://user:password@host, lmtp://host "
    "or smtp:///path/of/socket"
)
_ENCODE = "percent-encode special characters of user and password (@ is %40, / is %2F, # is %23, ? is %3F)"
_KNOWN = ("tls", "ca", "auth", "token_file", "weight")
# sun_path of unix(7), its closing NUL left out.
_LONGEST_PATH = 107
_BEGINNING = re.compile(r"(smtps?|lmtp)://", re.IGNORECASE)
_LONGEST_TOKEN_FILE = 16_384
_TOKEN = re.compile(r"[!-~]+")


class Security(StrEnum):
    """How the connection is secured. There is no "if offered": who sits in between would not offer it."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Mechanism(StrEnum):
    """A way to log in, by its SASL name in lower case."""

    PLAIN = "plain"
    LOGIN = "login"
    CRAM_MD5 = "cram-md5"
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server and how to talk to it. Certificates are always verified.

    It is at ``host`` and ``port``, or at ``path``, a Unix socket of this machine; then ``host`` is empty.
    ``ca`` is a PEM file with the authority to trust instead of the system's, for a server inside the house.
    ``auth`` is the mechanism to log in by, None for the best of those offered. Of several relays, each gets
    a share of the messages by its ``weight``; with 0 it is a standby, used only while no other can be.
    """

    host: str
    port: int
    security: Security
    lmtp: bool = False
    user: str | None = None
    password: str = field(default="", repr=False)
    ca: str | None = None
    path: str | None = None
    auth: Mechanism | None = None
    token_file: str | None = None
    weight: int = 1

    @property
    def name(self) -> str:
        """What messages call it: scheme, host and port (or the socket's path), never a credential."""
        scheme = "lmtp" if self.lmtp else "smtps" if self.security is Security.TLS else "smtp"
        if self.path is not None:
            return f"{scheme}://{self.path}"
        return f"{scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def secret(self) -> str:
        """Return what to log in with: the password, or the access token that stands in ``token_file`` now.

        Raises TransportError, never permanent, when there is no token: whoever renews it may be at it.
        """
        if self.token_file is None:
            return self.password
        file = Path(self.token_file)
        try:
            # A pipe would keep us waiting for whoever writes into it.
            if not file.is_file() or file.stat().st_size > _LONGEST_TOKEN_FILE:
                raise self._without_token(
                    "is no file with an access token; write it there alone, in one line"
                )
            token = file.read_text("ascii").strip()
        except OSError as error:
            raise self._without_token(f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            token = ""
        if not _TOKEN.fullmatch(token):
            raise self._without_token("holds no access token; write it there alone, in one line")
        return token

    def _without_token(self, why: str) -> TransportError:
        return TransportError(f"{self.name}: {self.token_file} (?token_file=…) {why}", permanent=False)

    @classmethod
    def parse(cls, url: str, called: str = SETTING) -> Relay:
        """Return the relay of ``[smtp] url``, which messages call ``called``.

        Raises SettingsError that says what to write and never repeats the URL, which may hold a password.

        - ``smtp://`` uses STARTTLS, and sends nothing without it, unless the host is this machine or the URL
          says ``?tls=none``. Port 587 with a user (RFC 6409), else 25.
        - ``smtps://`` is TLS from the first byte. Port 465 (RFC 8314).
        - ``lmtp://`` as ``smtp://``, port 24.
        - ``smtp:///run/relay.sock`` and ``lmtp:///…`` are Unix sockets, in the clear.
        - ``?ca=/path/ca.pem`` trusts that authority.
        - ``?auth=`` plain, login, cram-md5 or xoauth2: logs in by this and nothing else.
        - ``?token_file=/run/token`` logs in by XOAUTH2 with the access token in that file, which is read
          again at each log-in; with ``?auth=xoauth2`` alone the token is the password.
        - ``?weight=`` 1 to 1000, or 0 for a standby.

        A user and a password never go over a clear connection to another machine.
        """
        try:
            return cls._parse(url)
        except _Faulty as fault:
            raise SettingsError(f"{called} {fault}") from None

    @classmethod
    def _parse(cls, url: str) -> Relay:
        parts, host, port = _split(url)
        path = None if host else _path(parts)
        options = _options(parts.query)
        user, password = _decoded(parts.username) or None, _decoded(parts.password)
        if password and user is None:
            raise _Faulty("has a password but no user")
        near = path is not None or _is_this_machine(host)
        security = _security(parts.scheme, options.get("tls"), near=near, socket=path is not None)
        if user is not None and security is Security.NONE and not near:
            raise _Faulty("would send the password in the clear; leave out tls=none")
        default = {"smtps": 465, "lmtp": 24, "smtp": 25 if user is None else 587}[parts.scheme]
        return cls(
            host=host,
            port=0 if path is not None else port or default,
            security=security,
            lmtp=parts.scheme == "lmtp",
            user=user,
            password=password,
            ca=options.get("ca"),
            path=path,
            auth=_mechanism(options, user, password),
            token_file=options.get("token_file"),
            weight=_weight(options.get("weight", "1")),
        )


class _Faulty(Exception):
    """What is wrong with a URL, in words that follow upon its name."""


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    """Return the URL's parts, the host ("" for a Unix socket) and the port."""
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise _Faulty(f"holds a space or a control character; {_SHAPE}")
    if not _BEGINNING.match(url):
        raise _Faulty(f"does not begin with smtp://, smtps:// or lmtp://; {_SHAPE}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _Faulty(
            f"is not a URL with a host and a port; {_SHAPE}, with an IPv6 address in brackets; {_ENCODE}"
        ) from None
    if "," in host or ";" in host:
        raise _Faulty("has a comma or semicolon in its host; several relays are separated by spaces")
    if parts.fragment or (host and parts.path.strip("/")):
        raise _Faulty(f"has something behind the host; a socket's path begins with three slashes; {_ENCODE}")
    # An IPv6 zone is written after %25 (RFC 6874, 2).
    return parts, unquote(host), port


def _path(parts: SplitResult) -> str:
    """Return the path of a Unix socket."""
    if not parts.path.strip("/"):
        raise _Faulty(f"names no host; {_SHAPE}")
    if ":" in parts.netloc.rpartition("@")[2]:
        raise _Faulty("has a port but no host; a Unix socket has no port")
    path = _decoded(parts.path)
    if path.endswith("/") or len(path.encode()) > _LONGEST_PATH:
        raise _Faulty(f"names no socket: its path is a folder's or longer than {_LONGEST_PATH} bytes")
    return path


def _decoded(part: str | None) -> str:
    """Return a part of the URL without its percent-encoding, which has to be that of UTF-8."""
    try:
        text = unquote(part or "", errors="strict")
    except UnicodeDecodeError:
        raise _Faulty("has percent-encoded letters that are not UTF-8") from None
    if not text.isprintable():
        raise _Faulty("has a control character in its user, password or path")
    return text


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("?", "")]
    options = dict(pairs)
    if options.keys() - {*_KNOWN}:
        raise _Faulty(f"knows only the options {', '.join(f'{key}=…' for key in _KNOWN)}; {_ENCODE}")
    if len(options) < len(pairs) or "" in options.values():
        raise _Faulty("has an option twice or without a value")
    return options


def _security(scheme: str, asked: str | None, *, near: bool, socket: bool) -> Security:
    if socket and (scheme == "smtps" or asked not in (None, Security.NONE)):
        raise _Faulty("asks for TLS over a Unix socket, which has no name to check; leave it out")
    if scheme == "smtps":
        if asked is not None:
            raise _Faulty("begins with smtps://, which is TLS throughout; leave out tls=…")
        return Security.TLS
    if asked is None:
        return Security.NONE if near else Security.STARTTLS
    if asked not in (Security.STARTTLS, Security.NONE):
        raise _Faulty("has an unknown tls=…; write tls=starttls or tls=none, or smtps:// for TLS throughout")
    return Security(asked)


def _mechanism(options: dict[str, str], user: str | None, password: str) -> Mechanism | None:
    asked, token_file = options.get("auth"), "token_file" in options
    if asked is not None and asked not in tuple(Mechanism):
        raise _Faulty(f"has an unknown auth=…; write one of {', '.join(Mechanism)}")
    if asked is None and not token_file:
        return None
    mechanism = Mechanism.XOAUTH2 if asked is None else Mechanism(asked)
    if user is None:
        raise _Faulty("says how to log in but not as whom; write the user before the host, user@host")
    if token_file and mechanism is not Mechanism.XOAUTH2:
        raise _Faulty("has a token_file=…, which only auth=xoauth2 reads")
    if token_file and password:
        raise _Faulty("has a password and a token_file=…; leave out one of them")
    if mechanism is Mechanism.XOAUTH2 and not token_file and not password:
        raise _Faulty("has no access token; name the file that holds it, token_file=/path")
    return mechanism


def _weight(asked: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", asked) or int(asked) > HEAVIEST:
        raise _Faulty(f"has an unknown weight=…; write 1 to {HEAVIEST}, or 0 for a standby")
    return int(asked)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
