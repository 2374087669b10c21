from datetime import date

import pytest

from digest.catalogue.files import json_schema, problems_in, read_tool_file
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.errors import BadInput
from tests.factories import RULES

WHOLE = """\
name: Lantern
slug: lamp
category: Design
tagline: Reads in the dark
description: >-
  It reads
  small print.
pricing: Freemium / Team plan $9 a seat
best_for: Receipts
published_on: 2026-11-17
panel_percent: 75
community: {ships: 78, skips: 50}
takes:
  - reviewer: Builder
    score: 88
    verdict: ship
    text: It ran.
  - {reviewer: Creator, text: "No: never."}
compared_with: [loupe]
"""


def problems(text: str) -> list[str]:
    return [str(problem) for problem in problems_in(text.encode(), "tool.yaml", RULES)]


def test_a_file_says_all_a_tool_has() -> None:
    assert problems(WHOLE) == []
    assert read_tool_file(WHOLE.encode(), "tool.yaml", RULES).tool() == Tool(
        slug="lamp",
        name="Lantern",
        category="Design",
        tagline="Reads in the dark",
        description="It reads small print.",
        pricing="Freemium / Team plan $9 a seat",
        price_tier="Freemium",
        best_for="Receipts",
        published_on=date(2026, 11, 17),
        stated_percent=75,
        community=Community(78, 50),
        takes=(Take("Builder", "It ran.", 88, Verdict.SHIP), Take("Creator", "No: never.")),
        compared_with=("loupe",),
    )


def test_a_name_is_enough() -> None:
    assert read_tool_file(b"name: No\npricing:\ntagline: ''\n", "t.yaml", RULES).tool() == Tool("no", "No")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tagline: x", "tool.yaml:1: name: is missing"),
        ("name:\n", "tool.yaml:1: name: expected a text"),
        ("name: ' '\n", "tool.yaml:1: name: expected a text"),
        (
            "slug: x\nname: \u200b\u200d",
            "tool.yaml:2: name: expected a text that can be seen; it has only invisible characters",
        ),
        (
            "name: x\ntakes:\n- reviewer: \u2060\n  text: t",
            "tool.yaml:3: takes[0].reviewer: expected a text that can be seen; it has only invisible "
            "characters",
        ),
        ("- name: x", "tool.yaml:1: expected keys and values, such as name: …"),
        ("name: x\ntagli: y", "tool.yaml:2: tagli: there is no such key; did you mean tagline?"),
        (
            "name: x\ncommunity:\n  ships: 1\n  skip: 2",
            "tool.yaml:2: community.skips: is missing",
        ),
        (
            "name: x\nslug: A Lamp",
            "tool.yaml:2: slug: expected lower-case letters, digits and single hyphens, found “A Lamp”",
        ),
        (
            "name: x\npublished_on: 17.11.2026",
            "tool.yaml:2: published_on: expected a date like 2026-11-17, found “17.11.2026”",
        ),
        ("name: x\ntakes: none", "tool.yaml:2: takes: expected a list, each item after a hyphen"),
        (
            "name: x\npanel_percent: 101",
            "tool.yaml:2: panel_percent: input should be less than or equal to 100, found “101”",
        ),
        (
            "name: x\ntakes:\n- reviewer: Builder\n  verdict: maybe\n  text: t",
            "tool.yaml:4: takes[0].verdict: input should be 'ship' or 'skip', found “maybe”",
        ),
        (
            "name: x\ntakes:\n- {reviewer: Builder, text: t}\n- {reviewer: Builder, text: u}",
            "tool.yaml:2: takes: Builder has more than one take",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    assert problems(text)[0] == message
    with pytest.raises(BadInput) as caught:
        read_tool_file(text.encode(), "tool.yaml", RULES)
    assert str(caught.value).startswith("tool.yaml:")


def test_checking_finds_everything_in_the_order_of_its_lines() -> None:
    text = "nam: x\ntakes:\n- {reviewer: Builder, score: lots}\n"
    assert [problem.partition(": ")[2] for problem in problems(text)] == [
        "name: is missing",
        "nam: there is no such key; did you mean name?",
        "takes[0].score: input should be a valid integer, unable to parse string as an integer, found “lots”",
        "takes[0].text: is missing",
    ]


def test_a_file_of_a_megabyte_is_the_most() -> None:
    assert problems("name: " + "x" * 1_000_000) == ["tool.yaml: expected at most 1 MB; the file is longer"]


def test_the_schema_is_closed_and_names_every_key() -> None:
    schema = json_schema()
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {
        *("name", "slug", "category", "tagline", "description", "pricing", "price_tier", "entry", "best_for"),
        *("link", "published_on", "panel_percent", "community", "takes", "compared_with"),
        *("embargoed_until", "excluded", "pinned"),
    }
