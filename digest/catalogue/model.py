"""The one validated model of a tool, in which every source ends: files, feeds, the API, a person's answers.

What a source may say depends on the desk, too: who is on the panel and which day it is. Both come in as
``Rules``, pydantic's validation context; without them neither is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from digest.catalogue.cleaning import is_visible, paragraph
from digest.catalogue.naming import slug_of
from digest.catalogue.pages.side import price_tier
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.text import first_twice

# More are no panel, and no list that a person wrote.
_MOST_TAKES, _MOST_COMPARED = 100, 1_000
# A score from here on ships.
SHIPS_FROM = 60
# What the desk decides on a tool, wherever the tool came from.
DESK = ("embargoed_until", "excluded", "pinned")
# Further ahead than this, a day is a slip of the pen and no announcement.
_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a tool is checked against besides its own shape: the panel's names, and today."""

    reviewers: tuple[str, ...]
    today: date

    def check_reviewer(self, name: str) -> None:
        """Raise ValueError for somebody who is not on the panel, with the likely one."""
        if name in self.reviewers:
            return
        near = get_close_matches(name, self.reviewers, n=1)
        hint = f"did you mean {near[0]}?" if near else "add them to digest.toml as [[panel.reviewers]]"
        raise ValueError(f"there is no reviewer “{name[:40]}”; {hint}")

    def check_day(self, day: date) -> None:
        """Raise ValueError for a day that lies too far ahead to be meant."""
        if day > self.today + _AHEAD:
            raise ValueError(f"{day} is more than a year ahead")


def _clean(value: object) -> object:
    return paragraph(value) if isinstance(value, str) else value


def _clean_or_none(value: object) -> object:
    return (paragraph(value) or None) if isinstance(value, str) else value


def visible(value: str) -> str:
    """Return a text that has something to see; raise ValueError."""
    if not is_visible(value):
        raise ValueError("expected a text that can be seen; it has only invisible characters")
    return value


def _a_panel(value: object) -> object:
    if isinstance(value, list) and len(value) > _MOST_TAKES:
        raise ValueError(f"expected at most {_MOST_TAKES} takes, found {len(value):,}")
    return value


def _iso_date(value: object) -> object:
    # Left to itself, pydantic also reads a bare number as seconds since 1970.
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"expected a date like 2026-11-17, found “{paragraph(value)[:40]}”") from None


# Longer than anything that an issue or a page shows.
_LONGEST = 10_000
Text = Annotated[
    str, BeforeValidator(_clean), Field(min_length=1, max_length=_LONGEST), AfterValidator(visible)
]
OptionalText = Annotated[Annotated[str, Field(max_length=_LONGEST)] | None, BeforeValidator(_clean_or_none)]
# Bounded, since PostgreSQL keeps an index of both and takes no entry above 2,704 bytes.
Name = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=200), AfterValidator(visible)]
Category = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(_clean_or_none)]
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=100)]
# A plain host (in punycode, if need be) and a port: no user name, which would hide where a link leads.
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,3}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?"
Link = Annotated[str, Field(pattern=rf"^https?://{_HOST}([/?#][^\s\"'<>]*)?$", max_length=2_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
# What an integer of PostgreSQL holds.
Votes = Annotated[int, Field(ge=0, le=2_147_483_647)]


class Model(BaseModel):
    """What all parts share: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class TakeModel(Model):
    """One reviewer's take."""

    reviewer: Annotated[
        str, BeforeValidator(_clean), Field(min_length=1, max_length=40), AfterValidator(visible)
    ]
    score: Percent | None = None
    verdict: Literal["ship", "skip"] | None = None
    text: Text

    @field_validator("reviewer")
    @classmethod
    def _on_the_panel(cls, name: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Rules):
            info.context.check_reviewer(name)
        return name

    def take(self) -> Take:
        """Return the take as a value."""
        return Take(self.reviewer, self.text, self.score, Verdict(self.verdict) if self.verdict else None)


class CommunityModel(Model):
    """Readers' votes."""

    ships: Votes
    skips: Votes


class ToolModel(Model):
    """One tool. Whatever is left out is unknown."""

    name: Name
    slug: Slug | None = Field(None, description="Left out: made from the name.")
    category: Category = None
    tagline: OptionalText = None
    description: OptionalText = None
    pricing: OptionalText = None
    price_tier: OptionalText = Field(None, description="Left out: entry, or pricing up to its first ' / '.")
    entry: OptionalText = None
    best_for: OptionalText = None
    link: Annotated[Link | None, BeforeValidator(_clean_or_none)] = Field(
        None, description="The tool's own page."
    )
    published_on: Annotated[date | None, BeforeValidator(_iso_date)] = Field(
        None, description="Left out: the day of the import."
    )
    panel_percent: Percent | None = Field(None, description="Only needed while verdicts are missing.")
    community: CommunityModel | None = None
    takes: Annotated[list[TakeModel], BeforeValidator(_a_panel)] = []
    compared_with: list[Slug] = Field(
        [], max_length=_MOST_COMPARED, description="Slugs of tools to the right of this one."
    )
    embargoed_until: Annotated[date | None, BeforeValidator(_iso_date)] = Field(
        None, description="No issue takes the tool before this day."
    )
    excluded: OptionalText = Field(None, description="Why no issue shall ever take the tool.")
    pinned: bool = Field(False, description="Takes the tool in before all others.")

    @field_validator("published_on")
    @classmethod
    def _not_far_ahead(cls, day: date | None, info: ValidationInfo) -> date | None:
        if day is not None and isinstance(info.context, Rules):
            info.context.check_day(day)
        return day

    @field_validator("takes")
    @classmethod
    def _one_take_each(cls, takes: list[TakeModel]) -> list[TakeModel]:
        twice = first_twice(take.reviewer for take in takes)
        if twice is not None:
            raise ValueError(f"{twice} has more than one take")
        return takes

    def tool(self) -> Tool:
        """Return the tool as a value."""
        votes = self.community
        return Tool(
            slug=self.slug or slug_of(self.name),
            name=self.name,
            category=self.category,
            tagline=self.tagline,
            description=self.description,
            pricing=self.pricing,
            price_tier=self.price_tier or price_tier(self.entry, self.pricing),
            entry=self.entry,
            best_for=self.best_for,
            published_on=self.published_on,
            stated_percent=self.panel_percent,
            community=Community(votes.ships, votes.skips) if votes and votes.ships + votes.skips else None,
            link=self.link,
            takes=tuple(take.take() for take in self.takes),
            compared_with=tuple(dict.fromkeys(self.compared_with)),
            embargoed_until=self.embargoed_until,
            excluded=self.excluded,
            pinned=self.pinned,
        )


@dataclass(frozen=True, slots=True)
class WrittenTool:
    """A tool that somebody wrote down: in a file, in a feed, over the API.

    ``named`` if they wrote the slug, too, and so mean that very listing; ``desk`` has those of DESK that they
    decided. ``warnings`` are readable lines that begin with their place.
    """

    tool: Tool
    named: bool
    desk: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: ToolModel) -> WrittenTool:
        """Return what a validated model says."""
        desk = tuple(field for field in DESK if field in model.model_fields_set)
        return cls(model.tool(), model.slug is not None, desk)


def oddities(tool: Tool, today: date) -> Iterator[str]:
    """Yield a sentence for each thing that is allowed but looks like a slip."""
    yield from (sentence for _, sentence in odd_takes(tool))
    if tool.published_on is not None and tool.published_on > today:
        yield odd_day(tool.published_on)


def odd_takes(tool: Tool) -> Iterator[tuple[int, str]]:
    """Yield (place among the takes, sentence) for each verdict that contradicts its score."""
    for place, take in enumerate(tool.takes):
        if take.score is not None and take.verdict is not None:
            usual = Verdict.SHIP if take.score >= SHIPS_FROM else Verdict.SKIP
            if take.verdict is not usual:
                yield (
                    place,
                    f"the {take.reviewer} says {take.verdict} at {take.score}; {SHIPS_FROM} and more ships",
                )


def odd_day(published_on: date) -> str:
    """Return the sentence on a tool that is announced for a day to come."""
    return f"{published_on} is in the future; the tool waits until then"
