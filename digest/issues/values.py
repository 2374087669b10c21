"""An issue as plain values: what selection and matchups give, and what rendering takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.catalogue.values import Tool
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
class IssueContent:
    """Everything a rendered issue says that does not depend on the reader; the lead matchup comes first."""

    week: Week
    matchups: tuple[Matchup, ...]
    subject: str
    preheader: str
