"""What the preview says has changed since the last issue."""

from __future__ import annotations

from dataclasses import replace

from digest.catalogue.values import Community, Tool
from digest.issues.values import IssueContent, Matchup
from digest.preview.changes import Moved, changes
from digest.week import Week
from tests.factories import PANEL, tool


def issue(number: int, *pairs: tuple[Tool, Tool], subject: str = "A subject") -> IssueContent:
    matchups = tuple(Matchup(left, right) for left, right in pairs)
    return IssueContent(Week(2026, number), matchups, subject, "A preheader", PANEL)


A, B, C, D = (tool(name, 80, 70) for name in ("Abacus", "Bellows", "Compass", "Drill"))


def test_tools_are_new_gone_or_in_both() -> None:
    found = changes(issue(46, (A, B)), issue(47, (B, C)))

    assert (found.since, found.new, found.dropped, found.returning) == (
        "2026-W46",
        ("Compass",),
        ("Abacus",),
        ("Bellows",),
    )


def test_a_pair_that_ran_the_week_before_is_named_whichever_side_it_stood_on() -> None:
    assert changes(issue(46, (A, B)), issue(47, (B, A), (C, D))).repeated == ("Bellows vs Abacus",)


def test_figures_that_moved_are_told_by_tool_with_both_values() -> None:
    later = replace(A, takes=(replace(A.takes[0], score=91), A.takes[1]), community=Community(percent=61))

    assert changes(issue(46, (A, B)), issue(47, (later, B))).moved == (
        Moved("Abacus", "Builder", "80 ship", "91 ship"),
        Moved("Abacus", "Community", None, "61% ship"),
    )


def test_a_reviewer_who_turned_round_moves_the_panel_too() -> None:
    turned = tool("Abacus", 80, 30)

    moved = {
        one.what: (one.before, one.now) for one in changes(issue(46, (A, B)), issue(47, (turned, B))).moved
    }

    assert moved == {"Panel": ("100% ship", "50% ship"), "Skeptic": ("70 ship", "30 skip")}


def test_a_new_tools_figures_have_not_moved() -> None:
    assert changes(issue(46, (A, B)), issue(47, (C, D))).moved == ()


def test_the_subject_is_compared() -> None:
    found = changes(issue(46, (A, B), subject="Old"), issue(47, (A, B), subject="New"))

    assert found.lines == (Moved("", "Subject", "Old", "New"),)


def test_an_issue_does_not_differ_from_itself() -> None:
    same = issue(47, (A, B))

    found = changes(same, same)

    assert not (found.new or found.dropped or found.moved or found.lines)
