from dataclasses import replace

from hypothesis import given

from digest.catalogue.values import Tool, Verdict
from digest.contrast import contrast, text_on
from digest.panel import Basis, paired_takes, panels_pick, tally
from tests.digest.panels import pairs, tools
from tests.factories import PANEL, take, tool


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


def test_nothing_is_picked_over_what_nobody_judged_or_scored() -> None:
    judged = tool("A", 90, 90)
    assert panels_pick(judged, tool("B")) is None
    unscored = tool("C", takes=tuple(replace(take(who, 80), score=None) for who in ("Builder", "Skeptic")))
    assert panels_pick(judged, unscored) is None
    assert panels_pick(unscored, tool("D", 90, 10)) is unscored


def test_a_stated_share_that_the_known_votes_rule_out_is_set_aside() -> None:
    assert tally(tool("A", 80, 80, None, stated_percent=25)).percent == 100
    assert tally(tool("A", 80, 80, None, stated_percent=25)).basis is Basis.KNOWN
    assert tally(tool("A", 80, 20, None, stated_percent=67)).basis is Basis.STATED
    assert tally(tool("A", 80, 20, None, stated_percent=100)).percent == 50
    assert tally(tool("A", 80, None, stated_percent=0)).percent == 100


def test_one_vote_among_hundreds_is_not_rounded_away() -> None:
    def shares(ships: int, skips: int) -> tuple[int | None, Verdict | None]:
        crowd = tuple(take(f"Guest {n}", 80 if n < ships else 20) for n in range(ships + skips))
        own = tally(tool("A", takes=crowd))
        return own.percent, own.verdict

    assert shares(299, 1) == (99, Verdict.SHIP)
    assert shares(1, 299) == (1, Verdict.SKIP)
    assert shares(151, 149) == (51, Verdict.SHIP)
    assert shares(149, 151) == (49, Verdict.SKIP)


def test_a_guest_has_a_seat_with_initials_and_a_colour_one_can_read_on() -> None:
    guest = PANEL.seat("Ana Ruiz")
    assert (guest.name, guest.initial, guest.brief) == ("Ana Ruiz", "AR", "")
    assert contrast(text_on(guest.colour), guest.colour) >= 4.5
    assert PANEL.seat("Founder") is PANEL.find("Founder")


@given(tools("Aster"))
def test_counts_share_and_verdict_never_contradict(aster: Tool) -> None:
    own = tally(aster)
    assert own.ships + own.skips + own.unknown == len(aster.takes)
    assert (own.percent is None) == (own.verdict is None) == (own.basis is Basis.NOTHING)
    assert own.counted == (own.voted > 0 and own.unknown == 0)
    if own.percent is not None and own.basis is not Basis.STATED:
        assert (own.verdict is Verdict.SHIP) == (own.ships > own.skips)
        assert (own.verdict is Verdict.SPLIT) == (own.ships == own.skips)
        assert (own.percent == 100) == (own.skips == 0)
        assert (own.percent == 0) == (own.ships == 0)
    if own.basis is Basis.STATED:
        assert own.percent is not None
        assert own.percent == aster.stated_percent
        assert own.percent > 0 or not own.ships
        assert own.percent < 100 or not own.skips


@given(pairs())
def test_the_pick_ships_and_nothing_about_its_rival_is_higher(pair: tuple[Tool, Tool]) -> None:
    pick = panels_pick(*pair)
    assert pick is panels_pick(*reversed(pair))
    if pick:
        own, rival = (tally(tool) for tool in (pair if pick is pair[0] else pair[::-1]))
        assert own.verdict is Verdict.SHIP
        assert (own.percent or 0) >= (rival.percent or 0)
        assert own.percent != rival.percent or (own.mean_score or 0) > (rival.mean_score or 0)
