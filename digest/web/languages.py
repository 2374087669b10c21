"""The language that a visitor whom nobody knows would like to read."""

from __future__ import annotations

from digest.frames import ENGLISH, LANGUAGES

# Browsers send a handful.
_MOST = 20


def wished(header: str) -> str:
    """Return which of our languages an Accept-Language header likes best (RFC 9110, 12.5.4), else English."""
    best, weight = ENGLISH, 0.0
    for part in header.split(",")[:_MOST]:
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES and _weight(parameter) > weight:
            best, weight = language, _weight(parameter)
    return best


def _weight(parameter: str) -> float:
    """Return the number in ``q=0.8``: 1 if there is none, 0 for what is no number."""
    _, _, number = parameter.partition("=")
    try:
        return float(number) if number else 1.0
    except ValueError:
        return 0.0
