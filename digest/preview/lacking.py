"""Finds what an issue says and its e-mail does not show: loops that ran over nothing fail silently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from digest.rendering.view import IssueView, MatchupView

_HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)
_HIDDEN = re.compile(r"<div[^>]*\bdisplay: ?none[^>]*>[^<]*</div>")
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_LINK = re.compile(r'\bhref="([^"]*)"')
# So much of a longer text tells it from every other.
_ENOUGH = 40


def lacking(view: IssueView, html: str, text: str) -> list[str]:
    """Return a sentence for each thing of ``view`` that one of the two bodies leaves out; none is good.

    Each tool's name has to show, of each matchup its sentence or its link, of a full one at least one take.
    A template of one's own may leave out the rest.
    """
    bodies = {"HTML": _read(html), "plain text": _squeezed(text)}
    return [
        f"The {name} lacks {what}"
        for name, body in bodies.items()
        for what, signs in _expected(view)
        if not any(_squeezed(sign) in body for sign in signs)
    ]


def _expected(view: IssueView) -> Iterator[tuple[str, list[str]]]:
    """Yield what has to show, and the texts any of which proves it."""
    for matchup in view.matchups:
        for tool in (matchup.left, matchup.right):
            yield f"the name {tool.name}", [tool.name]
        pair = f"{matchup.left.name} vs {matchup.right.name}"
        yield f"the matchup {pair}", [matchup.sentence, matchup.url]
        if takes := _takes(matchup):
            yield f"every take of {pair}", takes


def _takes(matchup: MatchupView) -> list[str]:
    if matchup.depth != "full":
        return []
    takes = [take for reviewer in matchup.reviewers for take in (reviewer.left, reviewer.right) if take]
    return [take.text[:_ENOUGH] for take in takes if take.text]


def _read(html: str) -> str:
    """Return what a reader sees of an e-mail and where its links lead, without spaces."""
    body = _HIDDEN.sub("", _HEAD.sub("", html))
    links = " ".join(_LINK.findall(body))
    return _squeezed(unescape(f"{_TAG.sub(' ', body)} {links}"))


def _squeezed(text: str) -> str:
    """Return a text without its white space: plain text is wrapped anywhere."""
    return "".join(text.split())
