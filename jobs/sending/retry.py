"""When to try again: a pure function of what happened, the settings and the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from digest.settings import SendingSettings

_GROWTH = 4
_JITTER = 0.25


def next_try(
    settings: SendingSettings, *, key: int, attempts: int, first_try_at: datetime, now: datetime
) -> datetime | None:
    """Return when to try again after the ``attempts``-th temporary failure, or None to give up.

    The wait grows from ``retry_first`` fourfold each time up to ``retry_most``, give or take a quarter; the
    last try falls on ``first_try_at + give_up_after``. The jitter comes from ``key`` (a row's id), so that
    many put off together do not come back together, and yet a test knows the time.
    """
    end = first_try_at + settings.give_up_after
    if now >= end:
        return None
    # Beyond 4^30 every wait is retry_most, and a float could not hold much more.
    seconds = settings.retry_first.total_seconds() * _GROWTH ** min(attempts - 1, 30)
    wait = min(seconds, settings.retry_most.total_seconds()) * spread(key, attempts)
    return min(now + timedelta(seconds=wait), end)


def spread(key: int | str, attempts: int) -> float:
    """Return a factor between 0.75 and 1.25, always the same for the same key and number of attempts."""
    return 1 - _JITTER + 2 * _JITTER * crc32(f"{key}:{attempts}".encode()) / 0xFFFFFFFF
