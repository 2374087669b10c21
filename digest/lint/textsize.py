"""The size text ends up in, from whatever unit and element it comes, and whether a phone can show it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html as lxml_html

from digest.lint.styles import declarations
from digest.lint.values import Finding, Mail, Severity, snippet

SMALLEST_TEXT = 14
# What every client begins with, in px.
_USUAL = 16.0
_SIZE = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%)?$")
# In px, and what of one's own em a percentage is.
_ABSOLUTE = {"px": 1.0, "pt": 4 / 3, "rem": _USUAL}
_RELATIVE = {"em": 1.0, "%": 0.01}
# The names of CSS Fonts 4 (2.5.1), and what <font size> makes of its seven steps (HTML, 15.3.1).
_NAMED = {"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32}
_STEPS = ("10", "13", "16", "18", "24", "32", "48")
# The size in the shorthand stands before the family, with the line's height behind a slash.
_SHORTHAND = re.compile(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%)|(?:x?x-)?(?:small|large)|medium)(?=\s|/)")


def check_text_size(mail: Mail) -> Iterator[Finding]:
    """Find text that is too small to read on a phone, once for each size."""
    body = mail.tree.find("body")
    said: set[float] = set()
    for element, size in () if body is None else _sized(body, _USUAL):
        if round(size, 1) < SMALLEST_TEXT and round(size, 1) not in said:
            said.add(round(size, 1))
            yield Finding(
                "text-size",
                Severity.WARNING,
                snippet(element),
                f"{size:.3g} px is hard to read on a phone",
                f"take {SMALLEST_TEXT} px or more",
            )


def _sized(element: lxml_html.HtmlElement, inherited: float) -> Iterator[tuple[lxml_html.HtmlElement, float]]:
    """Yield every visible element with text of its own, and the size of that text in px.

    MJML's tables have no size at all, so that no gap is left; what stands in them states one again.
    """
    style = declarations(element.get("style") or "")
    if style.get("display") == "none" or element.get("hidden"):
        return
    size = _stated(element, style, inherited)
    size = inherited if size is None else size
    own = (element.text or "", *(child.tail or "" for child in element))
    if size and any(part.strip() for part in own):
        yield element, size
    for child in element:
        if isinstance(child.tag, str):
            yield from _sized(child, size)


def _stated(element: lxml_html.HtmlElement, style: dict[str, str], inherited: float) -> float | None:
    if "font-size" in style:
        return _pixels(style["font-size"], inherited)
    if found := _SHORTHAND.search(style.get("font", "").lower()):
        return _pixels(found[1], inherited)
    step = element.get("size", "") if element.tag == "font" else ""
    return float(_STEPS[int(step) - 1]) if step.isdigit() and 0 < int(step) <= len(_STEPS) else None


def _pixels(value: str, inherited: float) -> float | None:
    """Return a CSS size in px; None for what cannot be told, such as ``inherit``."""
    value = value.strip().lower()
    if value in _NAMED:
        return float(_NAMED[value])
    if value in ("smaller", "larger"):
        return inherited * (1.2 if value == "larger" else 1 / 1.2)
    found = _SIZE.match(value)
    if found is None:
        return None
    number, unit = float(found[1]), found[2] or "px"
    return number * _ABSOLUTE[unit] if unit in _ABSOLUTE else number * _RELATIVE[unit] * inherited
