"""When the hour is that a reader chose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.deliveries.hours import first_try

pytestmark = pytest.mark.both_databases

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 20, 8, 0, 20, tzinfo=UTC)


def test_the_hour_that_it_is_already_is_now() -> None:
    assert first_try(START, 9, "Europe/Berlin", BERLIN) == START


def test_a_later_hour_is_the_same_day_and_an_earlier_one_the_next() -> None:
    assert first_try(START, 18, None, BERLIN) == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert first_try(START, 7, None, BERLIN) == datetime(2026, 11, 21, 6, tzinfo=UTC)


def test_the_hour_is_that_of_the_readers_own_zone() -> None:
    assert first_try(START, 7, "Asia/Kolkata", BERLIN) == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "../etc", "Europe", "", None])
def test_without_a_zone_that_is_known_it_is_the_schedules(zone: str | None) -> None:
    assert first_try(START, 18, zone, BERLIN) == datetime(2026, 11, 20, 17, tzinfo=UTC)


def test_case_4_an_hour_the_clocks_skip_falls_at_the_instant_of_the_jump() -> None:
    evening = datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert first_try(evening, 2, None, BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_case_4_an_hour_the_clocks_repeat_is_the_first_of_the_two() -> None:
    evening = datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert first_try(evening, 2, None, BERLIN) == datetime(2026, 10, 25, 0, tzinfo=UTC)


@given(
    minutes=st.integers(0, 4 * 366 * 24 * 60),
    hour=st.integers(0, 23),
    zone=st.sampled_from(sorted(available_timezones())),
)
def test_nobody_waits_longer_than_a_day(minutes: int, hour: int, zone: str) -> None:
    start = START + timedelta(minutes=minutes)
    due = first_try(start, hour, zone, BERLIN)
    # Where the clocks go back a day has an hour more.
    assert timedelta() <= due - start <= timedelta(hours=25)
