"""The two cards at the top of a page; both layouts print them in one order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.catalogue.pages.figures import percent_in
from digest.catalogue.pages.lines import Line, PageText
from digest.catalogue.pages.values import Layout
from digest.catalogue.values import Verdict

_PANEL = "Panel ship"


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says. ``verdict`` is None in the compact layout, which has none."""

    name: str
    category: str
    tagline: str
    verdict: Verdict | None
    percent: int | None
    percent_line: Line
    community: int | None = None
    entry: str | None = None
    description: str | None = None


def read_cards(page: PageText, start: int, end: int, layout: Layout) -> tuple[Card, Card]:
    """Return the cards in lines ``[start, end)``; raise BadInput with the line where one is wrong."""
    panel = _marker(page, _PANEL, start, end)
    begin, left = _head(page, start, panel, layout)
    if begin != start:
        raise page.refusal(f"expected a card: category, name, tagline; found {page.found(start)}", start)
    left, after_left = _figures(page, left, panel, end)
    panel = _marker(page, _PANEL, after_left, end)
    begin, right = _head(page, after_left, panel, layout)
    right, after_right = _figures(page, right, panel, end)
    return (
        replace(left, description=page.joined(after_left, begin) or None),
        replace(right, description=page.joined(after_right, end) or None),
    )


def _head(page: PageText, start: int, panel: int, layout: Layout) -> tuple[int, Card]:
    """Return where the card whose panel share ends at ``panel`` begins, and the card as far as that.

    Read backwards, because the description before it may have any number of paragraphs.
    """
    labelled = layout is Layout.LABELLED
    tagline = panel - (3 if labelled else 2)
    begin = tagline - 2
    if begin < start:
        expected = "category, name, tagline" + (", verdict" if labelled else "") + " and percentage"
        raise page.refusal(f"expected a whole card before “{_PANEL}”: {expected}", panel)
    category, name = page.lines[begin].text, page.lines[begin + 1].text
    card = Card(
        name=name,
        category=category,
        tagline=page.lines[tagline].text,
        verdict=_verdict(page, panel - 2) if labelled else None,
        percent=_percent(page, panel - 1),
        percent_line=page.lines[panel - 1],
    )
    if begin > start and _is_initial(page.lines[begin - 1].text, name):
        begin -= 1
    return begin, card


def _figures(page: PageText, card: Card, panel: int, end: int) -> tuple[Card, int]:
    """Return the card with what stands below its panel share, and the index after that."""
    community = _marker(page, "Community", panel + 1, min(end, panel + 3))
    entry = _marker(page, "Entry", community + 1, min(end, community + 3))
    share = _percent(page, panel + 1) if community > panel + 1 else None
    price = page.lines[community + 1].stated if entry > community + 1 else None
    return replace(card, community=share, entry=price), entry + 1


def _marker(page: PageText, words: str, start: int, end: int) -> int:
    place = page.find(words, start, end)
    if place is None:
        raise page.refusal(f"expected “{words}” on a card, found {page.found(start)}", start)
    return place


def _verdict(page: PageText, place: int) -> Verdict:
    try:
        return Verdict(page.lines[place].text.casefold())
    except ValueError:
        message = f"expected the card's verdict, Ship or Skip, found {page.found(place)}"
        raise page.refusal(message, place) from None


def _percent(page: PageText, place: int) -> int | None:
    line = page.lines[place]
    percent = percent_in(line.text)
    if percent is None and line.stated is not None:
        raise page.refusal(f"expected a percentage from 0% to 100%, found {page.found(place)}", place)
    return percent


def _is_initial(text: str, name: str) -> bool:
    """Whether ``text`` is the letter or emoji that stands in for a logo above the category."""
    return len(text) == 1 or (len(text) <= 8 and " " not in text and name.startswith(text))
