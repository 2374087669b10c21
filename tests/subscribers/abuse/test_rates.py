"""Counting in windows, whoever else counts at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.db import Database
from subscribers.abuse import rates
from subscribers.rows import RateRow
from tests.stock import NOW

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)


def test_a_window_counts_until_it_is_over_and_then_begins_anew(session: Session) -> None:
    def count(minutes: int) -> int:
        now = NOW + timedelta(minutes=minutes)
        return rates.bump(session, "k", now=now, end=now + HOUR)

    assert [count(0), count(1), count(59), count(60), count(61)] == [1, 2, 3, 1, 2]
    assert rates.standing(session, "k", NOW + HOUR) == (2, NOW + 2 * HOUR)
    assert rates.standing(session, "k", NOW + 2 * HOUR) is None
    assert rates.standing(session, "another", NOW) is None


def test_an_extended_window_runs_on(session: Session) -> None:
    for minutes in (0, 30, 80):
        now = NOW + timedelta(minutes=minutes)
        rates.extend(session, "k", now=now, end=now + HOUR)
    assert rates.standing(session, "k", NOW + timedelta(minutes=139)) == (3, NOW + timedelta(minutes=140))


def test_nothing_is_lost_when_many_count_at_once(database: Database) -> None:
    def count(_: int) -> int:
        with database.writing() as session:
            return rates.bump(session, "k", now=NOW, end=NOW + HOUR)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(count, range(40))) == list(range(1, 41))


def test_windows_that_are_over_are_deleted(session: Session) -> None:
    for key, end in (("over", NOW), ("running", NOW + HOUR)):
        rates.bump(session, key, now=NOW - HOUR, end=end)
    assert rates.expire(session, NOW, 1000) == 1
    assert session.scalar(select(func.count()).select_from(RateRow)) == 1
