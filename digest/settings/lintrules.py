"""Lint's rules by name: here, because ``[lint] silence`` is checked without reading a single rule. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches

# Every rule id a finding may carry.
RULES = (
    "alt-text",
    "clients",
    "contrast",
    "headers",
    "headings",
    "identity",
    "image-status",
    "image-weight",
    "image-width",
    "language",
    "link-host",
    "link-scheme",
    "link-status",
    "link-words",
    "mime",
    "preheader-length",
    "size",
    "slots",
    "spam-words",
    "spamassassin",
    "subject-honest",
    "subject-length",
    "table-role",
    "text-parity",
    "text-size",
    "text-width",
)
# One feature of the clients' data by its slug, as a finding names it.
_FEATURE = re.compile(r"clients:(?:css|html|image)-[a-z0-9-]+")


def known_rule(name: str) -> str:
    """Return ``name`` if it is a rule or one feature of ``clients``; raises ValueError with the nearest."""
    if name in RULES or _FEATURE.fullmatch(name):
        return name
    near = get_close_matches(name, RULES, n=1)
    raise ValueError(f"{name} is no rule" + (f"; did you mean {near[0]}?" if near else "; see docs/lint.md"))
