"""Reading a saved comparison page, in either of its two layouts.

A page is, from top to bottom: a heading with both names, two cards, in the labelled layout a decision table,
the scorecard, and the sign-up box, which tells a whole page from one that was cut off. What stands before the
heading or after the box is furniture.
"""

from __future__ import annotations

from digest.catalogue.pages import compact, labelled
from digest.catalogue.pages.cards import Card, read_cards
from digest.catalogue.pages.decision import TABLE, DecisionTable, read_decision
from digest.catalogue.pages.lines import PageText, read_lines
from digest.catalogue.pages.side import read_side
from digest.catalogue.pages.values import ComparisonPage, Layout
from digest.catalogue.values import name_key

_HEADING = "AI tool comparison"
_INTRO = "Which one should you ship with?"
_SCORECARD = "Reviewer scorecard"
_BOX = ("Weekly AI Tool Verdicts", "Get the next comparison")


def read_page(data: bytes, source: str) -> ComparisonPage:
    """Return what a saved page says; ``source`` names it in messages.

    Raises BadInput, with the line, for anything but one whole comparison page.
    """
    return read_comparison(read_lines(data, source))


def read_comparison(page: PageText) -> ComparisonPage:
    """Return what the lines of a page say, wherever they come from; raise BadInput as `read_page` does."""
    start = _after_heading(page)
    scorecard, end = _scorecard(page, start)
    table = page.find(TABLE, start, scorecard)
    if table is None:
        layout = Layout.COMPACT
        cards = read_cards(page, start, scorecard, layout)
        decision = DecisionTable({})
        takes = compact.read_takes(page, scorecard + 1, end)
    else:
        layout = Layout.LABELLED
        cards = read_cards(page, start, table, layout)
        decision = read_decision(page, table + 1, scorecard, (cards[0].name, cards[1].name))
        takes = labelled.read_takes(page, scorecard + 1, end)
    _check_names(page, start - 2, cards)
    left, left_warnings = read_side(page, cards[0], decision, 0, takes[0])
    right, right_warnings = read_side(page, cards[1], decision, 1, takes[1])
    warnings = (*decision.warnings, *left_warnings, *right_warnings)
    reviewers = {take.reviewer for take in (*left.takes, *right.takes)}
    named_at = {line.text: line.number for line in page.lines[scorecard + 1 : end] if line.text in reviewers}
    return ComparisonPage(left, right, page.source, layout, warnings, named_at)


def _after_heading(page: PageText) -> int:
    """Return the index of the line after heading, title and introduction."""
    heading = page.find(_HEADING, 0, len(page.lines))
    if heading is None:
        raise page.refusal(f"expected a saved comparison page; “{_HEADING}” is not in it", 0)
    intro = heading + 2
    if intro >= len(page.lines) or not page.lines[intro].text.startswith(_INTRO):
        raise page.refusal(f"expected a title and “{_INTRO}” after “{_HEADING}”", heading + 1)
    return intro + 1


def _scorecard(page: PageText, start: int) -> tuple[int, int]:
    """Return the index of the scorecard's marker, and that of the box which ends the page."""
    scorecard = page.find(_SCORECARD, start, len(page.lines))
    if scorecard is None:
        raise page.refusal(f"the page is cut off: expected “{_SCORECARD}” further on", len(page.lines))

    def is_box(place: int) -> bool:
        return page.lines[place].says(_BOX[0]) and page.lines[place + 1].text.startswith(_BOX[1])

    end = page.first(is_box, scorecard + 1, len(page.lines) - 1)
    if end is None:
        raise page.refusal(f"the page is cut off: expected “{_BOX[0]}” at its end", len(page.lines))
    return scorecard, end


def _check_names(page: PageText, title: int, cards: tuple[Card, Card]) -> None:
    # The cards decide where one name ends: " vs " may be part of either.
    left, right = (card.name for card in cards)
    if name_key(page.lines[title].text) != name_key(f"{left} vs {right}"):
        message = f"expected the title “{left} vs {right}”, as on the cards, found {page.found(title)}"
        raise page.refusal(message, title)
    if name_key(left) == name_key(right):
        raise page.refusal(f"expected two tools, found {left} twice", title)
