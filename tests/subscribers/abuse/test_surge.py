"""The circuit breaker."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from digest.settings import LimitsSettings
from subscribers.abuse import surge
from tests.stock import NOW

pytestmark = pytest.mark.both_databases

SETTINGS = LimitsSettings.model_validate({"surge": "5/1h", "surge_pace": "2/1m"})
MINUTE = timedelta(minutes=1)


def dues(session: Session, number: int, now: datetime = NOW) -> list[timedelta]:
    """Sign so many up at once; return how long each mail waits."""
    return [surge.due(session, SETTINGS, now) - now for _ in range(number)]


def test_up_to_the_bound_mails_go_out_at_once(session: Session) -> None:
    assert dues(session, 5) == [timedelta()] * 5
    assert surge.under_way(session, NOW) is None


def test_beyond_it_they_go_out_one_after_the_other(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="subscribers"):
        waits = dues(session, 9)
    assert waits[5:] == [MINUTE / 2, MINUTE, MINUTE * 1.5, MINUTE * 2]
    assert surge.under_way(session, NOW) == surge.Surge(4, NOW + timedelta(hours=1))
    assert caplog.text.count("sign-ups surge") == 1


def test_it_ends_an_hour_after_the_last_one_too_many(session: Session) -> None:
    dues(session, 6)
    later = NOW + timedelta(minutes=59)
    assert dues(session, 1, later) == [MINUTE / 2]
    over = later + timedelta(hours=1)
    assert surge.under_way(session, over) is None
    assert dues(session, 5, over) == [timedelta()] * 5


def test_what_would_wait_more_than_a_day_is_not_taken(session: Session) -> None:
    slow = LimitsSettings.model_validate({"surge": "1/1h", "surge_pace": "2/1d"})
    for _ in range(3):
        surge.due(session, slow, NOW)
    with pytest.raises(surge.Overrun):
        surge.due(session, slow, NOW)
    after = NOW + timedelta(hours=12)
    assert surge.due(session, slow, after) == after


def test_the_operator_hears_of_it_once_a_day(session: Session) -> None:
    assert surge.untold(session, NOW) is None
    dues(session, 6)
    assert surge.untold(session, NOW) is not None
    assert surge.untold(session, NOW) is None
    tomorrow = NOW + timedelta(days=1)
    dues(session, 6, tomorrow)
    assert surge.untold(session, tomorrow) is not None
