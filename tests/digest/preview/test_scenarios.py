"""The scenarios are issues like others: made of the present one, and renderable."""

from __future__ import annotations

import pytest

from digest.issues.values import IssueContent, Matchup
from digest.matchups import with_depths
from digest.preview.scenarios import PAST_KEY, SCENARIOS, find_scenario
from digest.week import Week
from tests.factories import PANEL, tool

CONTENT = IssueContent(
    Week(2026, 47),
    with_depths([Matchup(tool(f"Left {n}", 80, 70, 40), tool(f"Right {n}", 60, 20, 90)) for n in range(3)]),
    "A subject",
    "A preheader",
    PANEL,
)


def made(name: str) -> IssueContent:
    scenario = find_scenario(name)
    assert scenario is not None
    return scenario.make(CONTENT)


def test_each_has_a_key_of_its_own_and_the_past_has_the_next() -> None:
    assert [scenario.key for scenario in SCENARIOS] + [PAST_KEY] == list("1234567")


def test_one_matchup_is_the_lead_and_the_subject_speaks_of_it() -> None:
    content = made("one")

    assert [matchup.left.name for matchup in content.matchups] == ["Left 0"]
    assert "Left 0" in content.subject


def test_an_empty_week_has_no_matchup() -> None:
    assert made("empty").matchups == ()


def test_long_names_are_long_in_words_and_without_spaces() -> None:
    names = [one.name for matchup in made("long").matchups for one in (matchup.left, matchup.right)]

    assert min(map(len, names)) > 60
    assert {" " in name for name in names} == {True, False}


def test_without_a_readers_vote_the_panel_still_speaks() -> None:
    for before, matchup in zip(CONTENT.matchups, made("unvoted").matchups, strict=True):
        assert (matchup.left.community, matchup.right.community) == (None, None)
        assert matchup.left.takes == before.left.takes


def test_the_nameless_readers_issue_is_the_present_one() -> None:
    scenario = find_scenario("nameless")

    assert scenario is not None
    assert scenario.nameless
    assert scenario.make(CONTENT) == CONTENT


def test_a_tool_that_runs_twice_keeps_one_name() -> None:
    twice = IssueContent(
        CONTENT.week,
        with_depths([Matchup(tool("A", 80), tool("B", 70)), Matchup(tool("A", 80), tool("C", 60))]),
        "",
        "",
        PANEL,
    )
    scenario = find_scenario("hostile")
    assert scenario is not None

    first, second = scenario.make(twice).matchups

    assert first.left.name == second.left.name


@pytest.mark.parametrize("name", ["gone", ""])
def test_there_is_no_other(name: str) -> None:
    assert find_scenario(name) is None
