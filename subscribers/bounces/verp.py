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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from digest.keyed import hasher_for
from subscribers.base32 import base32, from_base32
from subscribers.tokens import BadToken, Purpose

LENGTH = 40
# What stands before the token: "bounces+" and, for a longer name, the rest of RFC 5321's 64 octets.
LONGEST_NAME = 64 - LENGTH - 1

_TAG = 12
_FOR_TAG, _FOR_MASK = f"{Purpose.BOUNCE}:tag", f"{Purpose.BOUNCE}:mask"
_EPOCH = date(1970, 1, 1)
# Kind, day, number and reader; the last two take five bytes each, which struct knows as bytes only.
_PLAIN, _ID = struct.Struct(">BH5s5s"), 5


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
        # What gives a tag, and what gives the stream that masks: of each key.
        self._seals = [
            (hasher_for(key.encode(), _FOR_TAG), hasher_for(key.encode(), _FOR_MASK)) for key in keys
        ]

    def sender(self, address: str, mail: Mail) -> str:
        """Return the envelope sender of a mail, ``name+TOKEN@domain``, for the bounce address of all."""
        return self.senders(address, mail.sort, mail.number, mail.day)(mail.reader_id)

    def senders(self, address: str, sort: Sort, number: int, day: date) -> Callable[[int], str]:
        """Return the function that gives the envelope sender of a mail that goes to many, by reader."""
        name, _, domain = address.rpartition("@")
        seal = self._sealing(sort, number, day)
        return lambda reader_id: f"{name}+{seal(reader_id)}@{domain}"

    def seal(self, mail: Mail) -> str:
        """Return the token of a mail: 40 characters of ``[a-z2-7]``."""
        return self._sealing(mail.sort, mail.number, mail.day)(mail.reader_id)

    def _sealing(self, sort: Sort, number: int, day: date) -> Callable[[int], str]:
        tagged, streamed = self._seals[0]
        shared = _PLAIN.pack(sort, (day - _EPOCH).days, number.to_bytes(_ID, "big"), b"")[:-_ID]

        def sealed(reader_id: int) -> str:
            plain = shared + reader_id.to_bytes(_ID, "big")
            tag = tagged(plain)[:_TAG]
            return base32(tag + _masked(streamed(tag), plain))

        return sealed

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
        for tagged, streamed in self._seals if sealed else ():
            plain = _masked(streamed(tag), masked)
            if hmac.compare_digest(tagged(plain)[:_TAG], tag):
                return _unpacked(plain)
        raise BadToken("this is not a bounce address of ours")


def _masked(stream: bytes, text: bytes) -> bytes:
    """Return ``text`` masked, or a masked one unmasked: with a stream that only the key's holder can make."""
    size = len(text)
    return (int.from_bytes(text, "big") ^ int.from_bytes(stream[:size], "big")).to_bytes(size, "big")


def _unpacked(plain: bytes) -> Mail:
    sort, days, number, reader = _PLAIN.unpack(plain)
    return Mail(
        Sort(sort),
        int.from_bytes(number, "big"),
        int.from_bytes(reader, "big"),
        _EPOCH + timedelta(days=days),
    )
