from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.schedule import WeeklySchedule
from digest.week import Week


def test_the_slot_of_a_week_is_its_weekday_at_local_time() -> None:
    paris = WeeklySchedule(4, time(9), ZoneInfo("Europe/Paris"))
    assert paris.slot(Week.parse("2026-W47")).at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_case_3_berlin_monday_half_past_midnight_is_sent_after_spring_forward() -> None:
    berlin = WeeklySchedule(0, time(0, 30), ZoneInfo("Europe/Berlin"))
    sunday = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert berlin.following(sunday).at == datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
    assert str(berlin.following(sunday).week) == "2026-W14"


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_case_4_half_past_two_comes_once_in_the_skipped_and_in_the_repeated_hour(day: str) -> None:
    berlin = WeeklySchedule(6, time(2, 30), ZoneInfo("Europe/Berlin"))
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=3)
    minutes = [berlin.latest(start + timedelta(minutes=minute)) for minute in range(12 * 60)]
    assert len(dict.fromkeys(minutes)) == 2, "the slot before, and this one, once"


def test_case_5_week_53_is_followed_by_week_1() -> None:
    utc = WeeklySchedule(4, time(9), ZoneInfo("UTC"))
    new_year = datetime(2027, 1, 1, 10, tzinfo=UTC)
    assert str(utc.latest(new_year).week) == "2026-W53"
    assert str(utc.following(new_year).week) == "2027-W01"


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    weekday=st.integers(0, 6),
    at=st.times(),
    now=st.integers(0, 15 * 366 * 24 * 60).map(
        lambda m: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=m)
    ),
)
def test_every_week_has_its_slot_in_every_zone(zone: str, weekday: int, at: time, now: datetime) -> None:
    schedule = WeeklySchedule(weekday, at, ZoneInfo(zone))
    latest, following = schedule.latest(now), schedule.following(now)
    assert latest.at <= now < following.at
    assert following.week == latest.week.next()
    assert timedelta(days=5) < following.at - latest.at < timedelta(days=9)
