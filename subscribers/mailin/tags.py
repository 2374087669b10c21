"""Tokens for the part of an address behind its ``+``: short, and the same in capitals and small letters.

A link's token (``subscribers.tokens``) would not fit: a local part has at most 64 octets (RFC 5321,
4.5.3.1.1), and some mail servers write it all in lower case.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Sequence

from digest.keyed import hasher_for
from subscribers.base32 import base32, from_base32
from subscribers.tokens import BadToken

# 96 bits. Whoever guesses takes a stranger off the list, one mail to us for each try.
_SIGNATURE = 12
# Sixteen bytes in URL-safe base64, the spare bits of the last letter 0: they are read back as this very id.
_SIXTEEN_BYTES = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def leaving_tags(key: str) -> Callable[[str], str]:
    """Return the function that gives the tag that takes a reader off the list, by their public id.

    A tag has at most 45 letters and digits for an id of ours.
    """
    hashed = hasher_for(key.encode(), "leaving by mail")

    def tag_of(public_id: str) -> str:
        value = public_id.encode()
        whole = _SIXTEEN_BYTES.fullmatch(public_id)
        packed = a2b_base64(value.translate(_FROM_URL_SAFE) + b"==") if whole else value
        return base32(packed + hashed(value)[:_SIGNATURE])

    return tag_of


def read_leaving_tag(keys: Sequence[str], tag: str) -> str:
    """Return the public id of the reader a tag was made for, with any of the keys. Raises BadToken."""
    try:
        signed = from_base32(tag)
        public_id = _unpacked(signed[:-_SIGNATURE])
    except ValueError:
        raise BadToken("this address is not complete or not one of ours") from None
    # The tags themselves are compared, not what they hold: the last letter has a bit to spare, and base32
    # would read two tags alike (RFC 4648, 3.5).
    given = tag.lower().encode()
    if not any(hmac.compare_digest(given, leaving_tags(key)(public_id).encode()) for key in keys):
        raise BadToken("this address is not complete or not one of ours")
    return public_id


def _unpacked(packed: bytes) -> str:
    if len(packed) == 16:
        return urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    return packed.decode("ascii")
