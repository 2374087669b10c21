"""HTML as the lines of text that a browser would show of it.

Blocks and ``<br>`` break lines, inline elements join, a table's cell is a line of its own; what is not shown,
or is there to be pressed, is left out (WHATWG HTML, 3.2.7 "innerText", and 15.3). Of styles, only those in an
element's own attribute are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn

from lxml import etree

from digest.catalogue.pages.lines import Line, refuse_many_lines
from digest.catalogue.pages.runs import parted
from digest.catalogue.pages.terms import TERM_TAGS, Terms
from digest.errors import BadInput

_AS_TYPED = {"listing", "plaintext", "pre", "xmp"}
_BLOCKS = (
    {"address", "article", "aside", "body", "dialog", "footer", "header", "hgroup", "html", "main", "section"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "br", "center", "div", "hr", "p"}
    | {"blockquote", "details", "figcaption", "figure", "fieldset", "form", "legend", "search", "summary"}
    | {"dd", "dl", "dt", "li", "menu", "ol", "ul"}
    | {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
    | _AS_TYPED
)
_UNSEEN = (
    {"datalist", "head", "nav", "noscript", "rp", "script", "style", "template", "title"}
    | {"button", "input", "meter", "option", "progress", "select", "textarea"}
    | {"applet", "audio", "canvas", "embed", "iframe", "map", "math", "object", "svg", "video"}
    | {"frameset", "noembed", "noframes"}
)
_HIDING = re.compile(r"\b(display\s*:\s*none|visibility\s*:\s*(hidden|collapse))\b", re.IGNORECASE)
_BLOCKING = re.compile(r"\bdisplay\s*:\s*(block|flex|grid|table|list-item)\b", re.IGNORECASE)
_INSIDE_TAG = re.compile(r"<[^<>]*\n")
# What no page comes near: an unclosed element a line goes deep, and each element takes its time.
_DEEPEST = 256
_MOST_ELEMENTS = 100_000

Attributes = Mapping[str, str]


class _Element(NamedTuple):
    """An open element, as far as it decides on the text in it."""

    is_block: bool = False
    is_hidden: bool = False
    is_as_typed: bool = False
    quote: int = 0


_BLOCK, _INLINE, _HIDDEN = _Element(is_block=True), _Element(), _Element(is_hidden=True)


def shown_lines(html: str, source: str) -> list[Line]:
    """Return the lines of a page, each with its place in the file; the lines of a ``<blockquote>`` say so.

    Raises BadInput for HTML of too many lines or elements, or too deep, to be a page.
    """
    refuse_many_lines(html, source)
    page = _Page(source)
    parser = etree.HTMLParser(encoding="utf-8", target=page)
    for line, part in _parts(html):
        page.line = line
        parser.feed(part.encode("utf-8", "replace"))
    parser.close()
    page.break_line()
    return page.lines


def _parts(html: str) -> Iterator[tuple[int, str]]:
    """Yield the file in parts, each with the line it begins on.

    A parser's target is not told where in the file it is. Line ends in text it can count; those in tags it
    never sees, so a part ends there.
    """
    line = at = 0
    for match in _INSIDE_TAG.finditer(html):
        yield line + 1, html[at : match.end()]
        line += html.count("\n", at, match.end())
        at = match.end()
    yield line + 1, html[at:]


class _Page:
    """The parser's target: makes lines of what it is told."""

    def __init__(self, source: str) -> None:
        self.lines: list[Line] = []
        self.line = 1
        self._source = source
        self._open = [_INLINE]
        self._elements = self._quotes = 0
        self._terms = Terms(self.lines)
        # The line of what comes next; of text, the parser tells no more than its line ends.
        self._number = 1
        self._chunks: list[str] = []
        self._begun = 0
        self._pieces: list[str] = []
        self._numbers: list[int] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        """Take a start tag."""
        if self._chunks:
            self._end_piece()
        if self.line > self._number:
            self._number = self.line
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(self._open) > _DEEPEST:
            self._refuse()
        element = self._opened(tag, attributes)
        if element.is_block:
            self.break_line()
        self._open.append(element)
        if tag in TERM_TAGS and not element.is_hidden:
            self._terms.enter(tag)
        if tag == "q" and not element.is_hidden:
            self.data("“")

    def end(self, tag: str) -> None:
        """Take an end tag, or the end of an element that has none."""
        element = self._open[-1]
        if tag == "q" and not element.is_hidden:
            self.data("”")
        if self._chunks:
            self._end_piece()
        if element.is_block:
            self.break_line()
        self._open.pop()
        if tag in TERM_TAGS and not element.is_hidden:
            self._terms.leave(tag)

    def data(self, text: str) -> None:
        """Take text, or a part of one."""
        element = self._open[-1]
        if element.is_as_typed and not element.is_hidden:
            text, *others = text.split("\n")
            self._add(text)
            for other in others:
                self.break_line()
                self._number += 1
                self._add(other)
        elif element.is_hidden:
            self._number += text.count("\n")
        else:
            self._add(text)

    def comment(self, text: str) -> None:
        """Take a comment, which is no text but has lines."""
        self._number += text.count("\n")

    def close(self) -> None:
        """Take the end of the page."""

    def break_line(self) -> None:
        """End the line, if one has begun."""
        if self._chunks:
            self._end_piece()
        if self._pieces:
            quote = self._open[-1].quote
            self.lines += [Line(self._numbers[index], text, quote) for index, text in parted(self._pieces)]
            self._pieces, self._numbers = [], []

    def _refuse(self) -> NoReturn:
        limits = f"more than {_MOST_ELEMENTS:,} elements or {_DEEPEST} in each other"
        raise BadInput(f"expected a saved page; this has {limits}", source=self._source, line=self._number)

    def _opened(self, tag: str, attributes: Attributes) -> _Element:
        around = self._open[-1]
        if around.is_hidden or not _is_shown(tag, attributes):
            return _HIDDEN
        is_block = _is_block(tag, attributes)
        is_as_typed = around.is_as_typed or tag in _AS_TYPED
        if tag == "blockquote":
            self._quotes += 1
            return _Element(is_block, False, is_as_typed, self._quotes)
        # Whom it is from, a quotation may say in a footer (W3C HTML 5.2, 4.4.5), which is no part of it.
        quote = 0 if tag == "footer" else around.quote
        if quote or is_as_typed:
            return _Element(is_block, False, is_as_typed, quote)
        return _BLOCK if is_block else _INLINE

    def _add(self, text: str) -> None:
        begin = text.lstrip()
        if begin and not self._begun:
            self._begun = self._number + text.count("\n", 0, len(text) - len(begin))
        self._number += text.count("\n")
        self._chunks.append(text)

    def _end_piece(self) -> None:
        if self._begun or self._pieces:
            self._pieces.append("".join(self._chunks))
            self._numbers.append(self._begun)
        self._chunks, self._begun = [], 0


def _is_shown(tag: str, attributes: Attributes) -> bool:
    if tag in _UNSEEN or "hidden" in attributes:
        return False
    if tag == "dialog" and "open" not in attributes:
        return False
    return "style" not in attributes or not _HIDING.search(attributes["style"])


def _is_block(tag: str, attributes: Attributes) -> bool:
    return tag in _BLOCKS or ("style" in attributes and bool(_BLOCKING.search(attributes["style"])))
