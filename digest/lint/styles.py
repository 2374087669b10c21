"""The CSS of an e-mail, as far as checks need it: inline declarations, and what the dark changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import html as lxml_html
from lxml.cssselect import CSSSelector, SelectorError

from digest.rendering.inline import read_css

_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+?)\s*(!important)?\s*(?:;|$)", re.IGNORECASE)
_DARK = "prefers-color-scheme: dark"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a style sheet. ``media`` is its condition, "" for none."""

    selector: str
    declarations: Mapping[str, str]
    media: str = ""


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a ``style`` attribute; the last of a name wins."""
    return {match[1].lower(): match[2] for match in _DECLARATION.finditer(style)}


def rules_of(tree: lxml_html.HtmlElement) -> list[Rule]:
    """Return the rules of every style sheet in the document, in order."""
    return [
        rule for element in tree.iter("style") for rule in _rules(read_css(element.text or "").cssRules, "")
    ]


def dark_styles(tree: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, dict[str, str]]:
    """Return what the authored dark mode says of each element it touches."""
    found: dict[lxml_html.HtmlElement, dict[str, str]] = {}
    for rule in rules_of(tree):
        if _DARK not in " ".join(rule.media.replace(":", ": ").split()):
            continue
        for selector in rule.selector.split(","):
            for element in _selected(tree, selector.strip()):
                found.setdefault(element, {}).update(rule.declarations)
    return found


def _rules(sheet: object, media: str) -> Iterator[Rule]:
    for rule in sheet:  # type: ignore[attr-defined]
        if rule.type == rule.STYLE_RULE:
            yield Rule(rule.selectorText, {one.name.lower(): one.value for one in rule.style}, media)
        elif rule.type == rule.MEDIA_RULE:
            yield from _rules(rule.cssRules, rule.media.mediaText)


def _selected(tree: lxml_html.HtmlElement, selector: str) -> list[lxml_html.HtmlElement]:
    try:
        found: list[lxml_html.HtmlElement] = CSSSelector(selector)(tree)
    except SelectorError:
        return []
    return found
