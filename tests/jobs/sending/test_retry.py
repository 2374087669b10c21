"""When a reader who was put off is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.integers(1, 1_000_000), st.floats(0, 60))
def test_whoever_is_always_put_off_is_tried_ever_less_often_for_the_whole_time_and_not_longer(
    key: int, late: float
) -> None:
    tries, when = [NOW], NOW
    while (
        following := next_try(SETTINGS, key=key, attempts=len(tries), first_try_at=NOW, now=when)
    ) is not None:
        assert following > when
        # Whatever is due is tried a little later.
        when = following + timedelta(seconds=late)
        tries.append(when)
    assert timedelta() <= tries[-1] - (NOW + SETTINGS.give_up_after) <= timedelta(seconds=late)
    assert 40 <= len(tries) <= 75
    growing = [later - one for one, later in pairwise(tries[:6])]
    assert growing == sorted(growing)
