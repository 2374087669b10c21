"""Slots: the personal places in a rendered e-mail.

A template never sees a reader. Where something personal goes it prints a mark, made of a sentinel that
nobody outside can guess, so that no tool's text can pass for one. Marks are letters and digits only: they
survive HTML, URLs, MJML and the inlining of CSS unchanged.
"""

from __future__ import annotations

import re

from digest.keyed import keyed

# Names of the slots a body may hold. Each is filled with a signed token of that purpose.
BODY_SLOTS = ("unsubscribe", "preferences", "vote", "saved")


def sentinel_for(secret: bytes, key: str) -> str:
    """Return the sentinel of one edition: the same for the same secret and key, else unguessable."""
    return "s" + keyed(secret, "slots", key.encode()).hex()[:24]


def mark(sentinel: str, name: str) -> str:
    """Return the mark of the slot ``name``: ``<sentinel>x<name>x``."""
    return f"{sentinel}x{name}x"


def mark_pattern(sentinel: str) -> re.Pattern[str]:
    """Return the pattern that finds every mark; group 1 is the slot's name."""
    return re.compile(rf"{re.escape(sentinel)}x([a-z]+?)x")
