"""Base32 (RFC 4648, section 6) for addresses: in small letters, without padding.

A reader's copy of an issue has two such addresses, and ``base64.b32encode``, which is written in Python, was
the largest part of what it cost to make. Here all letters are made at once, in less than half of its time.
"""

from __future__ import annotations

from base64 import b32decode
from struct import Struct

_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256, b"\0")
# A local part has no more letters (RFC 5321, 4.5.3.1.1). Eight of them are five bytes.
_MOST = 64
_MOST_FIVES = _MOST // 8
_FIVES, _LANES = ([Struct(five * count) for count in range(_MOST_FIVES + 1)] for five in ("5s", "3x5s"))


def _upper_halves(bits: int, lane: int) -> int:
    """Return the number that has ``bits`` of each lane of ``lane`` bits set, above as many that are not."""
    return sum((1 << bits) - 1 << start + bits for start in range(0, 64 * _MOST_FIVES, lane))


# Forty bits stand in a lane of 64. Each step moves the upper half of them into the upper half of their lane,
# which makes it two, until five bits stand in each byte. To move bits, what they gain by it is added to them:
# ``x << n`` is ``x + x * ((1 << n) - 1)``.
_TWENTIES, _TENS, _SINGLES = (_upper_halves(bits, 2 * lane) for bits, lane in ((20, 32), (10, 16), (5, 8)))


def base32(data: bytes) -> str:
    """Return at most 40 bytes as letters and digits of ``[a-z2-7]``. Raises ValueError for more."""
    size = len(data)
    count = (size + 4) // 5
    if count > _MOST_FIVES:
        raise ValueError(f"{size} bytes do not fit into {_MOST} letters")
    fives = _FIVES[count].unpack(data.ljust(5 * count, b"\0"))
    number = int.from_bytes(_LANES[count].pack(*fives), "big")
    number += (number & _TWENTIES) * 0xFFF
    number += (number & _TENS) * 0x3F
    number += (number & _SINGLES) * 0x7
    return number.to_bytes(8 * count, "big").translate(_LETTERS)[: (8 * size + 4) // 5].decode("ascii")


def from_base32(text: str) -> bytes:
    """Return the bytes of ``text``, whose letters may have changed their case.

    Raises ValueError for what is none. Bits to spare in the last letter are not looked at, so that several
    texts may give the same bytes.
    """
    # "ß" and others would become letters of base32 by being made large.
    if not text.isascii() or len(text) > _MOST:
        raise ValueError(f"a text of at most {_MOST} letters and digits is asked for")
    return b32decode(text.upper() + "=" * (-len(text) % 8))
