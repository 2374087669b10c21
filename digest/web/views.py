"""What the pages' templates print: tools and matchups turned into words, paths and rows. Pure.

Unlike the e-mail, a page has room: nothing is cut, and each tool leads to a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from digest import phrases
from digest.catalogue.values import Take, Tool
from digest.contrast import text_on
from digest.frames import ENGLISH, frame
from digest.issues.values import IssueContent
from digest.markdown import Prose
from digest.panel import Panel, panels_pick, take_of, tally
from digest.phrases import Phrase
from digest.rendering.editorial import SponsorView, opening_of, sponsor_of, web_address
from digest.rendering.view import compare_url
from digest.text import initials
from digest.week import Week
from digest.words import split_sentence

_ENGLISH = frame(ENGLISH)
# Longer than any price line that means something; the phrases module wants a bound.
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Card:
    """One tool. ``verdict`` is ship, skip, split or "" for none; ``meter`` has one verdict per reviewer.

    ``meter`` is empty where single votes are unknown, ``percent`` ("75%") where there is no verdict.
    ``link`` is the tool's own page, http or https.
    """

    name: str
    path: str
    link: str | None
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
class Disc:
    """A reviewer's sign: ``initial`` on a round ground of ``colour``, in ``ink`` that reads well on it."""

    initial: str
    colour: str
    ink: str


@dataclass(frozen=True, slots=True)
class TakeRow:
    """One reviewer: the fixed question, and a take (or None) for each tool of the page."""

    reviewer: str
    disc: Disc
    question: str
    takes: tuple[Take | None, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the decision table, a value for each tool of the page."""

    label: str
    values: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class IssueHead:
    """An issue in a list; ``date`` is the day its e-mail is dated with, in words."""

    week: str
    path: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """An issue with its matchups and what the editor added."""

    head: IssueHead
    intro: Prose
    sponsor: SponsorView | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Where a pair ran. ``changed`` tells whether a tool says something else today than that issue did."""

    week: str
    path: str
    changed: bool


def tool_path(slug: str) -> str:
    """Return the path of a tool's page."""
    return f"/tools/{quote(slug)}"


def category_path(category: str) -> str:
    """Return the path of a category's list of tools."""
    return f"/tools/?{urlencode({'category': category})}"


def issue_path(week: str) -> str:
    """Return the path of an issue's page."""
    return f"/issues/{quote(week)}"


def compare_path(left: Tool, right: Tool) -> str:
    """Return the path of the page that holds a matchup whole."""
    return compare_url("", left, right)


def card(tool: Tool, *, pick: bool = False, said: Mapping[str, str] = _ENGLISH) -> Card:
    """Return what a page shows of a tool in its card; ``said`` is the frame of the language to say it in."""
    own = tally(tool)
    return Card(
        name=tool.name,
        path=tool_path(tool.slug),
        link=web_address(tool.link),
        initial=initials(tool.name, most=1),
        category=tool.category,
        tagline=tool.tagline,
        description=tool.description,
        verdict=own.verdict.value if own.verdict else "",
        percent="" if own.percent is None else f"{own.percent}%",
        meter=own.meter,
        caption=phrases.panel_caption(tool, said),
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
        split_sentence(left, right, panel),
    )


def scorecard(panel: Panel, *tools: Tool) -> tuple[TakeRow, ...]:
    """Return every reviewer who spoke on one or both of the tools, in panel order."""
    seats = map(panel.seat, panel.in_order(take.reviewer for tool in tools for take in tool.takes))
    return tuple(
        TakeRow(
            seat.name,
            Disc(seat.initial, seat.colour, text_on(seat.colour)),
            seat.brief,
            tuple(take_of(tool, seat.name) for tool in tools),
        )
        for seat in seats
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


def issue_head(week: Week, subject: str | None, weekday: int) -> IssueHead:
    """Return an issue as lists name it, ``weekday`` (0 is Monday) being the one issues are dated with.

    Without a frozen subject it goes by its week.
    """
    day = week.day(weekday)
    return IssueHead(
        str(week), issue_path(str(week)), f"{day.day} {day:%B} {day.year}", subject or f"Issue {week}"
    )


def issue_page(head: IssueHead, content: IssueContent) -> IssuePage:
    """Return an issue as its page and the lists of comparisons show it."""
    lines = tuple(line(matchup.left, matchup.right, content.panel) for matchup in content.matchups)
    return IssuePage(head, opening_of(content), sponsor_of(content), lines)


def reviewed(week: str, then: tuple[Tool, Tool] | None, now: tuple[Tool, Tool]) -> Reviewed:
    """Return where a pair ran; ``then`` is what that issue said of the two, None where that was not kept."""
    changed = then is not None and any(map(_differs, then, now))
    return Reviewed(week, issue_path(week), changed)


def _differs(then: Tool, now: Tool) -> bool:
    """Whether what a panel or a source says of a tool has changed; votes and the desk's own notes may."""
    said = ("name", "category", "tagline", "description", "pricing", "price_tier", "best_for")
    judged = ("takes", "stated_percent")
    return any(getattr(then, field) != getattr(now, field) for field in said + judged)


def _counts(tool: Tool) -> Phrase:
    """Return "Ship: 3 ship, 1 skip"; a page has room for both counts, the e-mail says "Ship, 3 to 1"."""
    own = tally(tool)
    if own.verdict is None or not own.counted:
        return phrases.tally_words(tool)
    return Phrase("", f"{own.verdict.value.capitalize()}: {own.ships} ship, {own.skips} skip")


def _community(tool: Tool) -> Phrase:
    votes = phrases.community_words(tool.community)
    return votes if votes.strong else Phrase("", "No community votes yet")


def _stated(text: str | None) -> Phrase:
    return Phrase("", text) if text else Phrase("", phrases.NOT_STATED, known=False)
