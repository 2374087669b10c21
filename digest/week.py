"""ISO weeks, the key of an issue: ``2026-W47`` (ISO 8601-1:2019, section 5.2.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from digest.errors import BadInput

_PATTERN = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_LAST_MONDAY = date.fromisocalendar(9998, 52, 1).toordinal()


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week. Ordered by time; ``str()`` gives the key."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        """Return the week named by ``text``; raise BadInput unless it is a week that exists."""
        match = _PATTERN.fullmatch(text)
        # The last year has no week after it.
        if match and int(match[1]) < 9999:
            year, number = int(match[1]), int(match[2])
            try:
                date.fromisocalendar(year, number, 1)
            except ValueError:
                pass
            else:
                return cls(year, number)
        raise BadInput(f"{text!r} is not a week; write it like 2026-W47")

    @classmethod
    def of(cls, day: date) -> Week:
        """Return the week that ``day`` falls in."""
        iso = day.isocalendar()
        return cls(iso.year, iso.week)

    def day(self, weekday: int) -> date:
        """Return the date of a weekday of this week, 0 for Monday to 6 for Sunday."""
        return date.fromisocalendar(self.year, self.number, weekday + 1)

    def next(self) -> Week:
        """Return the week after this one, across W52/W53 and the year's end."""
        return Week.of(self.day(0) + timedelta(days=7))

    def plus(self, weeks: int) -> Week:
        """Return the week so many weeks later, or earlier; the calendar's first and last are the furthest."""
        monday = self.day(0).toordinal() + 7 * weeks
        return Week.of(date.fromordinal(min(max(monday, 1), _LAST_MONDAY)))

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"
