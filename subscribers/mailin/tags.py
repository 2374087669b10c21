"""Tokens for the part of an address behind its ``+``: short, and the same in capitals and small letters.

A link's token (``subscribers.tokens``) would not fit: a local part has at most 64 octets (RFC 5321,
4.5.3.1.1), and some mail servers write it all in lower case.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from digest.keyed import keyed
from subscribers.base32 import base32, from_base32
from subscribers.tokens import BadToken

# 96 bits. Whoever guesses takes a stranger off the list, one mail to us for each try.
_SIGNATURE = 12


def leaving_tag(keys: Sequence[str], public_id: str) -> str:
    """Return the tag that takes the reader ``public_id`` off the list: at most 45 letters and digits."""
    return base32(_packed(public_id) + _signature(keys[0], public_id))


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
    if not any(hmac.compare_digest(given, leaving_tag([key], public_id).encode()) for key in keys):
        raise BadToken("this address is not complete or not one of ours")
    return public_id


def _signature(key: str, public_id: str) -> bytes:
    return keyed(key.encode(), "leaving by mail", public_id.encode())[:_SIGNATURE]


def _packed(public_id: str) -> bytes:
    """Return a public id as the sixteen bytes it is made of, or as its letters if it is not."""
    if len(public_id) == 22:
        packed = urlsafe_b64decode(f"{public_id}==")
        if _unpacked(packed) == public_id:
            return packed
    return public_id.encode()


def _unpacked(packed: bytes) -> str:
    if len(packed) == 16:
        return urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    return packed.decode("ascii")
