import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.catalogue.values import Tool
from digest.weighing import PARTS, Scale
from tests.factories import FRIDAY, tool

DOCS = Path(__file__).parents[2] / "docs" / "matchups.md"


def bare(name: str, *scores: int, **values: Any) -> Tool:
    """Return a tool of which nothing but its day is known that would give a pair points."""
    unknown: dict[str, Any] = {"category": None, "tagline": None}
    return tool(name, *scores, **(unknown | values))


def parts(one: Tool, other: Tool, **context: Any) -> dict[str, int]:
    scale = Scale([one, other], **({"as_of": FRIDAY} | context))
    found = scale.parts(0, 1)
    weight = int(scale.fit([0], [1])[0, 0] + scale.patience([0], [1])[0, 0])
    assert weight == sum(points for _, points in found), "the parts are the whole weight"
    assert scale.parts(1, 0) == found, "either way round"
    return dict(found)


def test_two_of_one_category_and_one_price_tier() -> None:
    found = parts(
        bare("A", category="Design", price_tier="Free"), bare("B", category="design", price_tier="free")
    )
    assert found == {"category": 60, "tier": 15, "freshness": 28}


def test_what_nobody_states_is_not_the_same() -> None:
    assert parts(bare("A"), bare("B")) == {"freshness": 28}
    assert parts(bare("A", category="Design"), bare("B")) == {"freshness": 28}


def test_a_pair_that_a_source_compared_either_way_round() -> None:
    assert parts(bare("A"), bare("B"), compared=[("b", "a"), ("a", "unknown")])["compared"] == 40


def test_likeness_is_full_from_half_of_the_words_on() -> None:
    one = bare("A", tagline="alpha beta gamma delta")
    assert parts(one, bare("B", tagline="alpha beta epsilon zeta"))["likeness"] == 60
    assert parts(one, bare("B", tagline="alpha eta epsilon zeta"))["likeness"] == 30
    assert "likeness" not in parts(one, bare("B", tagline="theta"))


def test_panels_that_disagree_make_a_contrast_and_an_unknown_one_makes_none() -> None:
    assert parts(bare("A", 90, 90, 90, 90), bare("B", 90, 20, 20, 20))["contrast"] == 15
    assert "contrast" not in parts(bare("A", 90), bare("B"))


@pytest.mark.parametrize(("days", "points"), [(0, 28), (1, 27), (27, 1), (28, None), (400, None)])
def test_freshness_falls_by_a_point_for_every_day_of_the_older_one(days: int, points: int | None) -> None:
    older = bare("B", published_on=FRIDAY - timedelta(days))
    assert parts(bare("A"), older).get("freshness") == points


def test_a_strong_rival_is_worth_more_than_a_weak_one() -> None:
    assert parts(bare("A"), bare("Old", 90, 90), seen={"old"})["standing"] == 20
    assert parts(bare("A"), bare("Old", 90, 20), seen={"old"})["standing"] == 10
    assert "standing" not in parts(bare("A"), bare("Old", 90, 90)), "only a rival was seen before"


def test_every_week_a_new_tool_has_waited_counts_and_a_rival_does_not_wait() -> None:
    since = {"a": FRIDAY - timedelta(20), "b": FRIDAY - timedelta(7), "old": FRIDAY - timedelta(700)}
    assert parts(bare("A"), bare("B"), since=since)["patience"] == 3 * 2 + 3 * 1
    assert parts(bare("A"), bare("Old"), seen={"old"}, since=since)["patience"] == 3 * 2


def test_an_old_tool_that_came_in_today_has_not_waited() -> None:
    ancient = bare("A", published_on=FRIDAY - timedelta(1_000))
    assert "patience" not in parts(ancient, bare("B"), since={"a": FRIDAY, "b": FRIDAY})


def test_the_editors_page_says_the_same_as_the_table() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+)", DOCS.read_text("utf-8"), flags=re.MULTILINE))
    assert told == {part.name: str(part.points) for part in PARTS}
