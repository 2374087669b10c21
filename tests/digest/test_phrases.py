from __future__ import annotations

import re

import pytest
from hypothesis import given

from digest.catalogue.values import Community, Tool, Verdict
from digest.panel import tally
from digest.phrases import community_words, panel_caption, price_words, tally_words
from tests.digest.panels import stated, tools
from tests.factories import tool

LOUPE = tool("Loupe", 88, 78, 82, 52)


def test_captions_say_what_is_known_and_no_more() -> None:
    assert panel_caption(LOUPE) == "3 of 4 reviewers ship"
    assert panel_caption(tool("Solo", 80)) == "1 of 1 reviewer ships"
    assert panel_caption(stated("Moth", 75)) == "75% of the panel ships"
    assert panel_caption(tool("Moth")) == "No panel verdict yet"
    assert panel_caption(tool("Moth", 80, 70, None)) == "2 of 2 known votes ship"
    assert panel_caption(tool("Moth", 80, None)) == "1 of 1 known vote ships"
    assert panel_caption(tool("Fog", 80, 20, 20)) == "1 of 3 reviewers ships"
    assert panel_caption(tool("Fog", 20, 20)) == "0 of 2 reviewers ship"
    assert str(tally_words(LOUPE)) == "Ship, 3 to 1"
    assert str(tally_words(tool("Fog", 70, 20, 20))) == "Skip, 2 to 1"
    assert str(tally_words(tool("Coin", 70, 20))) == "Split, 1 to 1"
    assert str(tally_words(stated("Moth", 75))) == "Ship, 75%"
    assert not tally_words(tool("Moth")).known


def test_readers_votes_are_words_until_there_are_some() -> None:
    assert str(community_words(None)) == "No votes yet"
    assert str(community_words(Community(0, 0))) == "No votes yet"
    voted = community_words(Community(78, 50))
    assert (voted.strong, voted.rest) == ("61% ship", ", 128 votes")
    assert str(community_words(Community(percent=70))) == "70% ship"


@pytest.mark.parametrize(
    ("tier", "line", "strong", "rest"),
    [
        ("Free", "Free / Open weights (Apache 2.0)", "Free", ", open weights (Apache 2.0)"),
        ("Free", "Free (weights) / API", "Free", " (weights) / API"),
        ("Free", "Freemium from $9", "Free", ", Freemium from $9"),
        ("Paid", "Paid", "Paid", ""),
        ("Paid", None, "Paid", ""),
        (None, "From $9 a month", "", "From $9 a month"),
        (None, None, "", "Price not stated"),
    ],
)
def test_a_price_is_its_tier_then_its_condition(
    tier: str | None, line: str | None, strong: str, rest: str
) -> None:
    price = price_words(tool("Loupe", price_tier=tier, pricing=line), 60)
    assert (price.strong, price.rest) == (strong, rest)
    assert price.known is bool(tier or line)


@given(tools("Aster"))
def test_badge_caption_meter_and_table_never_contradict_each_other(aster: Tool) -> None:
    own, caption, table = tally(aster), panel_caption(aster), str(tally_words(aster))
    if own.verdict is None:
        assert caption == table == "No panel verdict yet"
        return
    assert table.split(", ")[0] == own.verdict.value.capitalize()
    if match := re.fullmatch(r"(\d+) of (\d+) (reviewers?|known votes?) (ships?)", caption):
        ships, voted = int(match[1]), int(match[2])
        assert (ships, voted - ships) == (own.ships, own.skips)
        assert match[3].endswith("s") == (voted != 1)
        assert match[4].endswith("s") == (ships == 1)
        assert (own.verdict is Verdict.SHIP) == (2 * ships > voted)
        assert (own.verdict is Verdict.SPLIT) == (2 * ships == voted)
        assert own.percent is not None
        assert abs(own.percent - 100 * ships / voted) <= 1
    else:
        assert caption == f"{own.percent}% of the panel ships"
        assert table == f"{own.verdict.value.capitalize()}, {own.percent}%"
    if own.meter:
        assert caption == f"{own.meter.count(Verdict.SHIP)} of {len(own.meter)} {caption.split(' ', 3)[3]}"
        more, fewer = sorted((own.ships, own.skips), reverse=True)
        assert table.endswith(f", {more} to {fewer}")
