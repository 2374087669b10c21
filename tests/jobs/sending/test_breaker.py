"""When a send-out gives up on the server for now."""

from __future__ import annotations

import pytest

from digest.errors import TransportError
from jobs.sending.breaker import MOST, Breaker

BUSY = TransportError("busy", permanent=False)


def test_waits_grow_round_by_round_and_then_the_trouble_is_raised() -> None:
    breaker = Breaker(connections=2)
    assert [breaker.failed(BUSY) for _ in range(2 * MOST)] == [0.25, 0.25, 0.5, 0.5, 1, 1, 2, 2]
    with pytest.raises(TransportError, match="busy"):
        breaker.failed(BUSY)


def test_an_answer_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(connections=1)
    for _ in range(20):
        assert breaker.failed(BUSY) == 0.25
        breaker.passed()


def test_what_only_another_setting_can_mend_is_raised_at_once() -> None:
    with pytest.raises(TransportError, match="wrong password"):
        Breaker(connections=4).failed(TransportError("wrong password", permanent=True))


def test_what_costs_readers_is_borne_fewer_times() -> None:
    breaker = Breaker(connections=10)
    for _ in range(MOST):
        breaker.failed(BUSY, grave=True)
    with pytest.raises(TransportError):
        breaker.failed(BUSY, grave=True)
