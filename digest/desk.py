"""The desk's standing decisions, read from the settings: who reviews, and what an issue is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest.catalogue.model import Rules
from digest.panel import Panel, Reviewer
from digest.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """``size`` is the most matchups of an issue; ``folder`` holds an editor's word on single issues."""

    panel: Panel
    size: int
    min_takes: int
    rematch_after_weeks: int
    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> Desk:
        """Return the desk as the settings have it."""
        return cls(
            Panel(
                tuple(
                    Reviewer(seat.name, seat.initial, seat.colour, seat.brief)
                    for seat in settings.panel.reviewers
                )
            ),
            settings.selection.size,
            settings.selection.min_takes,
            settings.selection.rematch_after_weeks,
            settings.issue.path,
        )

    def rules(self, today: date) -> Rules:
        """Return what a tool that comes in is checked against."""
        return Rules(self.panel.names, today)
