"""What depth costs."""

from __future__ import annotations

import pytest

from digest.issues.values import Depth, IssueContent, Matchup
from digest.preview.weights import Weights, weights
from digest.week import Week
from tests.factories import PANEL, tool

COSTS = {Depth.FULL: 24_000, Depth.SHORT: 20_000, Depth.STUB: 3_000}


def weigh(content: IssueContent) -> int:
    return 14_000 + sum(COSTS[matchup.depth] for matchup in content.matchups)


def issue(count: int) -> IssueContent:
    pairs = tuple(Matchup(tool(f"L{n}", 80), tool(f"R{n}", 60), Depth.STUB) for n in range(count))
    return IssueContent(Week(2026, 47), pairs, "", "", PANEL)


def test_frame_and_depths_are_told_apart() -> None:
    assert weights(issue(5), weigh) == Weights(frame=14_000, full=24_000, short=20_000, stub=3_000)


def test_of_a_single_matchup_the_frame_holds_the_stub() -> None:
    assert weights(issue(1), weigh) == Weights(frame=17_000, full=21_000, short=17_000, stub=0)


def test_nothing_weighs_nothing() -> None:
    with pytest.raises(ValueError, match="without matchups"):
        weights(issue(0), weigh)
