from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given

from digest.catalogue.values import Tool
from digest.issues.values import Matchup
from digest.words import intro_for
from tests.digest.panels import pairs
from tests.factories import tool

LOUPE = tool("Loupe", 88, 78, 82, 52)
LANTERN = tool("Lantern", 88, 82, 85, 79)


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


@given(pairs())
def test_the_intro_never_exclaims(pair: tuple[Tool, Tool]) -> None:
    said = intro_for([Matchup(*pair)])
    assert "!" not in said
    assert said == said.strip()
