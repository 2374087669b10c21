"""Saved comparison pages in both layouts, made of tools with words of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from digest.catalogue.values import Take, Tool, Verdict
from digest.panel import paired_takes, tally
from tests.factories import PANEL, REVIEWERS, tool

BOX = (
    "Weekly AI Tool Verdicts",
    "Get the next comparison by e-mail",
    "Read it before your coffee is cold.",
)
FURNITURE = ("Bookmarks", "Loading bookmarks...", "No bookmarks yet")


def lantern(**values: Any) -> Tool:
    """Return a tool as a labelled page knows it: 3 ship, 1 skip."""
    known: dict[str, Any] = {
        "tagline": "Reads receipts in the dark",
        "description": "Lantern reads small print on a phone. It needs no account.",
        "pricing": "Free / Team plan $9 a seat",
        "price_tier": "Free",
        "entry": "Free",
        "best_for": "Receipts",
        "stated_percent": 75,
        "published_on": None,
        "takes": (
            Take("Builder", "Two commands, and it ran. It “just” ran.", 88, Verdict.SHIP),
            Take("Skeptic", "It guessed every seventh total.", 78, Verdict.SHIP),
            Take("Futurist", "Paper will outlive us; so may this.", 82, Verdict.SHIP),
            Take("Founder", "Nobody pays for a lamp.", 52, Verdict.SKIP),
        ),
    }
    return tool("Lantern", **(known | values))


def loupe(**values: Any) -> Tool:
    """Return another: 4 ship, another price."""
    known: dict[str, Any] = {
        "tagline": "Zooms until it hurts",
        "description": "Loupe enlarges scans.",
        "pricing": "Paid / $20 a month",
        "price_tier": "From $20",
        "entry": "From $20",
        "best_for": "Archives",
        "stated_percent": 100,
        "published_on": None,
        "takes": tuple(
            Take(who, f"The {who} looked twice and stayed.", score, Verdict.SHIP)
            for who, score in zip(REVIEWERS, (88, 82, 85, 79), strict=False)
        ),
    }
    return tool("Loupe", **(known | values))


def as_compact(full: Tool) -> Tool:
    """Return what the compact layout leaves of a tool, its takes guessed by their place."""
    return tool(
        full.name,
        category=full.category,
        tagline=full.tagline,
        description=full.description,
        entry=full.entry,
        price_tier=full.entry,
        stated_percent=full.stated_percent,
        published_on=None,
        takes=tuple(Take(who, take.text) for who, take in zip(REVIEWERS, full.takes, strict=False)),
    )


def labelled_page(left: Tool, right: Tool) -> str:
    """Return a labelled page: blank lines between, names, scores and a decision table."""
    lines = [f"Compare/{left.name} vs {right.name}", *heading_lines(left, right)]
    for one in (left, right):
        lines += [one.name[0], *card_lines(one, labelled=True)]
    lines.append("\n".join(table_lines(left, right)))
    lines.append("Reviewer scorecard")
    for reviewer, *takes in paired_takes(left, right, PANEL):
        first, second = (cell_text(take) for take in takes)
        lines += [f"{reviewer}\n{first}", second]
    return "\n\n".join([*lines, *BOX, *FURNITURE]) + "\n"


def compact_page(left: Tool, right: Tool) -> str:
    """Return a compact page: no blank lines, names or scores, takes in quotation marks."""
    lines = heading_lines(left, right)
    for one in (left, right):
        lines += card_lines(one, labelled=False)
    lines.append("Reviewer scorecard")
    return "\n".join([*lines, *compact_cells(left, right), *BOX])


def compact_cells(left: Tool, right: Tool) -> Iterator[str]:
    """Yield the scorecard of a compact page, left and right in turn."""
    for place in range(max(len(left.takes), len(right.takes))):
        for one in (left, right):
            yield f"“{one.takes[place].text}”" if place < len(one.takes) else "No panel take"


def heading_lines(left: Tool, right: Tool) -> list[str]:
    """Return the lines above the cards."""
    question = "Which one should you ship with? Everything we know, side by side."
    return ["AI tool comparison", f"{left.name} vs {right.name}", question]


def card_lines(one: Tool, *, labelled: bool) -> Iterator[str]:
    """Yield the lines of a card below its initial."""
    yield from (str(one.category), one.name, str(one.tagline))
    if labelled:
        yield str(tally(one).verdict).capitalize()
    yield from ("—" if one.stated_percent is None else f"{one.stated_percent}%", "Panel ship")
    share = one.community.percent if one.community else None
    if share is not None:
        yield f"{share}%"
    elif not labelled:
        yield "—"
    yield from ("Community", one.entry or "—", "Entry", one.description or "—")


def table_lines(left: Tool, right: Tool) -> Iterator[str]:
    """Yield the decision table, three lines a row."""
    yield from ("Decision", left.name, right.name, "Panel verdict")
    for one in (left, right):
        panel = tally(one)
        yield f"{str(panel.verdict).capitalize()} · {panel.ships} ship / {panel.skips} skip"
    yield "Community"
    for one in (left, right):
        votes = one.community
        counted = votes is not None and votes.ships is not None
        yield f"{votes.ships} ship / {votes.skips} skip" if votes and counted else "No community votes yet"
    for label, field in (("Pricing", "pricing"), ("Best for", "best_for"), ("Category", "category")):
        yield from (label, getattr(left, field) or "—", getattr(right, field) or "—")


def cell_text(take: Take | None) -> str:
    """Return a take of the labelled layout: the score, and the text after a blank line."""
    return "No panel take" if take is None else f"{take.score}/100 · {take.verdict}\n\n{take.text}"
