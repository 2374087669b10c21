"""Inlines the CSS of classes into ``style`` attributes, with premailer.

Gmail's mobile web and others drop ``<style>``, so what an e-mail cannot do without stands inline. Premailer's
defaults strip every ``!important``, fetch style sheets and inline MJML's base rules into every cell; the
options here keep all of that from happening.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

from digest.errors import TemplateError

# cssutils reports through one logger for the whole process, so only one thread may use it at a time.
_CSSUTILS = Lock()
_SILENT = logging.Logger("digest.css")
_SILENT.addHandler(logging.NullHandler())
_INLINABLE = re.compile(r"(?:[^:*]|:(?:first|last)-child)+")
# cssutils ends a message in one of two ways: "[12:1: …]", "…: ('CHAR', '.', 16, 1)".
_POSITION = re.compile(r"(?:: Missing token for production .*\('\w+', '.*', |\[)(\d+)(?:, |:)(\d+)(?:\)|: )")
_CLASSES_ONLY = re.compile(r"(?:\.[A-Za-z_-][\w-]*)+")
# Several issues' worth of styles of single elements.
_STYLES = 8192
_OPTIONS = {
    "keep_style_tags": True,
    "strip_important": False,
    # E-mail lives on properties that no standard knows, such as mso-hide.
    "disable_validation": True,
    "disable_leftover_css": True,
    "align_floating_images": False,
    "remove_unset_properties": False,
    "allow_network": False,
    "allow_loading_external_files": False,
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
}
_IMPORT = re.compile(r"@import\b", re.IGNORECASE)


def inline(root: Any, css: str) -> None:
    """Merge the rules of ``css`` into the elements below ``root`` (lxml's) that they select.

    An element's own ``style`` wins, also over ``!important``. ``<style>`` elements stay as they are; the
    marker ``data-premailer`` goes. Nothing is fetched. Raises TemplateError for CSS that check_css refuses or
    that no ``style`` attribute can hold.
    """
    inliner = _inliner()
    styles = list(root.iter("style"))
    for style in styles:
        style.set(inliner.attribute_name, "ignore")
    with _CSSUTILS:
        inliner(root, css_text=css or None, **_OPTIONS).transform()
    for style in styles:
        style.attrib.pop(inliner.attribute_name, None)  # premailer forgets those with a media attribute


@lru_cache(maxsize=1)
def _inliner() -> Any:
    """Return premailer's class, made to remember: what one edition says is mostly what the last one said.

    Left alone it keeps the last 128 styles it took apart; an issue has several hundred, so that each was read
    anew in every rendering, and the style sheet as well. And it looks through the whole document for each of
    some seventy rules, nearly all of which ask for a class.
    """
    from premailer import Premailer, merge_style, premailer  # 0.4 s, and the sender never renders

    merge_style.csstext_to_pairs = lru_cache(_STYLES)(merge_style.csstext_to_pairs)
    premailer.csstext_to_pairs = merge_style.csstext_to_pairs
    other_selector = premailer._create_cssselector

    @lru_cache(maxsize=4)
    def style_rules(css: str, index: int) -> Any:
        return Premailer._parse_style_rules(Inliner(**_OPTIONS), css, index)

    class Inliner(Premailer):  # type: ignore[misc]
        def _parse_css_string(self, css: str, validate: bool = False) -> Any:
            return _parse_inlinable(css)

        def _parse_style_rules(self, css: str, index: int) -> Any:
            return style_rules(css, index)

        def transform(self) -> None:
            classes = _Classes(self.html)
            premailer._create_cssselector = lambda css: classes.selector(css) or other_selector(css)
            try:
                super().transform()
            finally:
                premailer._create_cssselector = other_selector

    return Inliner


class _Classes:
    """The elements of one document by their class, in its order."""

    def __init__(self, root: Any) -> None:
        self._elements: dict[str, list[Any]] = defaultdict(list)
        for element in root.iterfind(".//*[@class]"):
            for name in dict.fromkeys(element.get("class").split()):
                self._elements[name].append(element)

    def selector(self, css: str) -> Callable[[Any], list[Any]] | None:
        """Return what finds the elements of ``.one`` or ``.one.other``; None for any other selector."""
        if not _CLASSES_ONLY.fullmatch(css):
            return None
        first, *others = css[1:].split(".")
        found = self._elements.get(first, [])
        if others:
            found = [element for element in found if set(others) <= set(element.get("class").split())]
        return lambda page: found


def check_css(css: str) -> None:
    """Return if every rule of ``css`` can be read; raises TemplateError with line and column.

    For the rules of a ``<style>`` too: a browser drops those after a slip without a word.
    """
    with _CSSUTILS:
        _parse(css)


@lru_cache(maxsize=16)
def read_css(css: str) -> Any:
    """Return the style sheet as cssutils' object, rules that it cannot read left out; for looking only."""
    import cssutils

    with _CSSUTILS:
        parser = cssutils.CSSParser(log=_SILENT, validate=False, fetcher=lambda _url: (None, b""))
        return parser.parseString(css)


def _parse_inlinable(css: str) -> Any:
    """Return the style sheet that premailer asks for; it would leave out such rules without a word."""
    sheet = _parse(css)
    for rule in sheet:
        if rule.type == rule.COMMENT:
            continue
        if rule.type != rule.STYLE_RULE or not _INLINABLE.fullmatch(rule.selectorText):
            name = rule.selectorText if rule.type == rule.STYLE_RULE else rule.cssText.split("{")[0].strip()
            raise TemplateError(f"css: {name} cannot be inlined; move the rule to a <style>")
    return sheet


@lru_cache(maxsize=16)
def _parse(css: str) -> Any:
    """Return the style sheet as cssutils' object. The caller holds the lock."""
    import cssutils

    if slip := _IMPORT.search(css):
        line = css.count("\n", 0, slip.start()) + 1
        raise TemplateError(
            "@import would fetch from elsewhere; write the rules themselves", source="css", line=line
        )
    faults = _Faults()
    log = logging.Logger("digest.css", logging.WARNING)
    log.addHandler(faults)
    parser = cssutils.CSSParser(log=log, validate=False, fetcher=lambda _url: (None, b""))
    try:
        sheet = parser.parseString(css)
    finally:
        cssutils.log.setLog(_SILENT)  # premailer reads the elements' own styles with it
    if faults.messages:
        raise _explained(faults.messages)
    return sheet


def _explained(messages: list[str]) -> TemplateError:
    for message in messages:
        if place := _POSITION.search(message):
            what = f"{message[: place.start()].strip()}; is a }} or a ; missing before?"
            return TemplateError(what, source="css", line=int(place[1]), column=int(place[2]))
    return TemplateError(messages[0], source="css")


class _Faults(logging.Handler):
    """Keeps what cssutils says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(" ".join(record.getMessage().split()))
