"""What mjml-python lets pass, refused: MJML is checked before it is compiled, with line and column.

The compiler drops unknown attributes, prints unknown tags as they are, accepts a wrong closing tag and
reports byte offsets. So the text must be well-formed XML and use only the tags and attributes listed here
(after documentation.mjml.io, less what this compiler ignores). What stands inside an ending tag such as
``mj-text`` is the author's own HTML: it must be well-formed, nothing more.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from html.entities import html5
from xml.parsers import expat

from digest.errors import TemplateError


def _names(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(lists).split())


def _sides(name: str) -> str:
    return " ".join((name, *(f"{name}-{side}" for side in ("top", "right", "bottom", "left"))))


_PADDING = _sides("padding")
_BORDER = f"{_sides('border')} border-radius"
_FONT = (
    "color font-family font-size font-style font-weight letter-spacing line-height text-decoration "
    "text-transform"
)
_CONTENT = f"align container-background-color css-class mj-class {_PADDING}"
_BACKGROUND = (
    "background-color background-position background-position-x background-position-y background-repeat "
    "background-size background-url"
)
_SECTION = _names(_BACKGROUND, _BORDER, _PADDING, "css-class direction full-width mj-class text-align")

ATTRIBUTES = {
    "mjml": _names("lang dir"),
    "mj-head": _names(),
    "mj-attributes": _names(),
    "mj-all": _names(),  # takes the attributes of every component, as mj-class does
    "mj-class": _names("name"),
    "mj-breakpoint": _names("width"),
    "mj-preview": _names(),
    "mj-raw": _names(),
    "mj-style": _names(),
    "mj-title": _names(),
    "mj-body": _names("background-color css-class mj-class width"),
    "mj-wrapper": _SECTION,
    "mj-section": _SECTION,
    "mj-group": _names("background-color css-class direction mj-class vertical-align width"),
    "mj-column": _names(
        "background-color css-class direction mj-class vertical-align width",
        f"inner-background-color inner-border-radius {_sides('inner-border')}",
        _BORDER,
        _PADDING,
    ),
    "mj-hero": _names(
        "background-color background-height background-position background-url background-width",
        "css-class height inner-background-color mj-class mode vertical-align width",
        _PADDING,
    ),
    "mj-text": _names("height", _FONT, _CONTENT),
    "mj-button": _names(
        "background-color height href inner-padding name rel target text-align vertical-align width",
        _FONT,
        _BORDER,
        _CONTENT,
    ),
    "mj-image": _names(
        "alt border border-left border-radius border-right fluid-on-mobile font-size height href max-height",
        "name rel sizes src srcset target title usemap width",
        _CONTENT,
    ),
    "mj-table": _names(
        "border cellpadding cellspacing color font-family font-size line-height table-layout width", _CONTENT
    ),
    "mj-divider": _names("border-color border-style border-width width", _CONTENT),
    "mj-spacer": _names("height", _CONTENT),
}
_IN_COLUMN = _names("mj-button mj-divider mj-image mj-raw mj-spacer mj-table mj-text")
_IN_BODY = _names("mj-body mj-column mj-group mj-hero mj-section mj-wrapper") | _IN_COLUMN
CHILDREN = {
    "mjml": _names("mj-head mj-body"),
    "mj-head": _names("mj-attributes mj-breakpoint mj-preview mj-raw mj-style mj-title"),
    "mj-attributes": _names("mj-all mj-class") | _IN_BODY,
    "mj-body": _names("mj-hero mj-raw mj-section mj-wrapper"),
    "mj-wrapper": _names("mj-hero mj-raw mj-section"),
    "mj-section": _names("mj-column mj-group mj-raw"),
    "mj-group": _names("mj-column mj-raw"),
    "mj-column": _IN_COLUMN,
    "mj-hero": _IN_COLUMN,
}
ENDING_TAGS = _names("mj-button mj-preview mj-raw mj-style mj-table mj-text mj-title")
_ANY_ATTRIBUTE = frozenset(name for tag in _IN_BODY for name in ATTRIBUTES[tag])

_HINTS = {
    "mj-font": "remote fonts are not loaded; name a font that readers have",
    "mj-include": "use Jinja's include or a macro",
    "mj-html-attributes": "the compiler ignores it; write the HTML in mj-raw",
    "inline": "the compiler does not inline; pass the rules as css to to_html",
    "owa": "the compiler ignores it",
    "gap": "the compiler ignores it; use padding or mj-spacer",
    "role": "the compiler ignores it; write the table in mj-raw",
}
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
# https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def lint(mjml: str, *, template: str = "mjml") -> None:
    """Return if ``mjml`` is fit for the compiler.

    Raises TemplateError with ``template:line:column: what is wrong``, both counted from 1 in ``mjml``, the
    output of Jinja2. Only the first fault is told.
    """
    if bad := _FORBIDDEN.search(mjml):
        line = mjml.count("\n", 0, bad.start()) + 1
        column = bad.start() - mjml.rfind("\n", 0, bad.start())
        what = f"the character U+{ord(bad[0]):04X} is not allowed in XML"
        raise TemplateError(what, source=template, line=line, column=column)
    _Linter(template).run(_ENTITY.sub(_same_length, mjml))


def _same_length(entity: re.Match[str]) -> str:
    """Put a known HTML entity's length in letters for it: XML does not know it, and columns must stay."""
    known = entity[1] not in _XML_ENTITIES and f"{entity[1]};" in html5
    return "x" * len(entity[0]) if known else entity[0]


class _Linter:
    """One pass over one text. Expat, because it knows the column of a tag; lxml knows only the line."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._open: list[tuple[str, int]] = []
        self._ending: str | None = None
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = lambda *_: self._fail("a DOCTYPE is not allowed in MJML")
        parser.XmlDeclHandler = lambda *_: self._fail("the compiler does not accept an XML declaration")
        parser.ProcessingInstructionHandler = lambda *_: self._fail("the compiler does not accept <?…?>")
        parser.StartCdataSectionHandler = lambda: self._fail("the compiler does not accept CDATA")

    def run(self, mjml: str) -> None:
        try:
            self._parser.Parse(mjml, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            if self._open:
                tag, line = self._open[-1]
                what += f"; <{tag}> of line {line} is open here"
            raise TemplateError(
                what, source=self._template, line=error.lineno, column=error.offset + 1
            ) from None

    def _fail(self, what: str) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        raise TemplateError(what, source=self._template, line=line, column=column)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1][0] if self._open else None
        self._open.append((tag, self._parser.CurrentLineNumber))
        if self._ending:
            if tag in ATTRIBUTES:
                self._fail(f"<{tag}> cannot stand inside <{self._ending}>")
            return
        self._check_place(tag, parent)
        self._check_attributes(tag, parent, attributes)
        if tag in ENDING_TAGS and parent != "mj-attributes":
            self._ending = tag

    def _end(self, tag: str) -> None:
        self._open.pop()
        if tag == self._ending:
            self._ending = None

    def _text(self, text: str) -> None:
        if not self._ending and not text.isspace():
            self._fail(f"text in <{self._open[-1][0]}> would vanish; put it in mj-text, mj-raw or mj-table")

    def _check_place(self, tag: str, parent: str | None) -> None:
        if tag not in ATTRIBUTES:
            if not tag.startswith("mj"):
                self._fail(f"<{tag}> would be lost here; put HTML in mj-text, mj-raw or mj-table")
            self._fail(f"<{tag}> is not allowed{_advice(tag, ATTRIBUTES)}")
        if parent is None and tag != "mjml":
            self._fail(f"MJML starts with <mjml>, not <{tag}>")
        if parent is not None and tag not in CHILDREN.get(parent, frozenset()):
            self._fail(f"<{tag}> cannot stand inside <{parent}>")

    def _check_attributes(self, tag: str, parent: str | None, attributes: dict[str, str]) -> None:
        allowed = ATTRIBUTES[tag] | _ANY_ATTRIBUTE if tag in ("mj-all", "mj-class") else ATTRIBUTES[tag]
        for name in attributes:
            if name not in allowed:
                self._fail(f"<{tag}> has no attribute {name}{_advice(name, allowed)}")
        if tag == "mj-image" and parent != "mj-attributes" and "alt" not in attributes:
            self._fail('<mj-image> needs an alt; write alt="" for a decoration')


def _advice(name: str, known: frozenset[str] | dict[str, frozenset[str]]) -> str:
    if name in _HINTS:
        return f": {_HINTS[name]}"
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
