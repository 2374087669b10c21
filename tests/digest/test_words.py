from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.values import Take, Tool, Verdict
from digest.issues.values import Matchup
from digest.panel import tally
from digest.words import (
    SENTENCE_LIMIT,
    SUBJECT_LIMIT,
    intro_for,
    preheader_for,
    split_sentence,
    subject_for,
)
from tests.factories import PANEL, REVIEWERS, tool

LOUPE = tool("Loupe", 88, 78, 82, 52)
LANTERN = tool("Lantern", 88, 82, 85, 79)


def stated(name: str, percent: int | None) -> Tool:
    """A tool of which only the share that ships is known."""
    return tool(name, None, None, None, None, stated_percent=percent)


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (LOUPE, LANTERN, "Only the Founder skips Loupe, at 52; all four ship Lantern."),
        (LANTERN, LOUPE, "Only the Founder skips Loupe, at 52; all four ship Lantern."),
        (LANTERN, tool("Lamp", 80, 80, 80, 80), "All four ship both: Lantern averages 84, Lamp 80."),
        (tool("Fog", 20, 30), tool("Mist", 40, 50), "Both reviewers skip both: Fog averages 25, Mist 45."),
        (LOUPE, tool("Lens", 70, 70, 70, 45), "Only the Founder skips either: Loupe at 52, Lens at 45."),
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
        (stated("Moth", 75), LANTERN, "75% of the panel ships Moth; all four ship Lantern."),
        (
            stated("Moth", 100),
            stated("Wasp", 0),
            "The whole panel ships Moth; nobody on the panel ships Wasp.",
        ),
        (stated("Moth", None), LANTERN, "No panel verdict yet on Moth; all four ship Lantern."),
        (tool("Moth"), stated("Wasp", None), "Neither tool has a panel verdict yet."),
        (tool("Moth", 80, None), LANTERN, "The one known vote ships Moth; all four ship Lantern."),
    ],
)
def test_the_split_says_who_agrees_and_who_does_not(left: Tool, right: Tool, said: str) -> None:
    assert split_sentence(left, right, PANEL) == said


def test_a_lone_reviewer_is_not_called_a_panel() -> None:
    assert (
        split_sentence(tool("Solo", 80), LANTERN, PANEL)
        == "The one reviewer ships Solo; all four ship Lantern."
    )


def test_very_long_names_are_shortened_and_the_sentence_keeps_its_length() -> None:
    said = split_sentence(replace(LOUPE, name="Loupe " * 40), replace(LANTERN, name="灯" * 200), PANEL)
    assert len(said) <= SENTENCE_LIMIT
    assert "Loupe…" in said
    assert "灯…" in said


verdicts = st.sampled_from([None, Verdict.SHIP, Verdict.SKIP])
takes = st.builds(Take, st.just(""), st.just("A text."), st.none() | st.integers(0, 100), verdicts)
panels = st.lists(takes, max_size=5).map(
    lambda found: tuple(replace(take, reviewer=who) for take, who in zip(found, REVIEWERS, strict=False))
)


def tools(name: str) -> st.SearchStrategy[Tool]:
    return st.builds(
        Tool,
        st.just(name.lower()),
        st.just(name),
        stated_percent=st.none() | st.integers(0, 100),
        takes=panels,
    )


COUNTS = {"none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def contradicts(clause: str, subject: Tool) -> bool:
    """Read a clause again, as a reader would, and hold it against the votes."""
    ships = [take for take in subject.takes if take.verdict is Verdict.SHIP]
    skips = [take for take in subject.takes if take.verdict is Verdict.SKIP]
    known = len(ships) + len(skips)
    whole = known == len(subject.takes) > 0
    name = subject.name
    if match := re.fullmatch(
        rf"(?:all (\w+)|(both) reviewers|(the one) reviewer) (ship|skip)s? {name}", clause
    ):
        votes = ships if match[4] == "ship" else skips
        said = COUNTS[match[1]] if match[1] else 2 if match[2] else 1
        return not (whole and len(votes) == said == len(subject.takes))
    if match := re.fullmatch(rf"the panel splits on {name}, (\w+) to (\w+)", clause):
        return not (whole and len(ships) == len(skips) == COUNTS[match[1]] == COUNTS[match[2]])
    if match := re.fullmatch(rf"only (.+?) (ship|skip)s? {name}(?:, at (.+))?", clause):
        votes = ships if match[2] == "ship" else skips
        scores = [str(take.score) for take in votes if take.score is not None]
        who = match[1] == " and ".join(f"the {take.reviewer}" for take in votes)
        at = match[3] is None or match[3] == " and ".join(scores)
        return not (whole and who and at and len(votes) * 2 < known)
    if match := re.fullmatch(rf"the one known vote (ship|skip)s {name}", clause):
        votes = ships if match[1] == "ship" else skips
        return not (len(votes) == known == 1 and not whole and subject.stated_percent is None)
    if match := re.fullmatch(rf"(\w+) of (\w+) known votes ships? {name}", clause):
        return (COUNTS[match[1]], COUNTS[match[2]]) != (
            len(ships),
            known,
        ) or subject.stated_percent is not None
    if match := re.fullmatch(rf"(\w+) of (\w+) (ship|skip) {name}", clause):
        votes = ships if match[3] == "ship" else skips
        return not (whole and (COUNTS[match[1]], COUNTS[match[2]]) == (len(votes), known))
    if match := re.fullmatch(rf"(\d+)% of the panel ships {name}", clause):
        return int(match[1]) != tally(subject).percent
    shares = {f"the whole panel ships {name}": 100, f"nobody on the panel ships {name}": 0}
    if clause in shares:
        return whole or subject.stated_percent != shares[clause]
    assert clause == f"no panel verdict yet on {name}", clause
    return tally(subject).percent is not None


@given(tools("Aster"), tools("Birch"))
def test_no_split_contradicts_the_votes(left: Tool, right: Tool) -> None:
    said = split_sentence(left, right, PANEL)
    assert len(said) <= SENTENCE_LIMIT
    body = said[0].lower() + said[1:-1]
    if body == "neither tool has a panel verdict yet":
        assert tally(left).percent is tally(right).percent is None
    elif match := re.fullmatch(r"(.+) (ship|skip) both(?:: .+|, Aster and Birch)", body):
        assert not any(contradicts(f"{match[1]} {match[2]} {side.name}", side) for side in (left, right))
    elif match := re.fullmatch(r"(only the \w+ s\w+s) either: Aster at (\d+), Birch at (\d+)", body):
        assert not contradicts(f"{match[1]} Aster, at {match[2]}", left)
        assert not contradicts(f"{match[1]} Birch, at {match[3]}", right)
    elif match := re.fullmatch(r"(only the \w+ s\w+s) Aster and Birch", body):
        assert not any(contradicts(f"{match[1]} {side.name}", side) for side in (left, right))
    else:
        for clause in body.split("; "):
            assert not contradicts(clause, left if "Aster" in clause else right)


@pytest.mark.parametrize(
    ("left", "right", "subject"),
    [
        (LOUPE, LANTERN, "Loupe vs Lantern: the panel picks Lantern"),
        (LANTERN, replace(LANTERN, slug="lamp", name="Lamp"), "Lantern vs Lamp: the panel ships both"),
        (tool("Fog", 20, 30), tool("Mist", 20, 30), "Fog vs Mist: the panel skips both"),
        (tool("Fog", 20, 30), tool("Coin", 80, 30), "Fog vs Coin: the panel ships neither"),
        (stated("Moth", None), LANTERN, "Moth vs Lantern: side by side"),
    ],
)
def test_the_subject_names_the_lead_first_and_tells_its_outcome(
    left: Tool, right: Tool, subject: str
) -> None:
    assert subject_for([Matchup(left, right)]) == subject


def test_a_subject_gives_up_the_outcome_before_it_shortens_a_name() -> None:
    left, right = (
        replace(LOUPE, name="Loupe for Very Large Documents"),
        replace(LANTERN, name="Lantern Research"),
    )
    assert subject_for([Matchup(left, right)]) == "Loupe for Very Large Documents vs Lantern Research"
    longer = replace(left, name="Loupe " * 30)
    assert len(subject_for([Matchup(longer, right)])) <= SUBJECT_LIMIT


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        (LOUPE, LANTERN, "Lantern sweeps the panel; Loupe loses one vote."),
        (LANTERN, tool("Lamp", 70, 70, 70), "Lantern and Lamp both sweep the panel."),
        (tool("Coin", 70, 40), tool("Fog", 70, 10, 10), "Coin splits the panel; Fog has one of three votes."),
        (stated("Moth", 75), stated("Wasp", None), "Moth has 75% of the panel; Wasp awaits its panel."),
        (
            tool("Solo", 80),
            tool("Fog", 10, 10, 10),
            "Solo has one vote, a ship; Fog has none of three votes.",
        ),
    ],
)
def test_the_preheader_tells_how_each_fared(left: Tool, right: Tool, line: str) -> None:
    assert preheader_for([Matchup(left, right)]) == line


def test_the_intro_counts_tools_and_outcomes() -> None:
    lamp, lens = tool("Lamp", 80, 80), tool("Lens", 70, 40, 70)
    pairs = [Matchup(LOUPE, LANTERN), Matchup(lamp, lens)]
    assert intro_for(pairs) == (
        "Four new tools, two matchups. All four ship; only two carry the whole panel."
    )


def test_the_intro_is_true_of_skips_splits_and_tools_without_a_panel() -> None:
    pairs = [Matchup(LANTERN, tool("Fog", 20, 30)), Matchup(tool("Coin", 80, 30), tool("Moth"))]
    assert intro_for(pairs) == (
        "Four new tools, two matchups. One ships, one skips, one splits the panel, "
        "one waits for a panel verdict; the one that ships carries the whole panel."
    )


def test_only_tools_that_came_out_together_are_called_new() -> None:
    old = replace(LOUPE, published_on=date(2026, 3, 1))
    assert intro_for([Matchup(old, LANTERN)]).startswith("Two tools, one matchup.")
    assert intro_for([Matchup(replace(LOUPE, published_on=None), LANTERN)]).startswith("Two tools,")


def test_a_known_part_of_a_panel_is_not_taken_for_the_whole() -> None:
    half = tool("Moth", 80, 70, None)
    assert "none carries the whole panel" in intro_for([Matchup(half, tool("Fog", 20, 30))])


@given(tools("Aster"), tools("Birch"))
def test_nothing_ever_exclaims(left: Tool, right: Tool) -> None:
    pairs = [Matchup(left, right)]
    for said in (
        split_sentence(left, right, PANEL),
        subject_for(pairs),
        preheader_for(pairs),
        intro_for(pairs),
    ):
        assert "!" not in said
        assert said == said.strip()
