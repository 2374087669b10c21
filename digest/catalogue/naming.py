"""Slugs: a tool's name in its address. Pure."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import count

from slugify import slugify

from digest.catalogue.values import name_key

# Two slugs make one address; this keeps it well below what browsers and mail gateways cut.
SLUG_LIMIT = 80


def slug_of(name: str) -> str:
    """Return the slug a name asks for: at most 80 of ``a-z0-9-``, other scripts spelled out in Latin letters.

    A name without a single letter or digit, such as an emoji, gets ``tool-`` and eight hex digits, always
    the same ones.
    """
    slug: str = slugify(name, max_length=SLUG_LIMIT, word_boundary=True)
    return slug or f"tool-{sha256(name_key(name).encode()).hexdigest()[:8]}"


def free_slug(wished: str, is_taken: Callable[[str], bool]) -> str:
    """Return ``wished``, or the first of ``wished-2``, ``wished-3``, … that is not taken."""
    if not is_taken(wished):
        return wished
    return next(slug for number in count(2) if not is_taken(slug := f"{wished}-{number}"))
