"""Addresses that come again are known, near and far."""

from __future__ import annotations

from contextlib import closing

from subscribers.moving.seen import Seen


def test_addresses_are_known_when_they_come_again() -> None:
    with closing(Seen()) as seen:
        assert seen.meet(["a", "b", "a"]) == [False, False, True]
        assert seen.meet([str(number) for number in range(50_000)]) == [False] * 50_000
        assert seen.meet(["c", "b", "49999"]) == [False, True, True]
        assert seen.meet([]) == []
