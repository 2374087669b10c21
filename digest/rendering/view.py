"""What the e-mail's templates print: an issue's values turned into words, links and cut texts. Pure.

Templates hold no logic but loops and conditions, so whatever has to be decided is decided here. Every text of
a tool comes out short enough for its place; the rest of it stands behind the matchup's link.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from digest.catalogue.values import Take, Tool, Verdict
from digest.frames import ENGLISH, day_in_words, frame
from digest.issues.values import Depth, IssueContent, Matchup
from digest.markdown import Prose
from digest.panel import Panel, paired_takes, panels_pick, tally
from digest.phrases import (
    NO_PRICE,
    NOT_STATED,
    Phrase,
    community_words,
    panel_caption,
    price_words,
    tally_words,
)
from digest.rendering.editorial import SponsorView, opening_of, sponsor_of
from digest.rendering.slots import mark
from digest.rendering.values import Identity
from digest.text import excerpt, initials, number
from digest.words import split_sentence

NAME_LIMIT = 60
CATEGORY_LIMIT = 40
LINE_LIMIT = 140
CARD_PRICE_LIMIT = 60
TABLE_PRICE_LIMIT = 120
# Five reviewers take more room than four, so each has less of it.
TAKE_LIMIT, CROWDED_TAKE_LIMIT, CROWD = 160, 125, 5
# Sixteen matchups in full view would pass the 102 KB where Gmail clips a message.
CONTENTS_ALL, CONTENTS_FIRST = 8, 4


@dataclass(frozen=True, slots=True)
class Links:
    """Where an issue's own links lead. All but ``browser`` and ``forward`` hold a slot's mark.

    ``forward`` opens a new mail with the issue's public address in it, so nobody hands on their own links.
    """

    browser: str
    unsubscribe: str
    preferences: str
    pause: str
    forward: str

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The footer's links with their words; leaving comes first."""
        return (
            ("Unsubscribe", self.unsubscribe),
            ("Preferences", self.preferences),
            ("Pause", self.pause),
            ("View in browser", self.browser),
            ("Forward", self.forward),
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """Where a reader's own word on a tool leads: each address holds a slot's mark and opens a page."""

    ship: str
    skip: str
    save: str


@dataclass(frozen=True, slots=True)
class ToolView:
    """One tool. ``verdict`` is ship, skip, split or "" for none; ``meter`` has one verdict per reviewer.

    ``meter`` is empty where single votes are unknown, ``percent`` ("75%") where there is no verdict.
    """

    name: str
    initial: str
    category: str
    tagline: str
    verdict: str
    percent: str
    meter: tuple[str, ...]
    caption: str
    price: Phrase
    pick: bool
    choices: Choices


@dataclass(frozen=True, slots=True)
class TakeView:
    """One reviewer on one tool. ``verdict`` is "" and ``score`` None where no source says."""

    verdict: str
    score: int | None
    text: str


@dataclass(frozen=True, slots=True)
class ReviewerView:
    name: str
    question: str
    left: TakeView | None
    right: TakeView | None


@dataclass(frozen=True, slots=True)
class DissentView:
    """The one take that a short matchup quotes."""

    reviewer: str
    tool: str
    text: str


@dataclass(frozen=True, slots=True)
class FactView:
    """One row of the decision table."""

    label: str
    left: Phrase
    right: Phrase


@dataclass(frozen=True, slots=True)
class MatchupView:
    number: int
    depth: str
    left: ToolView
    right: ToolView
    sentence: str
    reviewers: tuple[ReviewerView, ...]
    dissent: DissentView | None
    facts: tuple[FactView, ...]
    url: str


@dataclass(frozen=True, slots=True)
class IssueView:
    """A whole issue. ``date`` and ``weekday`` are in the frame's words, ``total`` counts the matchups."""

    week: str
    date: str
    weekday: str
    intro: Prose
    sponsor: SponsorView | None
    matchups: tuple[MatchupView, ...]
    links: Links
    language: str = ENGLISH

    @property
    def total(self) -> int:
        return len(self.matchups)

    @property
    def listed(self) -> tuple[MatchupView, ...]:
        """The matchups of the contents: all of a usual week, the first of a long one."""
        return self.matchups if self.total <= CONTENTS_ALL else self.matchups[:CONTENTS_FIRST]

    @property
    def unlisted(self) -> str:
        """The contents' last line in a long week, else ""."""
        more = self.total - len(self.listed)
        count = number(more) if self.language == ENGLISH else str(more)
        said = frame(self.language)["And %(count)s more matchups, under “Also this week”."]
        return said % {"count": count} if more else ""

    @property
    def shown(self) -> tuple[MatchupView, ...]:
        """The matchups with cards and tables."""
        return tuple(matchup for matchup in self.matchups if matchup.depth != Depth.STUB)

    @property
    def stubs(self) -> tuple[MatchupView, ...]:
        return tuple(matchup for matchup in self.matchups if matchup.depth == Depth.STUB)


def issue_view(content: IssueContent, identity: Identity, sentinel: str, *, date: date) -> IssueView:
    """Return what the issue's templates print; ``date`` is the day it goes out."""
    addresses, said = _Addresses(identity.base_url, sentinel), frame(content.language)
    weekday, day = said[f"{date:%A}"], day_in_words(content.language, date)
    return IssueView(
        week=str(content.week),
        date=said["%(weekday)s %(date)s"] % {"weekday": weekday, "date": day},
        weekday=weekday,
        intro=opening_of(content),
        sponsor=sponsor_of(content),
        matchups=tuple(
            _matchup_view(matchup, place, addresses, content.panel, said)
            for place, matchup in enumerate(content.matchups, start=1)
        ),
        links=addresses.links(f"/issues/{content.week}", content.subject),
        language=content.language,
    )


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Makes an edition's addresses."""

    base_url: str
    sentinel: str

    def personal(self, page: str) -> str:
        """Return the page of one reader; its slot has the page's name."""
        return f"{self.base_url}/{page}/{mark(self.sentinel, page)}"

    def links(self, page: str, subject: str) -> Links:
        browser, preferences = f"{self.base_url}{page}", self.personal("preferences")
        return Links(
            browser=browser,
            unsubscribe=self.personal("unsubscribe"),
            preferences=preferences,
            pause=f"{preferences}#pause",
            forward=f"mailto:?subject={quote(subject)}&body={quote(browser, safe=':/')}",
        )

    def choices(self, tool: Tool) -> Choices:
        slug, vote = quote(tool.slug), self.personal("vote")
        return Choices(
            ship=f"{vote}?tool={slug}&as=ship",
            skip=f"{vote}?tool={slug}&as=skip",
            save=f"{self.personal('saved')}?add={slug}",
        )


def compare_url(base_url: str, left: Tool, right: Tool) -> str:
    """Return the address of the page that holds a matchup whole."""
    return f"{base_url}/compare/{quote(left.slug)}-vs-{quote(right.slug)}"


def dissenting_take(left: Tool, right: Tool) -> tuple[Tool, Take] | None:
    """Return the tool and the take that goes most clearly against its tool's panel, or None.

    In a split panel nobody dissents. Most clearly: the score furthest from the panel's mean.
    """
    against = []
    for tool in (left, right):
        own = tally(tool)
        if own.verdict in (Verdict.SHIP, Verdict.SKIP):
            for take in tool.takes:
                if take.verdict not in (None, own.verdict):
                    distance = abs(take.score - (own.mean_score or 0)) if take.score is not None else 0
                    against.append((distance, tool, take))
    if not against:
        return None
    _, tool, take = max(against, key=lambda found: found[0])
    return tool, take


def _matchup_view(
    matchup: Matchup, number: int, addresses: _Addresses, panel: Panel, said: Mapping[str, str]
) -> MatchupView:
    left, right, depth = matchup.left, matchup.right, matchup.depth
    pick = panels_pick(left, right)
    return MatchupView(
        number=number,
        depth=depth.value,
        left=_tool_view(left, depth, pick is left, addresses, said),
        right=_tool_view(right, depth, pick is right, addresses, said),
        sentence=split_sentence(left, right, panel),
        reviewers=_reviewers(left, right, panel) if depth is not Depth.STUB else (),
        dissent=_dissent(left, right) if depth is Depth.SHORT else None,
        facts=_facts(left, right, depth, said) if depth is not Depth.STUB else (),
        url=compare_url(addresses.base_url, left, right),
    )


def _tool_view(
    tool: Tool, depth: Depth, pick: bool, addresses: _Addresses, said: Mapping[str, str]
) -> ToolView:
    own = tally(tool)
    name = excerpt(tool.name, NAME_LIMIT)
    return ToolView(
        name=name,
        initial=initials(name, most=1),
        category=excerpt(tool.category or "", CATEGORY_LIMIT),
        tagline=excerpt(tool.tagline or "", LINE_LIMIT) if depth is Depth.FULL else "",
        verdict=own.verdict.value if own.verdict else "",
        percent=f"{own.percent}%" if own.percent is not None else "",
        meter=own.meter,
        caption=panel_caption(tool, said),
        price=price_words(tool, CARD_PRICE_LIMIT, unknown=said[NO_PRICE]),
        pick=pick,
        choices=addresses.choices(tool),
    )


def _reviewers(left: Tool, right: Tool, panel: Panel) -> tuple[ReviewerView, ...]:
    pairs = paired_takes(left, right, panel)
    limit = TAKE_LIMIT if len(pairs) < CROWD else CROWDED_TAKE_LIMIT
    return tuple(
        ReviewerView(
            name=excerpt(reviewer, CATEGORY_LIMIT),
            question=seat.brief if (seat := panel.find(reviewer)) else "",
            left=_take_view(on_left, limit),
            right=_take_view(on_right, limit),
        )
        for reviewer, on_left, on_right in pairs
    )


def _take_view(take: Take | None, limit: int) -> TakeView | None:
    if take is None:
        return None
    return TakeView(take.verdict.value if take.verdict else "", take.score, excerpt(take.text, limit))


def _dissent(left: Tool, right: Tool) -> DissentView | None:
    found = dissenting_take(left, right)
    if found is None:
        return None
    tool, take = found
    return DissentView(
        excerpt(take.reviewer, CATEGORY_LIMIT), excerpt(tool.name, NAME_LIMIT), excerpt(take.text, TAKE_LIMIT)
    )


def _facts(left: Tool, right: Tool, depth: Depth, said: Mapping[str, str]) -> tuple[FactView, ...]:
    """Return the decision table; the short form leaves out what its cards say."""
    rows: dict[str, Callable[[Tool], Phrase]] = {
        "Panel verdict": lambda tool: tally_words(tool, said),
        "Community": lambda tool: community_words(tool.community, said),
        "Pricing": lambda tool: price_words(tool, TABLE_PRICE_LIMIT, unknown=said[NOT_STATED]).plain(),
        "Best for": lambda tool: _stated(tool.best_for, LINE_LIMIT, said),
        "Category": lambda tool: _stated(tool.category, CATEGORY_LIMIT, said),
    }
    said_on_the_card = ("Panel verdict", "Category") if depth is Depth.SHORT else ()
    return tuple(
        FactView(said[label], phrase(left), phrase(right))
        for label, phrase in rows.items()
        if label not in said_on_the_card
    )


def _stated(text: str | None, limit: int, said: Mapping[str, str]) -> Phrase:
    return Phrase("", excerpt(text, limit)) if text else Phrase("", said[NOT_STATED], known=False)
