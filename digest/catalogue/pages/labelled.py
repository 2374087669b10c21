"""The scorecard of the labelled layout: each reviewer by name, with score and verdict on either tool."""

from __future__ import annotations

from digest.catalogue.pages.figures import looks_like_score, score_in
from digest.catalogue.pages.lines import NO_TAKE, PageText
from digest.catalogue.pages.values import SITE_PANEL
from digest.catalogue.values import Take, name_key

_NAME_LIMIT = 40


def read_takes(page: PageText, start: int, end: int) -> tuple[tuple[Take, ...], tuple[Take, ...]]:
    """Return the takes on the left and on the right tool in lines ``[start, end)``.

    Each reviewer has a name and two cells; a cell is a score line and its paragraphs, or "No panel take".
    Raises BadInput with the line where one is missing, doubled, or has a score or verdict that cannot be.
    """
    left: list[Take] = []
    right: list[Take] = []
    met: set[str] = set()
    at = start
    while at < end:
        reviewer = _reviewer(page, at, end)
        if reviewer in met:
            raise page.refusal(f"expected each reviewer once, found {reviewer} again", at)
        met.add(reviewer)
        middle = _right_cell(page, at + 2, end, reviewer)
        after = _next_reviewer(page, middle + 1, end)
        left += _take(page, reviewer, at + 1, middle)
        right += _take(page, reviewer, middle, after)
        at = after
    if not met:
        raise page.refusal("expected takes under “Reviewer scorecard”, found none", end)
    return tuple(left), tuple(right)


def _reviewer(page: PageText, at: int, end: int) -> str:
    """Return the name at ``at``, the standing panel's in their own spelling."""
    text = page.lines[at].text
    if _opens_cell(page, at) or len(text) > _NAME_LIMIT:
        raise page.refusal(f"expected a reviewer's name before a score, found {page.found(at)}", at)
    if at + 1 >= end or not _opens_cell(page, at + 1):
        place = min(at + 1, end - 1)
        raise page.refusal(
            f"expected a score like 88/100 · ship or “{NO_TAKE}”, found {page.found(place)}", place
        )
    standing = {name_key(name): name for name in SITE_PANEL}
    return standing.get(name_key(text), text)


def _right_cell(page: PageText, start: int, end: int, reviewer: str) -> int:
    """Return where a reviewer's second cell begins; the next reviewer's name must not come before it."""

    def ends(place: int) -> bool:
        return _opens_cell(page, place) or any(page.lines[place].says(name) for name in SITE_PANEL)

    place = page.first(ends, start, end)
    expected = f"expected {reviewer}'s score or “{NO_TAKE}” for the tool on the right"
    if place is None:
        raise page.refusal(expected, end - 1)
    if not _opens_cell(page, place):
        raise page.refusal(f"{expected}, found {page.found(place)}", place)
    return place


def _next_reviewer(page: PageText, start: int, end: int) -> int:
    """Return where the next reviewer's name stands: on the line before a cell."""
    place = page.first(lambda place: _opens_cell(page, place + 1), start, end - 1)
    return end if place is None else place


def _take(page: PageText, reviewer: str, at: int, end: int) -> list[Take]:
    """Return the one take of a cell, or none."""
    text = page.joined(at + 1, end)
    if page.lines[at].says(NO_TAKE):
        if text:
            raise page.refusal(
                f"expected the next take after “{NO_TAKE}”, found {page.found(at + 1)}", at + 1
            )
        return []
    try:
        score, verdict = score_in(page.lines[at].text)
    except ValueError as error:
        raise page.refusal(str(error), at) from None
    if not text:
        raise page.refusal(f"expected {reviewer}'s take after the score, found none", at)
    return [Take(reviewer, text, score, verdict)]


def _opens_cell(page: PageText, place: int) -> bool:
    line = page.lines[place]
    return line.says(NO_TAKE) or looks_like_score(line.text)
