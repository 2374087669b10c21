"""Giving way: a hold that doubles, a speed that is halved and grows again."""

from __future__ import annotations

import pytest

from jobs.sending.backoff import LONGEST, BackOff, Speed


def after(seconds: int, speed: Speed) -> float:
    """The speed after so many seconds in which it was used in full."""
    for _ in range(seconds):
        for _ in range(max(1, round(speed.rate))):
            speed.accepted()
    return speed.rate


def test_a_speed_is_halved_and_comes_back_by_a_fiftieth_a_second() -> None:
    speed = Speed(100)
    speed.put_off()
    assert speed.rate == 50
    assert not speed.recovered()
    assert after(10, speed) == pytest.approx(70, rel=0.02)
    after(16, speed)
    assert speed.recovered()


def test_a_limit_far_below_is_found_in_a_few_steps_and_then_stayed_near_to() -> None:
    speed = Speed(1_000)
    for _ in range(6):
        speed.put_off()
    assert speed.rate == pytest.approx(15.6, abs=0.1)
    # In the half minute after the last put-off it goes no higher than where that came.
    assert after(25, speed) == pytest.approx(31.2, rel=0.05)
    assert not speed.recovered()
    assert after(200, speed) > 500


def test_a_speed_is_not_halved_without_end() -> None:
    speed = Speed(3)
    for _ in range(50):
        speed.put_off()
    assert 0.2 < speed.rate <= 0.5
    slow = Speed(0.1)
    slow.put_off()
    assert slow.rate == 0.1


def test_holds_of_two_domains_do_not_end_together() -> None:
    one, other = BackOff("a.example"), BackOff("b.example")
    assert one.put_off(0)
    assert other.put_off(0)
    assert one.held(0) != other.held(0)


def test_a_domain_nobody_has_heard_of_for_long_starts_anew() -> None:
    back_off, now = BackOff("a.example"), 0.0
    for _ in range(20):
        back_off.put_off(now)
        now += back_off.held(now)
    assert not back_off.idle(now)
    assert back_off.idle(now + LONGEST)
