from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from digest.catalogue.json import tool_from_json, tool_json
from digest.catalogue.values import Community, Tool
from tests.factories import RULES
from tests.pagetext import as_compact, lantern


def test_a_tool_has_exactly_the_keys_of_the_design() -> None:
    assert list(tool_json(Tool("x", "X"))) == [
        *("slug", "name", "category", "tagline", "description", "pricing", "price_tier", "entry", "best_for"),
        *("link", "published_on", "panel", "community", "takes", "compared_with"),
        *("embargoed_until", "excluded", "pinned"),
    ]


def test_what_is_known_is_said() -> None:
    json = tool_json(lantern(community=Community(78, 50), published_on=date(2026, 11, 17)))
    assert json["published_on"] == "2026-11-17"
    assert json["panel"] == {"ships": 3, "skips": 1, "unknown": 0, "percent": 75, "verdict": "ship"}
    assert json["community"] == {"ships": 78, "skips": 50}
    assert json["takes"][3] == {
        "reviewer": "Founder",
        "score": 52,
        "verdict": "skip",
        "text": "Nobody pays for a lamp.",
    }


def test_what_is_unknown_is_null() -> None:
    json = tool_json(as_compact(lantern()))
    assert (json["pricing"], json["published_on"], json["community"]) == (None, None, None)
    assert json["panel"] == {"ships": 0, "skips": 0, "unknown": 4, "percent": 75, "verdict": "ship"}
    assert json["takes"][0]["score"] is json["takes"][0]["verdict"] is None


def counted(**values: Any) -> Tool:
    """Return a tool of which every verdict is known, so that no percentage needs to be stated."""
    return lantern(slug="lantern", stated_percent=None, **values)


def test_what_is_printed_is_read_back() -> None:
    tool = counted(community=Community(78, 50), published_on=date(2026, 11, 17), pinned=True)
    assert tool_from_json(tool_json(tool), RULES).tool() == tool


def test_a_stated_percentage_comes_back_while_verdicts_are_missing() -> None:
    tool = as_compact(lantern(slug="lantern"))
    assert tool_from_json(tool_json(tool), RULES).tool().stated_percent == 75


@pytest.mark.parametrize("panel", [{"percent": 10}, {"percent": 75}, {"percent": None}, {}, None, 5])
def test_a_computed_panel_is_not_read(panel: object) -> None:
    json = tool_json(counted()) | {"panel": panel}
    assert tool_from_json(json, RULES).tool() == counted()


def test_votes_of_which_only_the_share_is_known_are_read_as_unknown() -> None:
    tool = counted(community=Community(percent=61))
    assert tool_from_json(tool_json(tool), RULES).tool().community is None


@pytest.mark.parametrize(
    "value", [None, 5, [], "Lantern", {}, {"name": "Lantern", "panel": {"percent": "x"}}]
)
def test_what_is_no_tool_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        tool_from_json(value, RULES)
