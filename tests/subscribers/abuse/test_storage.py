"""The table as the limits library sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from subscribers.abuse.storage import RateStorage
from tests.stock import NOW


def test_the_library_counts_resets_and_says_when_a_window_ends(session: Session) -> None:
    clock = FixedClock(NOW)
    storage = RateStorage(session, clock)
    limiter, two = FixedWindowRateLimiter(storage), parse("2/minute")
    assert [limiter.hit(two, "ann") for _ in range(3)] == [True, True, False]
    assert limiter.hit(two, "bob")
    stats = limiter.get_window_stats(two, "ann")
    assert (stats.remaining, stats.reset_time) == (0, (NOW + timedelta(minutes=1)).timestamp())
    limiter.clear(two, "ann")
    assert limiter.test(two, "ann")
    clock.at += timedelta(minutes=1)
    assert limiter.test(two, "bob")
    assert storage.check()
    assert storage.reset() == 1


def test_a_lost_table_is_the_databases_own_error(session: Session) -> None:
    session.execute(text("DROP TABLE rate"))
    with pytest.raises(OperationalError):
        RateStorage(session, FixedClock(NOW)).incr("k", 60)
