"""Colours as CSS and HTML write them, and what is seen where one lies over another (CSS Color 4). Pure."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

_URL = re.compile(r"url\([^)]*\)", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]+\b|(?:rgb|hsl)a?\([^)]*\)|(?<![-\w#.])[a-z]+(?![-\w(.])", re.IGNORECASE)
_PARTS = re.compile(r"[-+.\d]+(?:%|deg)?")
_LENGTHS = (3, 4, 6, 8)


def seen_on(value: str, ground: str) -> str | None:
    """Return what the first colour in a CSS value looks like on ``ground``, both as #rrggbb in lower case.

    None where the value names no colour that can be told, such as ``inherit`` or ``var(--x)``.
    """
    for word in _COLOUR.findall(_URL.sub(" ", value)):
        if (found := _read(word.lower())) is not None:
            return _mixed(found, ground)
    return None


def _read(word: str) -> tuple[float, float, float, float] | None:
    """Return red, green, blue (0 to 255) and alpha (0 to 1)."""
    if word.startswith("#"):
        return _hex(word[1:])
    if "(" in word:
        name, _, inner = word.partition("(")
        parts = _PARTS.findall(inner)
        if len(parts) not in (3, 4):
            return None
        try:
            return _hsl(parts) if name.startswith("hsl") else _rgb(parts)
        except ValueError:
            return None
    return _named().get(word)


def _hex(digits: str) -> tuple[float, float, float, float] | None:
    if len(digits) not in _LENGTHS:
        return None
    if len(digits) < 6:
        digits = "".join(char * 2 for char in digits)
    red, green, blue, alpha = (int(digits.ljust(8, "f")[at : at + 2], 16) for at in (0, 2, 4, 6))
    return red, green, blue, alpha / 255


def _rgb(parts: list[str]) -> tuple[float, float, float, float]:
    red, green, blue = (min(255.0, max(0.0, _number(part, 255))) for part in parts[:3])
    return red, green, blue, _alpha(parts)


def _hsl(parts: list[str]) -> tuple[float, float, float, float]:
    hue = float(parts[0].removesuffix("deg")) / 360 % 1
    saturation, lightness = (min(1.0, max(0.0, float(part.removesuffix("%")) / 100)) for part in parts[1:3])
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return red * 255, green * 255, blue * 255, _alpha(parts)


def _alpha(parts: list[str]) -> float:
    return min(1.0, max(0.0, _number(parts[3], 1))) if len(parts) == 4 else 1.0


def _number(part: str, whole: float) -> float:
    return float(part[:-1]) / 100 * whole if part.endswith("%") else float(part)


def _mixed(colour: tuple[float, float, float, float], ground: str) -> str:
    *channels, alpha = colour
    under = (int(ground[at : at + 2], 16) for at in (1, 3, 5))
    mixed = (over * alpha + below * (1 - alpha) for over, below in zip(channels, under, strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


@lru_cache(maxsize=1)
def _named() -> dict[str, tuple[float, float, float, float]]:
    """Return every colour that CSS names, by premailer's own parser, and the one that came later."""
    from cssutils.css.colors import COLORS

    return {**COLORS, "rebeccapurple": (102, 51, 153, 1.0)}
