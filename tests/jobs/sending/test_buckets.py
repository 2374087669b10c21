"""A rate that is kept: spread out by the bucket, exact by the window."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings import SendingSettings
from jobs.sending.buckets import DEPTH, MARGIN, Bucket, Quota
from tests.jobs.sending.simulating import World, fullest, letters


@given(st.floats(0.2, 30), st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_a_window_is_never_broken_however_late_and_uneven_it_is_asked(rate: float, gaps: list[float]) -> None:
    window, now, begun = Quota(rate).window, 0.0, []
    for gap in gaps:
        now += gap
        while (wait := window.free_in(now)) > 0:
            now += wait
        window.note(now)
        begun.append(now)
    assert fullest(begun, max(1.0, 1 / rate) + MARGIN) <= max(1, int(rate))


@given(st.floats(0.001, 2), st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_a_bucket_lets_no_more_through_than_its_interval_and_its_depth(
    interval: float, gaps: list[float]
) -> None:
    bucket, now, taken = Bucket(interval), 0.0, []
    for gap in gaps:
        now += gap
        while (wait := bucket.free_in(now)) > 0:
            now += wait
        bucket.take(now)
        taken.append(now)
    for first, started in enumerate(taken):
        for last in range(first, len(taken)):
            assert (last - first) * interval <= taken[last] - started + DEPTH + 1e-6


def test_a_bucket_makes_good_for_a_loop_that_is_a_little_late() -> None:
    bucket, now, taken = Bucket(0.1), 0.0, []
    for _ in range(100):
        # Each wait ends 50 ms late.
        now += bucket.free_in(now) + 0.05
        bucket.take(now)
        taken.append(now)
    assert taken[-1] - taken[0] == pytest.approx(9.9, abs=0.1)
    assert max(later - one for one, later in pairwise(taken)) < 0.16


@pytest.mark.parametrize(("margin", "most"), [(0.02, 14), (0.019, 15)])
def test_the_margin_is_the_smallest_that_twenty_milliseconds_of_jitter_do_not_break(
    margin: float, most: int
) -> None:
    world = World(SendingSettings(connections=40, rate_per_second=14), margin=margin)
    world.run(letters(["a.example"] * 1_000), seconds=60)
    moments = world.moments()
    # Within some window the first comes as late as can be, and the one after the last in time.
    worst = [fullest(sorted([moments[at] + 0.02, *moments[at + 1 : at + 30]])) for at in range(500)]
    assert max(worst) == most
