"""What the pages' templates print: tools and matchups turned into words, paths and rows. Pure.

Unlike the e-mail, a page has room: nothing is cut, and each tool leads to a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from digest import phrases, words
from digest.catalogue.values import Take, Tool
from digest.issues.values import IssueContent
from digest.panel import Panel, panels_pick, take_of, tally, votes_known
from digest.phrases import Phrase
from digest.rendering.view import compare_url

# Longer than any price line that means something; the phrases module wants a bound.
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Card:
    """One tool. ``verdict`` is ship, skip, split or "" for none; ``meter`` has one verdict per reviewer.

    ``meter`` is empty where single votes are unknown, ``percent`` ("75%") where there is no verdict.
    """

    name: str
    path: str
    initial: str
    category: str | None
    tagline: str | None
    description: str | None
    verdict: str
    percent: str
    meter: tuple[str, ...]
    caption: str
    price: Phrase
    pick: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A matchup in a list; ``sentence`` says how the panels split."""

    left: Card
    right: Card
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TakeRow:
    """One reviewer: the fixed question, and a take (or None) for each tool of the page."""

    reviewer: str
    question: str
    takes: tuple[Take | None, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the decision table, a value for each tool of the page."""

    label: str
    values: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class IssueHead:
    """An issue in a list; ``date`` is the day it began to go out, in words, or "" while unknown."""

    week: str
    path: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """An issue with its matchups and the editor's opening."""

    head: IssueHead
    intro: str
    lines: tuple[Line, ...]


def tool_path(slug: str) -> str:
    """Return the path of a tool's page."""
    return f"/tools/{quote(slug)}"


def category_path(category: str) -> str:
    """Return the path of a category's list of tools."""
    return f"/tools/?{urlencode({'category': category})}"


def compare_path(left: Tool, right: Tool) -> str:
    """Return the path of the page that holds a matchup whole."""
    return compare_url("", left, right)


def card(tool: Tool, *, pick: bool = False) -> Card:
    """Return what a page shows of a tool in its card."""
    own = tally(tool)
    return Card(
        name=tool.name,
        path=tool_path(tool.slug),
        initial=next((char.upper() for char in tool.name if char.isalnum()), "·"),
        category=tool.category,
        tagline=tool.tagline,
        description=tool.description,
        verdict=own.verdict.value if own.verdict else "",
        percent="" if own.percent is None else f"{own.percent}%",
        meter=("ship",) * own.ships + ("skip",) * own.skips if votes_known(tool) else (),
        caption=phrases.panel_caption(tool),
        price=phrases.price_words(tool, _WHOLE),
        pick=pick,
    )


def line(left: Tool, right: Tool, panel: Panel) -> Line:
    """Return a matchup for a list, the panel's pick marked."""
    pick = panels_pick(left, right)
    return Line(
        card(left, pick=pick is left),
        card(right, pick=pick is right),
        compare_path(left, right),
        words.split_sentence(left, right, panel),
    )


def scorecard(panel: Panel, *tools: Tool) -> tuple[TakeRow, ...]:
    """Return every reviewer who spoke on one or both of the tools, in panel order."""
    return tuple(
        TakeRow(
            reviewer,
            seat.brief if (seat := panel.find(reviewer)) else "",
            tuple(take_of(tool, reviewer) for tool in tools),
        )
        for reviewer in panel.in_order(take.reviewer for tool in tools for take in tool.takes)
    )


def decision(*tools: Tool) -> tuple[Fact, ...]:
    """Return the decision table; what no source says is said in words."""
    rows: dict[str, Callable[[Tool], Phrase]] = {
        "Panel verdict": _counts,
        "Community": _community,
        "Pricing": lambda tool: phrases.price_words(tool, _WHOLE, unknown=phrases.NOT_STATED).plain(),
        "Best for": lambda tool: _stated(tool.best_for),
        "Category": lambda tool: _stated(tool.category),
    }
    return tuple(Fact(label, tuple(phrase(tool) for tool in tools)) for label, phrase in rows.items())


def issue_head(week: str, subject: str | None, started: datetime | None) -> IssueHead:
    """Return an issue as lists name it; without a frozen subject it goes by its week."""
    date = f"{started.day} {started:%B} {started.year}" if started else ""
    return IssueHead(week, f"/issues/{week}", date, subject or f"Issue {week}")


def issue_page(head: IssueHead, content: IssueContent) -> IssuePage:
    """Return an issue as its page and the lists of comparisons show it."""
    lines = tuple(line(matchup.left, matchup.right, content.panel) for matchup in content.matchups)
    return IssuePage(head, words.intro_for(content.matchups), lines)


def _counts(tool: Tool) -> Phrase:
    """Return "Ship: 3 ship, 1 skip"; a page has room for both counts, the e-mail says "Ship, 3 to 1"."""
    own = tally(tool)
    if own.verdict is None or not votes_known(tool):
        return phrases.tally_words(tool)
    return Phrase("", f"{own.verdict.value.capitalize()}: {own.ships} ship, {own.skips} skip")


def _community(tool: Tool) -> Phrase:
    votes = phrases.community_words(tool.community)
    return votes if votes.strong else Phrase("", "No community votes yet")


def _stated(text: str | None) -> Phrase:
    return Phrase("", text) if text else Phrase("", phrases.NOT_STATED, known=False)
