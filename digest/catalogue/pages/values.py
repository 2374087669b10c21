"""What a comparison page says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from digest.catalogue.values import Tool


class Layout(StrEnum):
    """How a page was saved: with reviewers' names, scores and a decision table, or as bare quoted takes."""

    LABELLED = "labelled"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Two tools side by side.

    Their slugs are those their names ask for, whether or not they are still free. ``warnings`` are readable
    lines, ``file:line: …``, on figures of the page that contradict each other. ``named_at`` has the lines on
    which reviewers are named; how a page was saved is no part of what it says.
    """

    left: Tool
    right: Tool
    source: str
    layout: Layout
    warnings: tuple[str, ...] = ()
    named_at: dict[str, int] = field(default_factory=dict, compare=False)


# The reviewers of the review site, in the order in which a page without names prints them.
SITE_PANEL = ("Builder", "Skeptic", "Futurist", "Founder", "Creator")
