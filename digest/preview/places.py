"""Where in the preview a finding can be looked at. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.lint.values import Finding

_ELEMENT = re.compile(r"(?:(light|dark), )?line (\d+), <(\w+)[^>]*>(?: style)?(?: “(.*?)…?”)?$", re.DOTALL)
_LINK = re.compile(r"“.*” → (\S*)$", re.DOTALL)
# Rules whose findings name no element, and the view that shows what they are about.
_VIEWS = {
    "subject-length": "inbox",
    "subject-honest": "inbox",
    "preheader-length": "inbox",
    "size": "size",
    "headers": "headers",
    "mime": "mime",
    "text-width": "text",
    "text-parity": "text",
    "clients": "html",
    "spamassassin": "mime",
}


@dataclass(frozen=True, slots=True)
class Place:
    """``view`` is email, text, html, mime, inbox, size or headers.

    In the e-mail ``tag`` and the first of its ``words``, or of a link's address (``href``), tell the element;
    ``line`` is its line in the HTML, ``look`` the colours it is wrong in.
    """

    view: str
    line: int | None = None
    tag: str | None = None
    words: str = ""
    href: str | None = None
    look: str | None = None


def place_of(finding: Finding) -> Place | None:
    """Return where ``finding`` can be seen, or None where it is about nothing that shows."""
    if found := _ELEMENT.match(finding.where):
        return Place("email", int(found[2]), found[3].lower(), found[4] or "", look=found[1])
    if found := _LINK.match(finding.where):
        return Place("email", tag="a", href=found[1])
    if finding.rule in _VIEWS:
        return Place(_VIEWS[finding.rule])
    if re.match(r"https?://|mailto:", finding.where):
        return Place("email", tag="a", href=finding.where)
    if finding.rule == "slots":
        return Place({"HTML body": "html", "text body": "text"}.get(finding.where, "inbox"))
    return None
