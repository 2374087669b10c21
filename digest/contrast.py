"""Whether one colour can be read on another (WCAG 2.2, 1.4.3 and its definition of contrast). Pure."""

from __future__ import annotations

# Black, not the house's ink: only with true black and white does one of the two reach 4.5 on every colour.
BLACK, WHITE = "#000000", "#ffffff"
# What text needs to be read (WCAG 2.2, 1.4.3).
LEAST = 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, written #rrggbb: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(ground: str) -> str:
    """Return black or white, whichever reads better on ``ground``; the ratio is 4.58 at the least."""
    return max((WHITE, BLACK), key=lambda colour: contrast(colour, ground))


def _luminance(colour: str) -> float:
    """Return the relative luminance, 0 for black to 1 for white."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
