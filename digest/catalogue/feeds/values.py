"""What came over the network, as plain values, whatever form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from digest.catalogue.model import ToolModel


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed. ``key`` is the feed's own name for it; texts are plain single paragraphs."""

    key: str
    title: str
    summary: str | None = None
    link: str | None = None
    category: str | None = None
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """The entries of a feed, newest first, each key once; ``warnings`` are sentences on what is odd."""

    entries: tuple[FeedEntry, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A tool that a source offers, and the source's own key for it."""

    key: str
    model: ToolModel


@dataclass(frozen=True, slots=True)
class FeedContent:
    """All that one answer brought: tools, what was refused (a line each), and what is odd."""

    arrivals: tuple[Arrival, ...]
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
