"""The scorecard of the compact layout: quoted takes, left and right in turn, without names or scores."""

from __future__ import annotations

from digest.catalogue.pages.lines import NO_TAKE, PageText
from digest.catalogue.pages.values import SITE_PANEL
from digest.catalogue.values import Take

_OPENING = ("“", '"')
_CLOSING = ("”", '"')


def read_takes(page: PageText, start: int, end: int) -> tuple[tuple[Take, ...], tuple[Take, ...]]:
    """Return the takes on the left and on the right tool in lines ``[start, end)``.

    The reviewer follows from the position, in the standing panel's order; score and verdict are unknown.
    Raises BadInput with the line where a take is not quoted, or the takes do not come in pairs.
    """
    cells: list[str | None] = []
    at = start
    while at < end:
        cell, at = _cell(page, at, end)
        cells.append(cell)
    if not cells:
        raise page.refusal("expected takes under “Reviewer scorecard”, found none", end)
    if len(cells) % 2:
        raise page.refusal("expected a take on each tool in turn; the last one is missing", end - 1)
    if len(cells) > 2 * len(SITE_PANEL):
        raise page.refusal(
            f"expected at most {len(SITE_PANEL)} takes on each tool; whose the others are, nobody says",
            end - 1,
        )
    return _takes(cells[0::2]), _takes(cells[1::2])


def _takes(cells: list[str | None]) -> tuple[Take, ...]:
    return tuple(Take(who, text) for who, text in zip(SITE_PANEL, cells, strict=False) if text is not None)


def _cell(page: PageText, at: int, end: int) -> tuple[str | None, int]:
    """Return the take that begins at ``at``, None for "No panel take", and the index after it."""
    line = page.lines[at]
    if line.says(NO_TAKE):
        return None, at + 1
    if line.quote:
        return _quotation(page, at, end)
    if not line.text.startswith(_OPENING):
        raise page.refusal(f"expected a take in quotation marks, found {page.found(at)}", at)

    def closes(place: int) -> bool:
        text = page.lines[place].text
        return text.endswith(_CLOSING) and (place > at or len(text) > 1)

    last = page.first(closes, at, end)
    if last is None:
        raise page.refusal("expected a take in quotation marks; the closing mark is missing", at)
    text = page.joined(at, last + 1)[1:-1].strip()
    if not text:
        raise page.refusal("expected a take in quotation marks, found nothing between them", at)
    return (None if text.casefold() == NO_TAKE.casefold() else text), last + 1


def _quotation(page: PageText, at: int, end: int) -> tuple[str, int]:
    """Return the take that markup quotes from ``at`` on, without marks around it, and the index after."""
    quote = page.lines[at].quote
    after = page.first(lambda place: page.lines[place].quote != quote, at, end) or end
    text = page.joined(at, after)
    if text.startswith(_OPENING) and text.endswith(_CLOSING) and len(text) > 1:
        text = text[1:-1].strip()
    if not text:
        raise page.refusal("expected a take in the quotation, found nothing between its marks", at)
    return text, after
