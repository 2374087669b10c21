from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from digest.catalogue.values import Take, Tool, Verdict
from digest.words import SENTENCE_LIMIT, split_sentence
from tests.digest.panels import GUESTS, pairs, stated
from tests.digest.words.readback import false_claims
from tests.factories import PANEL, REVIEWERS, take, tool

LOUPE = tool("Loupe", 88, 78, 82, 52)
LANTERN = tool("Lantern", 88, 82, 85, 79)


def crowd(name: str, ships: int, skips: int, **values: object) -> Tool:
    """A tool that so many ship and so many skip, the standing panel first."""
    names = [*REVIEWERS, *GUESTS][: ships + skips]
    takes = tuple(take(who, 80 if place < ships else 40) for place, who in enumerate(names))
    return replace(tool(name), takes=takes)


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (LOUPE, LANTERN, "Only the Founder skips Loupe, at 52; all four ship Lantern."),
        (LANTERN, LOUPE, "Only the Founder skips Loupe, at 52; all four ship Lantern."),
        (
            LOUPE,
            tool("Lens", 40, 70, 70, 70),
            "Only the Founder skips Loupe, at 52; only the Builder skips Lens, at 40.",
        ),
        (tool("Fog", 71, 20, 30, 40), LANTERN, "Only the Builder ships Fog, at 71; all four ship Lantern."),
        (
            tool("Coin", 70, 70, 40, 40),
            LANTERN,
            "The panel splits on Coin, two to two; all four ship Lantern.",
        ),
        (
            tool("Reed", 70, 71, 72, 51, 44),
            LANTERN,
            "Only the Founder and the Creator skip Reed, at 51 and 44; all four ship Lantern.",
        ),
        (LANTERN, tool("Fog", 20, 30, 40, 50), "All four ship Lantern; all four skip Fog."),
        (tool("Solo", 80), LANTERN, "The one reviewer ships Solo; all four ship Lantern."),
    ],
)
def test_each_panel_is_told_by_itself_where_that_says_most(left: Tool, right: Tool, said: str) -> None:
    assert split_sentence(left, right, PANEL) == said


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (LANTERN, tool("Lamp", 80, 80, 80, 80), "All four ship both: Lantern averages 84, Lamp 80."),
        (LANTERN, tool("Lamp", 88, 82, 85, 80), "All four ship both: Lantern averages 83.5, Lamp 83.8."),
        (LANTERN, tool("Lamp", 88, 82, 85, 79), "All four ship both: Lantern and Lamp average 84 each."),
        (tool("Fog", 20, 30), tool("Mist", 40, 50), "Both reviewers skip both: Fog averages 25, Mist 45."),
        (LOUPE, tool("Lens", 70, 70, 70, 45), "Only the Founder skips either: Loupe at 52, Lens at 45."),
        (
            tool("Reed", 70, 71, 72, 51, 44),
            tool("Rush", 80, 81, 82, 41, 34),
            "Only the Founder and the Creator skip Reed and Rush.",
        ),
        (crowd("Reed", 7, 5), crowd("Rush", 7, 5), "The same seven of twelve ship both Reed and Rush."),
        (
            tool("Coin", 70, 70, 40, 40),
            tool("Dime", 80, 80, 30, 30),
            "The Builder and the Skeptic ship both Coin and Dime; the Futurist and the Founder skip both.",
        ),
        (
            crowd("Coin", 4, 4),
            crowd("Dime", 4, 4),
            "The panel splits on both Coin and Dime, four to four, along the same lines.",
        ),
    ],
)
def test_two_tools_that_the_same_reviewers_judge_alike_are_told_at_once(
    left: Tool, right: Tool, said: str
) -> None:
    assert split_sentence(left, right, PANEL) == said


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (
            tool("Reed", 70, 71, 66, 51, 44),
            tool("Moss", 80, 81, 51, 41, 34),
            "The Futurist makes the difference, at 66 and 51: "
            "three of five ship Reed, two of five ship Moss.",
        ),
        (
            tool("Lens", 70, 70, 71, 52),
            tool("Coin", 80, 80, 40, 40),
            "The Futurist makes the difference, at 71 and 40: "
            "three of four ship Lens, two of four ship Coin.",
        ),
        (
            crowd("Reed", 4, 2),
            crowd("Moss", 2, 4),
            "The Futurist and the Founder make the difference: four of six ship Reed, two of six ship Moss.",
        ),
    ],
)
def test_the_few_on_whom_two_tools_differ_are_named(left: Tool, right: Tool, said: str) -> None:
    assert split_sentence(left, right, PANEL) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (stated("Moth", 75), "75% of the panel ships Moth"),
        (stated("Moth", 50), "Half the panel ships Moth"),
        (stated("Moth", 100), "The whole panel ships Moth"),
        (stated("Moth", 0), "Nobody on the panel ships Moth"),
        (stated("Moth", None), "No panel verdict yet on Moth"),
        (tool("Moth", 80, None), "The one known vote ships Moth"),
        (tool("Moth", 20, 30, None), "Both known votes skip Moth"),
        (tool("Moth", 80, 80, 90, None), "All three known votes ship Moth"),
        (tool("Moth", 80, 20, 30, None), "One of three known votes ships Moth"),
    ],
)
def test_where_votes_are_unknown_no_more_is_said_than_is_known(left: Tool, said: str) -> None:
    assert split_sentence(left, LANTERN, PANEL) == f"{said}; all four ship Lantern."


def test_two_tools_of_which_nothing_is_known_are_said_to_wait() -> None:
    said = split_sentence(tool("Moth"), stated("Wasp", None), PANEL)
    assert said == "Neither tool has a panel verdict yet."


def test_a_guest_is_called_by_name_and_after_the_standing_panel() -> None:
    takes = (take("Ana Ruiz", 30), take("Builder", 20), take("Skeptic", 80), take("Bo", 70), take("Cy", 70))
    said = split_sentence(tool("Reed", takes=takes), LANTERN, PANEL)
    assert said == "Only the Builder and Ana Ruiz skip Reed, at 20 and 30; all four ship Lantern."


def test_a_verdict_that_goes_against_its_score_is_told_as_given() -> None:
    odd = Take("Founder", "High marks, and still no.", 80, Verdict.SKIP)
    reed = tool("Reed", takes=(take("Builder", 80), take("Skeptic", 70), odd))
    assert split_sentence(reed, LANTERN, PANEL).startswith("Only the Founder skips Reed, at 80;")


@pytest.mark.parametrize(
    ("voted", "alone"),
    [(1, "The one reviewer ships Ash"), (2, "Both reviewers ship Ash"), (20, "All twenty ship Ash")],
)
def test_a_whole_panel_is_named_by_its_size(voted: int, alone: str) -> None:
    assert split_sentence(crowd("Ash", voted, 0), stated("Elm", 75), PANEL).startswith(f"{alone};")


def test_large_panels_keep_to_figures() -> None:
    assert "23 of 26 ship Ash" in split_sentence(crowd("Ash", 23, 3), stated("Elm", 75), PANEL)


def test_very_long_names_are_shortened_and_the_sentence_keeps_its_length() -> None:
    said = split_sentence(replace(LOUPE, name="Loupe " * 40), replace(LANTERN, name="灯" * 200), PANEL)
    assert len(said) <= SENTENCE_LIMIT
    assert "Loupe…" in said
    assert "灯…" in said


@settings(max_examples=400)
@given(pairs())
def test_a_split_read_back_holds_against_the_votes(pair: tuple[Tool, Tool]) -> None:
    said = split_sentence(*pair, PANEL)
    assert len(said) <= SENTENCE_LIMIT
    assert false_claims(said, *pair) == []


def test_the_reading_back_notices_a_wrong_word() -> None:
    aster, birch = replace(LOUPE, name="Aster"), replace(LANTERN, name="Birch")
    assert false_claims("Only the Founder skips Aster, at 52; all four ship Birch.", aster, birch) == []
    for wrong in (
        "Only the Founder skips Aster, at 53; all four ship Birch.",
        "Only the Builder skips Aster, at 52; all four ship Birch.",
        "Only the Founder skip Aster, at 52; all four ship Birch.",
        "Only the Founder skips Aster, at 52; all three ship Birch.",
        "Two of four ship Aster; all four ship Birch.",
        "All four ship both, Aster and Birch.",
        "Everybody likes Aster; all four ship Birch.",
    ):
        assert false_claims(wrong, aster, birch)
