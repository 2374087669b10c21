from datetime import date

from digest.catalogue.json import tool_json
from digest.catalogue.values import Community, Tool
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
