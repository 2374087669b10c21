"""Contrast between text and what it stands on, in light and in the authored dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import html as lxml_html

from digest.contrast import BLACK, LEAST, WHITE, contrast
from digest.lint.paints import seen_on
from digest.lint.styles import dark_styles, declarations
from digest.lint.values import Finding, Mail, Severity, snippet

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
    ground = _ground(change, paint) or _ground(own, paint)
    ground = ground or seen_on(element.get("bgcolor") or "", paint.ground) or paint.ground
    attribute = element.get("color", "") if element.tag == "font" else ""
    paint = _Paint(
        seen_on(style.get("color", ""), ground) or seen_on(attribute, ground) or paint.text,
        ground,
        paint.hidden if size is None else size in ("0", "0px"),
    )
    has_text = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    if has_text and not paint.hidden:
        yield element, paint
    for child in element:
        if isinstance(child.tag, str):
            yield from _painted(child, paint, changes)


def _ground(style: Mapping[str, str], under: _Paint) -> str | None:
    return seen_on(f"{style.get('background-color', '')} {style.get('background', '')}", under.ground)
