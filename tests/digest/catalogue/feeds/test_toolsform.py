from typing import Any

import pytest

from digest.catalogue.feeds.toolsform import is_tools, read_tools
from digest.catalogue.json import tool_json
from digest.errors import BadInput
from tests.factories import RULES, tool


def test_what_the_catalogue_prints_is_read_back() -> None:
    tools = [tool("Loupe", 88, 78, 82, 52), tool("Lantern", 70, link="https://lantern.test/")]
    for value in ([tool_json(one) for one in tools], {"tools": [tool_json(one) for one in tools]}):
        content = read_tools(value, RULES)
        assert [arrival.model.tool() for arrival in content.arrivals] == tools
        assert [arrival.key for arrival in content.arrivals] == ["loupe", "lantern"]


def test_a_tool_without_a_slug_is_known_by_the_one_its_name_asks_for() -> None:
    assert read_tools([{"name": "Loupe 2B"}], RULES).arrivals[0].key == "loupe-2b"


def test_another_desks_pins_and_exclusions_do_not_count() -> None:
    theirs = tool_json(tool("Loupe", pinned=True, excluded="not for us")) | {"source": "x", "updated_at": "y"}
    (arrival,) = read_tools([theirs], RULES).arrivals
    assert arrival.model.tool() == tool("Loupe")
    assert not {"pinned", "excluded"} & arrival.model.model_fields_set


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (
            {"name": "Loupe", "takes": [{"reviewer": "Builder", "score": 101, "text": "x"}]},
            "tools[0] (Loupe): takes[0].score: expected at most 100, found 101",
        ),
        (
            {"name": "Loupe", "takes": [{"reviewer": "Bilder", "text": "x"}]},
            "tools[0] (Loupe): takes[0].reviewer: there is no reviewer “Bilder”; did you mean Builder?",
        ),
        ({"name": "Loupe", "nmae": 1}, "tools[0] (Loupe): nmae: there is no such key; did you mean name?"),
        (5, "tools[0]: expected keys and values, such as name: …"),
        ({}, "tools[0]: name: is missing"),
    ],
)
def test_a_tool_that_does_not_hold_is_refused_and_the_others_stand(item: Any, says: str) -> None:
    content = read_tools([item, {"name": "Lantern"}], RULES)
    assert content.refused == (says,)
    assert [arrival.key for arrival in content.arrivals] == ["lantern"]


def test_a_tool_that_is_there_twice_counts_once() -> None:
    content = read_tools([{"name": "Loupe", "tagline": "first"}, {"name": "Loupe"}], RULES)
    assert [arrival.model.tagline for arrival in content.arrivals] == ["first"]
    assert content.refused == ("tools[1] (Loupe): loupe is there twice; the first one counts",)


def test_a_list_that_would_keep_the_database_busy_is_refused_whole() -> None:
    with pytest.raises(BadInput, match="has 2,001 tools; expected at most 2,000 from one source"):
        read_tools([{"name": f"Tool {number}"} for number in range(2_001)], RULES)


@pytest.mark.parametrize("value", [{}, {"tools": {}}, 5, None, "tools"])
def test_what_is_no_list_of_tools_is_refused(value: object) -> None:
    assert not is_tools(value)
    with pytest.raises(BadInput, match="expected a list of tools"):
        read_tools(value, RULES)
