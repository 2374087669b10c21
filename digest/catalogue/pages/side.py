"""One half of a page put together: its tool, and the figures in it that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from digest.catalogue.naming import slug_of
from digest.catalogue.pages.cards import Card
from digest.catalogue.pages.decision import DecisionTable
from digest.catalogue.pages.figures import Counts, counts_in, percent_in
from digest.catalogue.pages.lines import Line, PageText
from digest.catalogue.values import Community, Take, Tool, Verdict, name_key
from digest.panel import tally, verdict_of

# A stated percentage may have been rounded either way.
_ROUNDING = 1


def read_side(
    page: PageText, card: Card, table: DecisionTable, side: int, takes: tuple[Take, ...]
) -> tuple[Tool, list[str]]:
    """Return the tool on one side, 0 for left, and warnings as ``file:line: …``.

    The takes count where card or table contradict them. Raises BadInput for a panel verdict that is none, and
    for a category that is not the card's: one of the two is another line.
    """
    _check_category(page, card, table.cell("Category", side))
    pricing, best_for = table.cell("Pricing", side), table.cell("Best for", side)
    community, votes_remarks = _community(card, table.cell("Community", side))
    tool = Tool(
        slug=slug_of(card.name),
        name=card.name,
        category=card.category,
        tagline=card.tagline,
        description=card.description,
        pricing=pricing.text if pricing else None,
        price_tier=price_tier(card.entry, pricing.text if pricing else None),
        entry=card.entry,
        best_for=best_for.text if best_for else None,
        stated_percent=card.percent,
        community=community,
        takes=takes,
    )
    verdict = table.cell("Panel verdict", side)
    remarks = [*votes_remarks, *_card_remarks(tool, card)]
    if verdict is not None:
        remarks += _table_remarks(tool, verdict, _panel_counts(page, verdict))
    return tool, [f"{page.source}:{line.number}: {sentence}" for line, sentence in remarks]


def price_tier(entry: str | None, pricing: str | None) -> str | None:
    """Return the price tier: the card's entry price, else the pricing line up to its first " / "."""
    return entry or (pricing.split(" / ")[0].strip() if pricing else None) or None


def _check_category(page: PageText, card: Card, stated: Line | None) -> None:
    if stated is not None and name_key(stated.text) != name_key(card.category):
        place = page.lines.index(stated)
        message = f"expected the category of {card.name}, “{card.category}”, as on its card"
        raise page.refusal(f"{message}; found {page.found(place)}", place)


def _community(card: Card, line: Line | None) -> tuple[Community | None, list[tuple[Line, str]]]:
    """Return the readers' votes: counts where the table has them, else the share."""
    share = None if card.community is None else Community(percent=card.community)
    if line is None or line.text.casefold().startswith("no community votes"):
        return share, []
    if (percent := percent_in(line.text)) is not None:
        return Community(percent=percent), []
    counts = counts_in(line.text)
    if counts is None:
        return share, [(line, f"expected votes like 12 ship / 3 skip, found “{line.text[:40]}”; left out")]
    if counts.percent is None:
        return share, []
    if card.community is not None and abs(card.community - counts.percent) > _ROUNDING:
        sentence = f"the card of {card.name} says {card.community}% of its readers, the table's votes count"
        return Community(counts.ships, counts.skips), [(line, sentence)]
    return Community(counts.ships, counts.skips), []


def _panel_counts(page: PageText, line: Line) -> Counts:
    counts = counts_in(line.text)
    if counts is None or (counts.word is not None and counts.word not in tuple(Verdict)):
        place = page.lines.index(line)
        raise page.refusal(
            f"expected a panel verdict like Ship · 3 ship / 1 skip, found {page.found(place)}", place
        )
    return counts


def _card_remarks(tool: Tool, card: Card) -> Iterator[tuple[Line, str]]:
    counted = _counted(tool)
    if counted is None:
        return
    if card.percent is not None and abs(card.percent - (counted.percent or 0)) > _ROUNDING:
        yield card.percent_line, f"the card of {tool.name} says {card.percent}%, {_takes_say(counted)}"
    if card.verdict is not None and not _fits(card.verdict, counted):
        yield card.percent_line, f"the card of {tool.name} says {card.verdict}, {_takes_say(counted)}"


def _table_remarks(tool: Tool, line: Line, stated: Counts) -> Iterator[tuple[Line, str]]:
    counted = _counted(tool)
    if counted is None:
        return
    if (stated.ships, stated.skips) != (counted.ships, counted.skips):
        sentence = f"the table says {stated.ships} ship / {stated.skips} skip of {tool.name}"
        yield line, f"{sentence}, {_takes_say(counted)}"
    elif stated.word is not None and not _fits(Verdict(stated.word), counted):
        yield line, f"the table says {stated.word} of {tool.name}, {_takes_say(counted)}"


def _counted(tool: Tool) -> Counts | None:
    """Return the panel's counts if every verdict is known."""
    panel = tally(tool)
    return None if panel.unknown or not tool.takes else Counts(panel.ships, panel.skips)


def _takes_say(counted: Counts) -> str:
    return f"its takes say {counted.ships} ship / {counted.skips} skip and count"


def _fits(word: Verdict, counted: Counts) -> bool:
    """Whether a panel's verdict word fits the counts; what to call an even panel is the source's to say."""
    return verdict_of(counted.percent) in (word, Verdict.SPLIT)
