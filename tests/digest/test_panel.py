from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.values import Verdict
from digest.panel import paired_takes, panels_pick, tally
from tests.factories import PANEL, take, tool

panels = st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=5)


def test_three_of_four_ship() -> None:
    own = tally(tool("A", 88, 78, 82, 52))
    assert (own.ships, own.skips, own.unknown, own.percent, own.verdict) == (3, 1, 0, 75, Verdict.SHIP)
    assert own.mean_score == 75


def test_a_tie_is_split_and_a_panel_without_a_word_has_no_verdict() -> None:
    assert tally(tool("A", 80, 80, 20, 20)).verdict is Verdict.SPLIT
    assert tally(tool("A")).verdict is None
    assert tally(tool("A")).percent is None


def test_a_stated_share_stands_in_where_votes_are_unknown_but_never_overrules_counted_ones() -> None:
    assert tally(tool("A", None, None, stated_percent=75)).percent == 75
    assert tally(tool("A", 80, 20, stated_percent=75)).percent == 50


def test_the_pick_ships_with_the_higher_share_then_the_higher_score() -> None:
    whole, most, low = tool("A", 61, 61), tool("B", 99, 99, 99, 10), tool("C", 10, 20)
    assert panels_pick(most, whole) is whole
    assert panels_pick(tool("D", 90, 90), whole) != whole
    assert panels_pick(low, tool("E", 1, 2)) is None
    assert panels_pick(whole, tool("F", 61, 61)) is None


def test_reviewers_stand_in_panel_order_and_may_have_spoken_on_one_tool_only() -> None:
    left = tool("A", takes=(take("Guest", 70), take("Founder", 50), take("Builder", 80)))
    right = tool("B", takes=(take("Creator", 45),))
    assert [
        (who, one is not None, other is not None) for who, one, other in paired_takes(left, right, PANEL)
    ] == [
        ("Builder", True, False),
        ("Founder", True, False),
        ("Creator", False, True),
        ("Guest", True, False),
    ]


@given(panels, st.one_of(st.none(), st.integers(0, 100)))
def test_counts_share_and_verdict_never_contradict(scores: list[int | None], stated: int | None) -> None:
    own = tally(tool("A", *scores, stated_percent=stated))
    assert own.ships + own.skips + own.unknown == len(scores)
    assert (own.percent is None) == (own.verdict is None)
    if own.percent is not None and not own.unknown and own.ships + own.skips:
        assert (own.verdict is Verdict.SHIP) == (own.ships > own.skips)
        assert (own.verdict is Verdict.SPLIT) == (own.ships == own.skips)
