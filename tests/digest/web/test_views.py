"""What is printed of a tool, from a source that says much or little."""

from __future__ import annotations

from digest.catalogue.values import Tool
from digest.web import views
from tests.factories import PANEL, tool


def test_a_tool_of_which_nothing_is_known_has_a_card_in_words() -> None:
    card = views.card(Tool(slug="x", name="…"))

    assert (card.initial, card.verdict, card.percent, card.meter) == ("·", "", "", ())
    assert (card.caption, str(card.price)) == ("No panel verdict yet", "Price not stated")


def test_the_meter_shows_ships_first_and_only_where_all_votes_are_known() -> None:
    assert views.card(tool("Loupe", 40, 90, 90)).meter == ("ship", "ship", "skip")
    assert views.card(tool("Loupe", 40, None, stated_percent=75)).meter == ()


def test_at_most_one_of_two_is_the_pick() -> None:
    line = views.line(tool("Loupe", 88, 52), tool("Lantern", 88, 79), PANEL)
    assert (line.left.pick, line.right.pick) == (False, True)

    tie = views.line(tool("Loupe", 80), tool("Lantern", 80), PANEL)
    assert (tie.left.pick, tie.right.pick) == (False, False)


def test_the_scorecard_holds_everyone_who_spoke_on_either() -> None:
    rows = views.scorecard(PANEL, tool("Loupe", 88), tool("Lantern", 88, 79))

    assert [row.reviewer for row in rows] == ["Builder", "Skeptic"]
    assert rows[1].takes[0] is None


def test_paths_are_quoted() -> None:
    assert views.tool_path("a b?") == "/tools/a%20b%3F"
    assert views.category_path("R&D +") == "/tools/?category=R%26D+%2B"
