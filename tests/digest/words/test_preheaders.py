from __future__ import annotations

import pytest
from hypothesis import given

from digest.catalogue.values import Tool
from digest.issues.values import Matchup
from digest.words import PREHEADER_LIMIT, preheader_for, preheaders_for, subject_for
from tests.digest.panels import pairs, stated
from tests.factories import tool

LOUPE = tool("Loupe", 88, 78, 82, 52)
LANTERN = tool("Lantern", 88, 82, 85, 79)
LEAD = Matchup(LOUPE, LANTERN)
NEXT = Matchup(tool("Ferry", 80, 80, 80), tool("Tug", 80, 80, 40))


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        (LOUPE, LANTERN, "Lantern sweeps the panel; Loupe loses one vote."),
        (LANTERN, tool("Lamp", 70, 70, 70), "Lantern and Lamp both sweep the panel."),
        (tool("Coin", 70, 40), tool("Fog", 70, 10, 10), "Coin splits the panel; Fog has one of three votes."),
        (stated("Moth", 75), stated("Wasp", None), "Moth has 75% of the panel; Wasp awaits its panel."),
        (tool("Moth", 80, None), LOUPE, "Moth has 100% of the known votes; Loupe loses one vote."),
        (
            tool("Solo", 80),
            tool("Fog", 10, 10, 10),
            "Solo has one vote, a ship; Fog has none of three votes.",
        ),
    ],
)
def test_the_preheader_tells_how_each_fared(left: Tool, right: Tool, line: str) -> None:
    assert preheader_for([Matchup(left, right)]) == line


def test_where_there_is_room_it_names_the_second_matchup() -> None:
    assert preheader_for([LEAD, NEXT]) == "Lantern sweeps the panel; Loupe loses one vote. Also Ferry vs Tug."
    texts = [found.text for found in preheaders_for([LEAD, NEXT, NEXT])]
    assert "Also this week: Ferry vs Tug and one more matchup." in texts


def test_it_does_not_say_the_subject_over_again() -> None:
    subject = "Lantern sweeps the panel; Loupe loses one vote."
    assert preheader_for([LEAD, NEXT], subject=subject) == "Also this week: Ferry vs Tug."
    [repeated] = [found for found in preheaders_for([LEAD, NEXT], subject=subject) if found.text == subject]
    assert "-100: repeats the subject" in repeated.notes


def test_it_is_not_phrased_like_the_one_of_the_week_before() -> None:
    former = "Kiln sweeps the panel; Sonar loses two votes."
    assert "-12: is phrased like the one before" in preheaders_for([LEAD], former=former)[0].notes


def test_every_line_fits_however_long_the_names_are() -> None:
    long = Matchup(tool("Loupe " * 30, 88), tool("灯" * 200, 60))
    assert all(len(found.text) <= PREHEADER_LIMIT for found in preheaders_for([long, long, LEAD]))


@given(pairs())
def test_no_preheader_exclaims_repeats_the_subject_or_runs_over(pair: tuple[Tool, Tool]) -> None:
    matchups = [Matchup(*pair), NEXT]
    best = preheaders_for(matchups)[0]
    assert len(best.text) <= PREHEADER_LIMIT
    assert subject_for(matchups) not in best.text
    assert not [note for note in best.notes if note.startswith("-")]
