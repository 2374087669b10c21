"""When a reader's hour is. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def first_try(start: datetime, hour: int, zone: str | None, default: ZoneInfo) -> datetime:
    """Return when an issue that begins to go out at ``start`` is due for a reader who chose ``hour``.

    That is at once if it is that hour for them now, else the next time it becomes that hour: within a day,
    or 25 hours where clocks go back. An hour the clocks skip counts as if they had not (it falls at the same
    instant before the jump), an hour they repeat is the first of the two (PEP 495, fold=0); either comes
    once. Without a zone, or with one this machine does not know, it is ``default``. In UTC.
    """
    there = _zone(zone, default)
    local = start.astimezone(there)
    if local.hour == hour:
        return start
    day = local.date()
    while (due := datetime.combine(day, time(hour), there).astimezone(UTC)) < start:
        day += timedelta(days=1)
    return due


def _zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
