"""The desk's standing decisions, read from the settings: who reviews, and what an issue is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.catalogue.model import Rules
from digest.panel import Panel, Reviewer
from digest.schedule import WEEKDAYS
from digest.settings import Settings
from digest.week import Week


@dataclass(frozen=True, slots=True)
class Desk:
    """``size`` is the most matchups of an issue; ``folder`` holds an editor's word on single issues.

    An issue goes out on ``weekday`` (0 is Monday) in ``zone``. ``silence`` names the lint rules whose
    findings are kept back.
    """

    panel: Panel
    size: int
    min_takes: int
    rematch_after_weeks: int
    folder: Path
    weekday: int
    zone: ZoneInfo
    silence: tuple[str, ...] = ()

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
            WEEKDAYS.index(settings.schedule.weekday),
            settings.schedule.zone,
            settings.lint.silence,
        )

    def today(self, now: datetime) -> date:
        """Return which day it is where the desk is."""
        return now.astimezone(self.zone).date()

    def day_of(self, week: Week, today: date) -> date:
        """Return the day up to which a tool counts as out for the week's issue: the one it is sent on.

        That is the schedule's day, or today where the issue is made later than that.
        """
        return max(week.day(self.weekday), today)

    def rules(self, today: date) -> Rules:
        """Return what a tool that comes in is checked against."""
        return Rules(self.panel.names, today)
