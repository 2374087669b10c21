"""Bounce addresses of our own making: every mail leaves with an envelope sender that says whose it is.

``bounces+TOKEN@news.example.com`` (VERP, variable envelope return path). A mail server that cannot deliver
writes to that address (RFC 5321, 6.1), so the address tells which mail to which reader came back, whatever
the bounce itself claims. The token is letters and digits of one case, since some servers lower an address;
it is sealed, so that nobody can make one or read ids out of it.

Sealed as in RFC 5297, with HMAC-SHA256: a tag over the content (96 bits) both proves it and masks it. That
needs no random nonce, keeps a token at 40 characters, and one mail always has the same one.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from digest.keyed import keyed
from subscribers.base32 import base32, from_base32
from subscribers.tokens import BadToken, Purpose

LENGTH = 40
# What stands before the token: "bounces+" and, for a longer name, the rest of RFC 5321's 64 octets.
LONGEST_NAME = 64 - LENGTH - 1

_TAG = 12
_FOR_TAG, _FOR_MASK = f"{Purpose.BOUNCE}:tag", f"{Purpose.BOUNCE}:mask"
_EPOCH = date(1970, 1, 1)
# Kind, day, number and reader; the last two take five bytes each, of which struct knows the parts.
_PLAIN = struct.Struct(">BHBIBI")


class Sort(IntEnum):
    """What sort of mail: an issue, numbered by its week (202647), or a notice by its row."""

    ISSUE = 1
    NOTICE = 2


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one reader: what a bounce address stands for. ``day`` (UTC) is when it was sent."""

    sort: Sort
    number: int
    reader_id: int
    day: date

    def __str__(self) -> str:
        """Return the mail's name for people: ``2026-W47``, ``notice 12``."""
        year, week = divmod(self.number, 100)
        return f"{year}-W{week:02d}" if self.sort is Sort.ISSUE else f"notice {self.number}"


class BounceTokens:
    """Seals and opens bounce tokens with the keys of this installation (``digest.secrets.secret_keys``).

    The first key seals, all of them open. Sealing takes some microseconds.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def sender(self, address: str, mail: Mail) -> str:
        """Return the envelope sender of a mail, ``name+TOKEN@domain``, for the bounce address of all."""
        name, _, domain = address.rpartition("@")
        return f"{name}+{self.seal(mail)}@{domain}"

    def seal(self, mail: Mail) -> str:
        """Return the token of a mail: 40 characters of ``[a-z2-7]``."""
        days = (mail.day - _EPOCH).days
        number, reader = divmod(mail.number, 1 << 32), divmod(mail.reader_id, 1 << 32)
        plain = _PLAIN.pack(mail.sort, days, *number, *reader)
        tag = _tag(self._keys[0], plain)
        return base32(tag + _masked(self._keys[0], tag, plain))

    def open(self, address: str) -> Mail:
        """Return the mail an address was made for; letters may have changed their case on the way.

        Raises BadToken for an address without a token, or with one that we did not make.
        """
        token = address.rpartition("@")[0].rpartition("+")[2]
        try:
            sealed = from_base32(token) if len(token) == LENGTH else b""
        except ValueError:
            sealed = b""
        tag, masked = sealed[:_TAG], sealed[_TAG:]
        for key in self._keys if sealed else ():
            plain = _masked(key, tag, masked)
            if hmac.compare_digest(_tag(key, plain), tag):
                return _unpacked(plain)
        raise BadToken("this is not a bounce address of ours")


def _unpacked(plain: bytes) -> Mail:
    sort, days, number_high, number, reader_high, reader = _PLAIN.unpack(plain)
    return Mail(
        Sort(sort),
        (number_high << 32) + number,
        (reader_high << 32) + reader,
        _EPOCH + timedelta(days=days),
    )


def _tag(key: bytes, plain: bytes) -> bytes:
    return keyed(key, _FOR_TAG, plain)[:_TAG]


def _masked(key: bytes, tag: bytes, text: bytes) -> bytes:
    """Return ``text`` masked, or a masked one unmasked: with a stream that only the key's holder can make."""
    stream = keyed(key, _FOR_MASK, tag)[: len(text)]
    return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(text), "big")
