"""An editor's Markdown as HTML for pages and e-mail, and as text for the plain twin.

Paragraphs, emphasis, links, lists, quotes and line breaks; all else stays the characters it is written in.
Twice guarded, since it ends in readers' mail: the parser makes nothing but these (CommonMark 0.31 without
raw HTML, images, headings and code), and a sanitiser lets nothing else through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from digest.errors import BadInput

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

# Longer is no longer an intro, and four thousand links would not fit below the size that Gmail clips.
LIMIT = 4_000
_DEEPEST = 40
REL = "noopener nofollow"
SPONSORED = "sponsored noopener nofollow"

_TAGS = {"p", "em", "strong", "a", "ul", "ol", "li", "br", "blockquote"}
_SCHEMES = {"http", "https", "mailto"}
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
# What XML 1.0 (section 2.2) has no room for, and C1 controls, which HTML reads as other characters.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OFF = ("code", "fence", "heading", "hr", "lheading", "backticks", "image", "html_block", "html_inline")


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text in both shapes that an issue needs."""

    html: Markup
    text: str

    @classmethod
    def of(cls, source: str, *, rel: str = REL) -> Prose:
        """Return an editor's Markdown; ``rel`` goes to its links. Raises BadInput if it is too long."""
        return cls(to_html(source, rel=rel), to_text(source))

    @classmethod
    def plain(cls, text: str) -> Prose:
        """Return a text without any markup as one paragraph."""
        return cls(Markup("<p>") + escape(text) + Markup("</p>"), text)


def to_html(source: str, *, rel: str = REL) -> Markup:
    """Return Markdown as HTML that is also well-formed XML; raises BadInput over LIMIT characters.

    Of tags only p, em, strong, a, ul, ol, li, br and blockquote come out, of attributes only a link's href
    (http, https or mailto) and ``rel``.
    """
    import nh3

    tokens = _parser().parse(_clean(source))
    _refuse_nesting(tokens)
    html = _parser().renderer.render(tokens, _parser().options, {})
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes=_SCHEMES,
        link_rel=rel,
    )
    # In text "<" is escaped, so this is the tag and nothing else. And this is where text becomes safe.
    return Markup(safe.strip().replace("<br>", "<br />"))  # noqa: S704


def to_text(source: str) -> str:
    """Return Markdown as plain text, links as "text (address)"; raises BadInput over LIMIT characters.

    Paragraphs stand apart by an empty line and are not wrapped; lists have their marks, quotes a ">".
    """
    from markdown_it.tree import SyntaxTreeNode

    tokens = _parser().parse(_clean(source))
    _refuse_nesting(tokens)
    root = SyntaxTreeNode(tokens)
    return "\n\n".join(_blocks(root))


def _clean(source: str) -> str:
    if len(source) > LIMIT:
        raise BadInput(f"the text has {len(source):,} characters; at most {LIMIT:,} have room in an issue")
    return _UNPRINTABLE.sub("", source)


def _refuse_nesting(tokens: Sequence[Token]) -> None:
    """Refuse what is nested deeper than any text is; walking the tree would overflow the stack."""
    inner = (token.children or () for token in tokens)
    for level in chain((tokens,), inner):
        depth = 0
        for token in level:
            depth += token.nesting
            if depth > _DEEPEST:
                raise BadInput(f"the text nests more than {_DEEPEST} marks in one another; write it plainer")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    class House(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802
            """A relative address means nothing in a mail, and other schemes are nobody's business."""
            return _ABSOLUTE.match(url) is not None

    return House("commonmark", {"html": False}).disable(_OFF)


def _blocks(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        if child.type == "paragraph":
            yield _inline(child.children[0])
        elif child.type == "blockquote":
            yield _under("> ", "\n\n".join(_blocks(child)), "> ")
        elif child.type in ("bullet_list", "ordered_list"):
            yield "\n".join(_items(child))


def _items(node: SyntaxTreeNode) -> Iterator[str]:
    for number, item in enumerate(node.children, start=1):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        yield _under(mark, "\n".join(_blocks(item)), " " * len(mark))


def _under(mark: str, text: str, others: str) -> str:
    """Return ``text`` behind a mark, its further lines behind ``others``."""
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(others + line for line in rest)])


def _inline(node: SyntaxTreeNode) -> str:
    """Return the text of a run of inline nodes, on one line but for hard breaks."""
    return "".join(map(_piece, node.children))


def _piece(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            label, address = _inline(node), str(node.attrs["href"])
            return label if label == address.removeprefix("mailto:") else f"{label} ({address})"
        case _:
            return _inline(node)
