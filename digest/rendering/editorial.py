"""What an editor adds to the panels' words: the opening and a sponsor's block, ready to print. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.issues.values import IssueContent
from digest.markdown import SPONSORED, Prose
from digest.text import excerpt
from digest.words import intro_for

SPONSOR_LIMIT = 60


@dataclass(frozen=True, slots=True)
class SponsorView:
    """A paid block. ``link`` is None where there is none, or none that a reader could follow."""

    name: str
    body: Prose
    link: str | None


def opening_of(content: IssueContent) -> Prose:
    """Return the editor's intro, or without one what the panels amount to; raises BadInput if too long."""
    if content.intro and content.intro.strip():
        return Prose.of(content.intro)
    return Prose.plain(intro_for(content.matchups))


def sponsor_of(content: IssueContent) -> SponsorView | None:
    """Return the issue's sponsor, if it has one; raises BadInput if the text is too long."""
    sponsor = content.sponsor
    if sponsor is None:
        return None
    name = excerpt(" ".join(sponsor.name.split()), SPONSOR_LIMIT)
    return SponsorView(name, Prose.of(sponsor.text, rel=SPONSORED), web_address(sponsor.link))


def web_address(link: str | None) -> str | None:
    """Return a link if it is an http or https address without spaces, else None."""
    if not link or any(char.isspace() or not char.isprintable() for char in link):
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme.lower() in ("http", "https") and parts.netloc else None
