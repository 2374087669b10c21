"""Keyed hashes: what signs, and what stands for something that must not be kept in plain."""

from __future__ import annotations

import hmac


def keyed(key: bytes, purpose: str, value: bytes) -> bytes:
    """Return the HMAC-SHA256 (RFC 2104) of ``purpose:value``: 32 bytes, of which a caller may keep fewer.

    Each use of the key has a purpose of its own, so that a hash made for one can never pass for another's.
    Many of them are stored or stand in mails: the bytes of a purpose never change.
    """
    return hmac.digest(key, f"{purpose}:".encode() + value, "sha256")


def stand_in(key: str, purpose: str, value: str) -> str:
    """Return what stands for ``value`` in a table or link: 32 hex digits (128 bits) of its keyed hash."""
    return keyed(key.encode(), purpose, value.encode()).hex()[:32]
