"""What a check takes and gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from functools import cached_property

from lxml import html as lxml_html

# Elements whose text nobody reads.
_UNREAD = ("script", "style", "title", "head")


class Severity(StrEnum):
    """An error keeps an issue from being approved; a warning is for a person to weigh."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``where`` names the place, ``why`` the harm, ``do`` what mends it.

    ``feature`` is the slug of what mail clients do not know, and may be silenced by itself.
    """

    rule: str
    severity: Severity
    where: str
    why: str
    do: str
    feature: str = ""


@dataclass(frozen=True)
class Mail:
    """A message as one reader gets it, slots filled, and what it was made of.

    ``html`` and ``text`` are its bodies read back; ``base_url`` is where our own pages stand; ``sentinel``
    is the secret word of slots that were left unfilled. ``depth_chosen``: an editor said how deep matchups
    are shown. ``postal`` is the address in the footer, as the settings have it.
    """

    subject: str
    preheader: str
    html: str
    text: str
    message: bytes
    base_url: str
    sentinel: str
    depth_chosen: bool = False
    postal: str = ""

    @cached_property
    def tree(self) -> lxml_html.HtmlElement:
        """The HTML as lxml reads it, Outlook's conditional comments kept as comments."""
        return lxml_html.document_fromstring(self.html)

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message as Python's e-mail package reads it."""
        return message_from_bytes(self.message, policy=default)

    def elements(self) -> Iterator[lxml_html.HtmlElement]:
        """Yield every element of the body, comments left out."""
        body = self.tree.find("body")
        for element in () if body is None else body.iter():
            if isinstance(element.tag, str) and element.tag not in _UNREAD:
                yield element

    def links(self) -> Iterator[tuple[str, str]]:
        """Yield (address, text) of every link of the HTML; a picture's text counts as one."""
        for element in self.elements():
            if element.tag == "a" and (href := element.get("href")) is not None:
                spoken = [element.text_content(), *(img.get("alt") or "" for img in element.iter("img"))]
                yield href, element.get("aria-label") or " ".join(" ".join(spoken).split())


def snippet(element: lxml_html.HtmlElement) -> str:
    """Return how a finding names an element: its tag and the first of its words."""
    words = " ".join(element.text_content().split())
    shown = f" “{words[:40]}{'…' if len(words) > 40 else ''}”" if words else ""
    return f"line {element.sourceline}, <{element.tag}>{shown}"
