"""What the API answers, as models; they describe the answers and are tested against them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """What all answers share: each key is always there, and there is no other."""

    model_config = ConfigDict(extra="forbid")


class Take(Answer):
    """One reviewer's take; null is unknown."""

    reviewer: str
    score: int | None = Field(ge=0, le=100)
    verdict: Literal["ship", "skip"] | None
    text: str


class Panel(Answer):
    """What the panel says together, computed from the takes."""

    ships: int = Field(ge=0)
    skips: int = Field(ge=0)
    unknown: int = Field(ge=0, description="Takes without a verdict.")
    percent: int | None = Field(ge=0, le=100, description="The share that ships.")
    verdict: Literal["ship", "skip", "split"] | None


class Community(Answer):
    """Readers' votes; the counts are null where a source states only their share."""

    ships: int | None = Field(ge=0)
    skips: int | None = Field(ge=0)


class Tool(Answer):
    """A tool as the catalogue has it; null is unknown."""

    slug: str
    name: str
    category: str | None
    tagline: str | None
    description: str | None
    pricing: str | None
    price_tier: str | None
    entry: str | None
    best_for: str | None
    link: str | None
    published_on: date
    panel: Panel
    community: Community | None
    takes: list[Take] = Field(description="In the order of the panel.")
    compared_with: list[str] = Field(description="Slugs, sorted.")
    embargoed_until: date | None
    excluded: str | None
    pinned: bool


class ToolPage(Answer):
    """Tools by slug."""

    tools: list[Tool]
    next: str | None = Field(description="Hand it in as `after` for the next page; null on the last.")


class Takes(Answer):
    """A tool's takes, in the order of the panel."""

    takes: list[Take]


class Trouble(Answer):
    """One thing that is wrong."""

    where: str = Field(
        description="A place in the body, such as `takes[0].score`, or a parameter; may be empty."
    )
    message: str


class Problem(Answer):
    """Problem details (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do.")
    errors: list[Trouble]
