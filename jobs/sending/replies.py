"""What a server answered, and how it is made fit to be kept: one line, no address (law 7), not too long."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from digest.errors import TransportError

# Stands before the last answer to a mail that was put off too often.
GAVE_UP = "gave up: "

_LONGEST, _LONGEST_SHOWN = 300, 1000
# Positive, but never the answer to a command of ours between greeting and QUIT (RFC 5321, 4.2.3).
_OUT_OF_PLACE = frozenset({211, 214, 220, 221, 235})
# More is not looked at: on an endless word the pattern below takes the square of its length.
_READ = 600
# Also in the form servers put into links: ann%40example.com.
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'?&]+((?:@|%40)[^\s<>()\[\]:;,\"'?&/]+)", re.IGNORECASE)
_MASK = "…@…"
# Without one of these a line has no address in any form, nor anything to make shorter.
_SUSPECT = re.compile(r"[@=]|%40|  |^ | $")


class Accepted(NamedTuple):
    """The server took it. ``text`` is fit to be kept."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused this recipient or this message. ``text`` is fit to be kept."""

    code: int
    text: str

    @property
    def permanent(self) -> bool:
        """Whether trying again is pointless: 5xx (RFC 5321, 4.2.1)."""
        return self.code >= 500


class OutcomeUnknown(Exception):
    """The connection broke after the message began to leave: the server may or may not have taken it."""


class PutOff(TransportError):
    """The server asks to be left alone for a while: 421, or 4yz before it was told of a reader."""


class NotLetIn(PutOff):
    """The server does not take one more connection now."""


def is_positive(code: int) -> bool:
    """Tell whether a code says yes: any 2yz (RFC 5321, 4.3.2) that can be an answer to a mail's commands."""
    return 200 <= code < 300 and code not in _OUT_OF_PLACE


def fit_to_keep(reply: str, address: str | None = None) -> str:
    """Return ``reply`` as one printable line of at most 300 characters with every address masked.

    ``address``, the reader's own, is found in forms too that the general pattern does not know.
    """
    local = address.rpartition("@")[0].lower() if address else ""
    named = bool(local) and local in reply.lower()
    if not named and reply.isascii() and reply.isprintable() and not _SUSPECT.search(reply):
        return _cut(reply, _LONGEST)
    line = _one_line(reply)
    for form in (address, address.replace("@", "=")) if address else ():
        # Asked first: a pattern of its own for every reader is dear, and servers seldom echo the address.
        if form.lower() in line.lower():
            line = re.sub(re.escape(form), _MASK, line, flags=re.IGNORECASE)
    if named:
        # Alone, too, as in "550 no such user: ann".
        line = _alone(local).sub("…", line)
    return _cut(_ADDRESS.sub(_MASK, line), _LONGEST)


def fit_to_show(line: str, addresses: Iterable[str] = ()) -> str:
    """Return ``line`` for a log that a person asked for: printable, every local part masked, domains kept.

    Those of ``addresses`` are found alone too, as in "550 no such user: ann".
    """
    line = _one_line(line)
    for address in addresses:
        local = address.rpartition("@")[0]
        if local and local.lower() in line.lower():
            line = _alone(local).sub("…", line)
    return _cut(_ADDRESS.sub(r"…\1", line), _LONGEST_SHOWN)


def _alone(local: str) -> re.Pattern[str]:
    """Return the pattern of a local part that is no part of a longer word."""
    return re.compile(rf"(?<![^\W_]){re.escape(local)}(?![^\W_])", re.IGNORECASE)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text[:_READ]).split())


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else line[: longest - 1] + "…"
