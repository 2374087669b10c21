"""An issue as plain values: what selection and matchups give, and what rendering takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.catalogue.values import Tool
from digest.panel import Panel
from digest.week import Week


class Status(StrEnum):
    """Where an issue stands; see ``digest.issues.life`` for the ways between."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Depth(StrEnum):
    """How much an e-mail shows of a matchup: everything, scores only, or a line."""

    FULL = "full"
    SHORT = "short"
    STUB = "stub"


@dataclass(frozen=True, slots=True)
class Matchup:
    """Two tools side by side."""

    left: Tool
    right: Tool
    depth: Depth = Depth.FULL


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Who paid for a block in the issue, which is marked as such. ``text`` is Markdown; ``link`` is https."""

    name: str
    text: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an editor decided for one week, over all that would be chosen.

    ``pairs`` run as they stand, left and right; ``bans`` do not, whatever their order. ``pins`` are tools
    that must be in, ``leave_out`` tools that must not. ``order`` names tools (slugs): the matchups with them
    come first, in this order. ``intro`` is Markdown. None and empty leave the choice as it is.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    bans: tuple[tuple[str, str], ...] = ()
    pins: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None
    sponsor: Sponsor | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """What the issue before said in a reader's inbox, so that two weeks do not read alike."""

    subject: str | None = None
    preheader: str | None = None


@dataclass(frozen=True, slots=True)
class IssueContent:
    """Everything a rendered issue says that does not depend on the reader; the lead matchup comes first.

    ``intro`` is an editor's Markdown, which takes the place of the one that is made from the panels.
    ``language`` is that of the frame round it; ``leading`` how many matchups, from the first on, may be shown
    as more than stubs, None for all: the two in which an edition differs beside the order.
    """

    week: Week
    matchups: tuple[Matchup, ...]
    subject: str
    preheader: str
    panel: Panel
    intro: str | None = None
    sponsor: Sponsor | None = None
    language: str = "en"
    leading: int | None = None
