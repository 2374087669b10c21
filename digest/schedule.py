"""When an issue is due: the latest weekly slot in a time zone. Pure.

No cron library: a weekly cron trigger skips a whole week in Berlin when its slot lies in Monday's first hour
after spring-forward. Here a slot is a local date and time, turned to UTC once: an hour the clocks skip
counts as if they had not (it falls at the same instant before the jump), an hour they repeat counts once,
the first time (PEP 495, fold=0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.week import Week

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# As mails and pages say them, whatever the machine's locale; in the order of WEEKDAYS.
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Slot:
    """One week's sending time; ``at`` is in UTC."""

    week: Week
    at: datetime


@dataclass(frozen=True, slots=True)
class WeeklySchedule:
    """A weekday (0 is Monday), a wall-clock time and the zone whose walls are meant."""

    weekday: int
    time: time
    zone: ZoneInfo

    def slot(self, week: Week) -> Slot:
        """Return the slot of an ISO week."""
        local = datetime.combine(week.day(self.weekday), self.time, tzinfo=self.zone)
        return Slot(week, local.replace(fold=0).astimezone(UTC))

    def latest(self, now: datetime) -> Slot:
        """Return the last slot that is not after ``now``."""
        week = Week.of(now.astimezone(self.zone).date() + timedelta(days=7))
        while True:
            slot = self.slot(week)
            if slot.at <= now:
                return slot
            week = Week.of(week.day(0) - timedelta(days=7))

    def following(self, now: datetime) -> Slot:
        """Return the first slot after ``now``."""
        return self.slot(self.latest(now).week.next())
