"""When a reader who was put off is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.settings import SendingSettings
from jobs.sending.retry import next_try

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SETTINGS = SendingSettings()


def wait(attempts: int, key: int = 1, now: datetime = NOW) -> timedelta:
    when = next_try(SETTINGS, key=key, attempts=attempts, first_try_at=NOW, now=now)
    assert when is not None
    return when - now


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 20), (3, 80), (4, 320), (5, 1280), (6, 3600), (500, 3600)]
)
def test_waits_grow_fourfold_up_to_the_most(attempts: int, seconds: int) -> None:
    assert 0.75 * seconds <= wait(attempts).total_seconds() <= 1.25 * seconds


def test_many_put_off_together_do_not_come_back_together() -> None:
    waits = {wait(1, key=key) for key in range(1000)}
    assert len(waits) > 900
    assert max(waits) - min(waits) > timedelta(seconds=2)


def test_the_last_try_is_at_the_end_of_the_time_and_then_it_is_given_up() -> None:
    end = NOW + SETTINGS.give_up_after
    assert wait(9, now=end - timedelta(seconds=10)) == timedelta(seconds=10)
    assert next_try(SETTINGS, key=1, attempts=10, first_try_at=NOW, now=end) is None
