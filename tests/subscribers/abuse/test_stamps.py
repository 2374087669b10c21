"""Stamps: too soon, too old, forged, and the work a browser does."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from digest.clock import FixedClock
from digest.settings import LimitsSettings
from subscribers.abuse.stamps import Stamps, Verdict, is_proof

BITS = 6


def stamps(clock: FixedClock, keys: tuple[str, ...], **settings: int) -> Stamps:
    return Stamps(LimitsSettings.model_validate(settings), keys, clock)


def work_for(stamp: str, bits: int = BITS) -> str:
    return next(str(number) for number in count() if is_proof(stamp, str(number), bits))


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(), Verdict.ROBOT),
        (timedelta(seconds=1.9), Verdict.ROBOT),
        (timedelta(seconds=2), Verdict.GOOD),
        (timedelta(days=1), Verdict.GOOD),
        (timedelta(days=1, seconds=1), Verdict.AGAIN),
        (timedelta(days=400), Verdict.AGAIN),
        (-timedelta(hours=1), Verdict.ROBOT),
    ],
)
def test_the_age_of_a_form_tells_a_robot_from_a_person(
    clock: FixedClock, keys: tuple[str, ...], age: timedelta, verdict: Verdict
) -> None:
    made = stamps(clock, keys)
    stamp = made.new()
    clock.at += age
    assert made.judge(stamp, "").verdict is verdict


def test_a_ripe_stamp_may_come_back_at_once(clock: FixedClock, keys: tuple[str, ...]) -> None:
    made = stamps(clock, keys)
    assert made.judge(made.new(ripe=True), "").verdict is Verdict.GOOD


def test_a_form_on_another_site_has_no_stamp_and_is_good(clock: FixedClock, keys: tuple[str, ...]) -> None:
    judged = stamps(clock, keys).judge("", "")
    assert (judged.verdict, judged.stamped, judged.once) == (Verdict.GOOD, False, None)


def test_a_stamp_of_an_old_key_is_still_good(clock: FixedClock, keys: tuple[str, ...]) -> None:
    old = stamps(clock, keys[1:]).new(ripe=True)
    assert stamps(clock, keys).judge(old, "").verdict is Verdict.GOOD


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}{}", "{:.20}", "é", "\x00", "-.", "z" * 10_000])
def test_a_forged_stamp_is_a_robot(clock: FixedClock, keys: tuple[str, ...], change: str) -> None:
    made = stamps(clock, keys)
    stamp = made.new(ripe=True)
    assert made.judge(change.format(stamp, stamp), "").verdict is Verdict.ROBOT


def test_where_work_is_asked_for_only_work_done_for_this_stamp_counts(
    clock: FixedClock, keys: tuple[str, ...]
) -> None:
    made = stamps(clock, keys, proof_of_work=BITS)
    stamp, other = made.new(ripe=True), made.new(ripe=True)
    work = work_for(stamp)
    judged = made.judge(stamp, work)
    assert judged.verdict is Verdict.GOOD
    assert judged.once

    def lazy(given: str) -> str:
        return next(str(number) for number in count() if not is_proof(given, str(number), BITS))

    for given, done in ((stamp, ""), (stamp, lazy(stamp)), ("", ""), (other, lazy(other)), (stamp, "\ud800")):
        assert made.judge(given, done).verdict is Verdict.AGAIN
