import json
from datetime import date

import pytest

from digest.catalogue.files import json_schema, problems_in, read_any_tool, read_tool_file, read_written_tool
from digest.catalogue.json import tool_json
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
        ("tagline: x", "tool.yaml:1:1: name: is missing"),
        ("name:\n", "tool.yaml:1:1: name: expected a text"),
        ("name: ' '\n", "tool.yaml:1:1: name: expected a text"),
        (
            "slug: x\nname: \u200b\u200d",
            "tool.yaml:2:1: name: expected a text that can be seen; it has only invisible characters",
        ),
        (
            "name: x\ntakes:\n- reviewer: \u2060\n  text: t",
            "tool.yaml:3:3: takes[0].reviewer: expected a text that can be seen; it has only invisible "
            "characters",
        ),
        ("- name: x", "tool.yaml:1:1: expected keys and values, such as name: …"),
        ("name: x\ntagli: y", "tool.yaml:2:1: tagli: there is no such key; did you mean tagline?"),
        (
            "name: x\ncommunity:\n  ships: 1\n  skip: 2",
            "tool.yaml:2:1: community.skips: is missing",
        ),
        (
            "name: x\nslug: A Lamp",
            "tool.yaml:2:1: slug: expected lower-case letters, digits and single hyphens, found “A Lamp”",
        ),
        (
            "name: x\npublished_on: 17.11.2026",
            "tool.yaml:2:1: published_on: expected a date like 2026-11-17, found “17.11.2026”",
        ),
        ("name: x\ntakes: none", "tool.yaml:2:1: takes: expected a list, each item after a hyphen"),
        (
            "name: x\npanel_percent: 101",
            "tool.yaml:2:1: panel_percent: expected at most 100, found 101",
        ),
        (
            "name: x\ntakes:\n- reviewer: Builder\n  verdict: maybe\n  text: t",
            "tool.yaml:4:3: takes[0].verdict: input should be 'ship' or 'skip', found “maybe”",
        ),
        (
            "name: x\ntakes:\n- {reviewer: Builder, text: t}\n- {reviewer: Builder, text: u}",
            "tool.yaml:2:1: takes: Builder has more than one take",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    assert problems(text)[0] == message
    with pytest.raises(BadInput) as caught:
        read_tool_file(text.encode(), "tool.yaml", RULES)
    assert str(caught.value).startswith("tool.yaml:")


def test_checking_finds_everything_in_the_order_of_its_lines() -> None:
    text = "nam: x\ntakes:\n- {reviewer: Builder, score: lots}\n"
    assert [problem.partition(": ")[2] for problem in problems(text)] == [
        "name: is missing",
        "nam: there is no such key; did you mean name?",
        "takes[0].text: is missing",
        "takes[0].score: input should be a valid integer, unable to parse string as an integer, found “lots”",
    ]


def test_what_looks_like_a_slip_is_a_warning_with_its_place() -> None:
    take = "{reviewer: Builder, score: 88, verdict: skip, text: t}"
    text = f"name: x\npublished_on: 2026-12-24\ntakes:\n- {take}\n"
    written = read_written_tool(text.encode(), "tool.yaml", RULES)
    assert written.warnings == (
        "tool.yaml:4:34: takes[0].verdict: the Builder says skip at 88; 60 and more ships",
        "tool.yaml:2:1: published_on: 2026-12-24 is in the future; the tool waits until then",
    )
    assert written.tool.takes[0].verdict is Verdict.SKIP


def test_a_file_says_whether_it_means_a_slug_and_what_of_the_desk() -> None:
    shy = read_written_tool(b"name: x\n", "tool.yaml", RULES)
    sure = read_written_tool(b"name: x\nslug: x\npinned: no\nexcluded:\n", "tool.yaml", RULES)
    assert (shy.named, shy.desk) == (False, ())
    assert (sure.named, sure.desk) == (True, ("excluded", "pinned"))


@pytest.mark.parametrize(
    "form", [WHOLE, json.dumps({"name": "Lantern", "slug": "lamp"}), "{name: Lantern, slug: lamp}"]
)
def test_one_tool_is_read_as_yaml_or_json(form: str) -> None:
    model = read_any_tool(form.encode(), "-", RULES)
    assert (model.name, model.slug) == ("Lantern", "lamp")


def test_the_catalogues_own_json_is_read_back() -> None:
    tool = read_tool_file(WHOLE.encode(), "tool.yaml", RULES).tool()
    shown = tool_json(tool) | {"source": "tool.yaml", "imported_at": "2026-11-20", "updated_at": "2026-11-20"}
    assert read_any_tool(json.dumps(shown).encode(), "-", RULES).tool() == tool


def test_a_mistake_in_json_is_said_in_the_same_words() -> None:
    with pytest.raises(BadInput, match="-: tagli: there is no such key; did you mean tagline"):
        read_any_tool(b'{"name": "x", "tagli": "y"}', "-", RULES)


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
