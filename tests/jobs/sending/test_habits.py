"""What a server was found not to bear is put down to the group after three times in a row."""

from __future__ import annotations

import pytest

from jobs.sending.habits import Habits
from jobs.sending.relay import Relay

RELAY, OTHER = Relay.parse("smtp://a.example.com"), Relay.parse("smtp://b.example.com")


def dropped(times: int, *, following: bool) -> Habits:
    habits = Habits()
    for _ in range(times):
        habits.dropped(RELAY, following=following)
    return habits


@pytest.mark.parametrize("following", [False, True])
def test_twice_may_be_chance_and_three_times_is_a_habit(following: bool) -> None:
    assert not dropped(2, following=following).hates_pipelining(RELAY, following=following)
    assert dropped(3, following=following).hates_pipelining(RELAY, following=following)


def test_an_answer_in_between_begins_the_count_anew() -> None:
    habits = dropped(2, following=False)
    habits.answered(RELAY, following=False)
    for _ in range(2):
        habits.dropped(RELAY, following=False)
    assert not habits.hates_pipelining(RELAY, following=False)


def test_an_answer_to_the_other_kind_of_group_excuses_nothing() -> None:
    habits = dropped(2, following=True)
    habits.answered(RELAY, following=False)
    habits.dropped(RELAY, following=True)
    assert habits.hates_pipelining(RELAY, following=True)


def test_who_bears_only_the_first_group_is_still_asked_for_that() -> None:
    assert not dropped(3, following=True).hates_pipelining(RELAY, following=False)


def test_who_does_not_bear_the_first_group_is_never_asked_for_those_behind_a_message() -> None:
    assert dropped(3, following=False).hates_pipelining(RELAY, following=True)


def test_a_habit_once_found_is_not_forgotten_for_one_late_answer() -> None:
    habits = dropped(3, following=False)
    habits.answered(RELAY, following=False)
    assert habits.hates_pipelining(RELAY, following=False)


def test_servers_are_told_apart() -> None:
    assert not dropped(3, following=False).hates_pipelining(OTHER, following=False)
