"""Contrast between text and what it stands on, in light and in the authored dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import html as lxml_html

from digest.contrast import BLACK, WHITE, contrast
from digest.lint.styles import dark_styles, declarations
from digest.lint.values import Finding, Mail, Severity, snippet

LEAST = 4.5
_HEX = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_RGB = re.compile(r"rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)")
_NAMED = {"white": WHITE, "black": BLACK}
_Styles = Mapping[lxml_html.HtmlElement, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Paint:
    """What an element's text is drawn with, as #rrggbb; ``hidden`` where it has no size."""

    text: str
    ground: str
    hidden: bool = False


def check_contrast(mail: Mail) -> Iterator[Finding]:
    """Find text that stands out too little from its ground, once for each pair of colours and mode."""
    modes: tuple[tuple[str, _Styles], ...] = (("light", {}), ("dark", dark_styles(mail.tree)))
    body = mail.tree.find("body")
    if body is None:
        return
    for mode, changes in modes:
        said: set[_Paint] = set()
        for element, paint in _painted(body, _Paint(BLACK, WHITE), changes):
            ratio = contrast(paint.text, paint.ground)
            if ratio < LEAST and paint not in said:
                said.add(paint)
                yield Finding(
                    "contrast",
                    Severity.ERROR,
                    f"{mode}, {snippet(element)}",
                    f"{paint.text} on {paint.ground} has a contrast of {ratio:.1f}:1; "
                    f"text needs {LEAST}:1 to be read",
                    "take a darker or a lighter colour for one of the two",
                )


def colour_in(value: str) -> str | None:
    """Return the first colour a CSS value names, as #rrggbb in lower case, or None."""
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) == 6 else "".join(char * 2 for char in found[1])
        return f"#{digits.lower()}"
    if found := _RGB.search(value):
        return "#" + "".join(f"{min(int(channel), 255):02x}" for channel in found.groups())
    return next((colour for name, colour in _NAMED.items() if re.search(rf"\b{name}\b", value)), None)


def _painted(
    element: lxml_html.HtmlElement, paint: _Paint, changes: _Styles
) -> Iterator[tuple[lxml_html.HtmlElement, _Paint]]:
    """Yield every visible element with text of its own, and what it is drawn with."""
    own, change = declarations(element.get("style") or ""), changes.get(element, {})
    style = {**own, **change}
    if style.get("display") == "none" or element.get("hidden"):
        return
    # MJML's own tables have no size; what stands in them states one again.
    size = style.get("font-size")
    paint = _Paint(
        colour_in(style.get("color", "")) or paint.text,
        _ground(change) or _ground(own) or colour_in(element.get("bgcolor") or "") or paint.ground,
        paint.hidden if size is None else size in ("0", "0px"),
    )
    has_text = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    if has_text and not paint.hidden:
        yield element, paint
    for child in element:
        if isinstance(child.tag, str):
            yield from _painted(child, paint, changes)


def _ground(style: Mapping[str, str]) -> str | None:
    return colour_in(f"{style.get('background-color', '')} {style.get('background', '')}")
