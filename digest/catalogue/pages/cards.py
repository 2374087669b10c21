"""The two cards at the top of a page; both layouts print them in one order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.catalogue.pages.figures import percent_in
from digest.catalogue.pages.lines import Line, PageText
from digest.catalogue.pages.values import Layout
from digest.catalogue.values import Verdict

CARD_LABELS = ("Panel ship", "Community", "Entry")
_PANEL, _COMMUNITY, _ENTRY = CARD_LABELS
_CATEGORY_LIMIT = 40
# What both cards of a page have or neither, by its place in _Foot. An entry price may be missing on one of
# them: it is unknown then.
_ON_BOTH = {
    Layout.COMPACT: ((0, "a community share"), (2, "a description")),
    # Labelled cards print no dash where nobody voted.
    Layout.LABELLED: ((2, "a description"),),
}

# Where "Panel ship", "Community" and "Entry" stand on a card, and where it ends.
_Foot = tuple[int, int, int, int]


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
    """Return the cards in lines ``[start, end)``.

    Raises BadInput with the line where one is wrong, or lacks what the other has: a line was lost there.
    """
    panel, community, entry = _markers(page, start, end)
    begin, left = _head(page, start, panel, layout)
    if begin != start:
        raise page.refusal(f"expected a card: category, name, tagline; found {page.found(start)}", start)
    right_panel, right_community, right_entry = _markers(page, entry + 1, end)
    begin, right = _head(page, entry + 1, right_panel, layout)
    feet = (panel, community, entry, begin), (right_panel, right_community, right_entry, end)
    _refuse_gaps(page, feet, layout)
    return _with_foot(page, left, feet[0]), _with_foot(page, right, feet[1])


def _markers(page: PageText, start: int, end: int) -> tuple[int, int, int]:
    """Return where the three markers of the next card stand."""
    panel = _marker(page, _PANEL, start, end)
    community = _marker(page, _COMMUNITY, panel + 1, min(end, panel + 3))
    return panel, community, _marker(page, _ENTRY, community + 1, min(end, community + 3))


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
    if not _is_category(category):
        raise page.refusal(f"expected category, name, tagline; {page.found(begin)} is no category", begin)
    card = Card(
        name=name,
        category=category,
        tagline=page.lines[tagline].text,
        verdict=_verdict(page, panel - 2) if labelled else None,
        percent=_percent(page, panel - 1),
        percent_line=page.lines[panel - 1],
    )
    if begin > start and _is_initial(page.lines[begin - 1], name):
        begin -= 1
    return begin, card


def _refuse_gaps(page: PageText, feet: tuple[_Foot, _Foot], layout: Layout) -> None:
    """Refuse cards of which only one has a certain line; a dash says that there is nothing to say."""
    for place, what in _ON_BOTH[layout]:
        lacking = [foot for foot in feet if foot[place + 1] == foot[place] + 1]
        if len(lacking) == 1:
            [foot] = lacking
            found = page.found(foot[place + 1])
            raise page.refusal(
                f"expected {what} or “—” on this card, as on the other; found {found}",
                foot[place + 1],
            )


def _with_foot(page: PageText, card: Card, foot: _Foot) -> Card:
    """Return the card with what stands below its panel share."""
    panel, community, entry, end = foot
    return replace(
        card,
        community=_percent(page, panel + 1) if community > panel + 1 else None,
        entry=page.lines[community + 1].stated if entry > community + 1 else None,
        description=_description(page, entry + 1, end),
    )


def _description(page: PageText, start: int, end: int) -> str | None:
    return page.lines[start].stated if end == start + 1 else page.joined(start, end) or None


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


def _is_initial(line: Line, name: str) -> bool:
    """Whether the line is the letter or emoji that stands in for a logo above the category."""
    text = line.text
    if line.stated is None:
        return False
    return len(text) == 1 or (len(text) <= 8 and " " not in text and name.startswith(text))


def _is_category(text: str) -> bool:
    """Whether ``text`` may be a category, and not the initial or the end of the description above it."""
    is_word = 1 < len(text) <= _CATEGORY_LIMIT and any(char.isalnum() for char in text)
    return is_word and not text.endswith((".", "!", "?", "…"))
