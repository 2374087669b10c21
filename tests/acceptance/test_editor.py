"""An editor's weeks: why the issue is as it is, and having the last word on it, all through the command."""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.desk import Desk, read_message

WEEK = ("--week", "2026-W47")
# Ten tools of two kinds, and what the four reviewers give each.
TOOLS = {
    "Loupe": ("Developer Tools", (88, 78, 82, 52)),
    "Lantern": ("Developer Tools", (88, 82, 85, 79)),
    "Anvil": ("Developer Tools", (40, 35, 61, 20)),
    "Bellows": ("Developer Tools", (70, 66, 58, 61)),
    "Tongs": ("Developer Tools", (91, 62, 77, 80)),
    "Quill": ("Writing", (70, 45, 66, 40)),
    "Inkwell": ("Writing", (90, 72, 64, 58)),
    "Vellum": ("Writing", (63, 61, 72, 68)),
    "Blotter": ("Writing", (30, 41, 55, 25)),
    "Signet": ("Writing", (82, 79, 90, 77)),
}
SPONSORED = """
subject: The forge and the desk
intro: |
  Ten tools came in, **two** of them from a forge.
sponsor:
  name: Lamp & Sons
  text: They make lamps that last.
  link: https://example.com/lamps
"""


def stock(desk: Desk, names: list[str], published: str) -> None:
    """Save a YAML file for each of the tools and import them."""
    for name in names:
        category, scores = TOOLS[name]
        takes = "\n".join(
            f"  - {{reviewer: {who}, score: {score}, verdict: {'ship' if score >= 60 else 'skip'}, "
            f"text: '{name} ran on my bench for a week and I wrote down what it did.'}}"
            for who, score in zip(("Builder", "Skeptic", "Futurist", "Founder"), scores, strict=True)
        )
        text = f"name: {name}\ncategory: {category}\ntagline: {name} does one thing\npricing: Free / Pro $9\n"
        (desk.folder / "tools").mkdir(exist_ok=True)
        (desk.folder / "tools" / f"{name}.yaml").write_text(
            f"{text}published_on: {published}\ntakes:\n{takes}\n", "utf-8"
        )
    desk.digest("catalogue", "import", "tools")


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.digest("issue", *words, "--json"))


def pairs(desk: Desk, week: str = "2026-W47") -> list[set[str]]:
    return [{pair["left"], pair["right"]} for pair in read(desk, "show", "--week", week)["matchups"]]


def decide(desk: Desk, text: str, week: str = "2026-W47") -> None:
    (desk.folder / "issues").mkdir(exist_ok=True)
    (desk.folder / "issues" / f"{week}.yaml").write_text(text, "utf-8")


def files(desk: Desk) -> tuple[str, str]:
    desk.digest("preview", *WEEK, "--out", "shown")
    html, text = (desk.folder / "shown" / f"issue.{ending}" for ending in ("html", "txt"))
    return html.read_text("utf-8"), text.read_text("utf-8")


def test_an_editor_has_the_last_word_and_the_weeks_after_remember_it(desk: Desk) -> None:
    stock(desk, list(TOOLS), "2026-11-17")
    desk.digest("issue", "build", *WEEK)
    lead = sorted(pairs(desk)[0])
    why = read(desk, "show", *WEEK, "--why")
    assert {why["pairs"][0]["left"], why["pairs"][0]["right"]} == set(lead)
    assert all(pair["weight"] == sum(pair["parts"].values()) for pair in why["pairs"])
    assert not any(pair["forced"] for pair in why["pairs"])

    decide(desk, f"bans: [[{lead[0]}, {lead[1]}]]\npairs: [[quill, anvil]]\norder: [quill]\n{SPONSORED}")
    complaint = desk.digest("issue", "approve", *WEEK, code=1)
    assert "issues/2026-W47.yaml has changed since issue 2026-W47 was built" in complaint
    desk.digest("issue", "build", *WEEK)
    rebuilt = pairs(desk)
    assert rebuilt[0] == {"quill", "anvil"}
    assert set(lead) not in rebuilt
    assert [pair["left"] for pair in read(desk, "show", *WEEK, "--why")["pairs"] if pair["forced"]] == [
        "quill"
    ]
    html, text = files(desk)
    for shown in (html, text):
        assert "Ten tools came in" in shown
        assert "They make lamps that last." in shown
        assert "Sponsored by" in shown
    assert "https://example.com/lamps" in html
    assert read_message(desk.folder / "shown" / "issue.eml")["Subject"] == "The forge and the desk"

    desk.digest("issue", "approve", *WEEK)
    decide(desk, "subject: Too late\n")
    assert "issues/2026-W47.yaml is ignored" in desk.digest("issue", "build", *WEEK)
    assert "digest issue reopen" in desk.digest("issue", "edit", *WEEK, "--from", "digest.db", code=1)
    assert read(desk, "show", *WEEK)["subject"] == "The forge and the desk"
    assert files(desk) == (html, text), "frozen is frozen"


def test_no_tool_and_no_pair_comes_twice_until_its_weeks_are_over(desk: Desk) -> None:
    desk.environment["DIGEST_SELECTION__REMATCH_AFTER_WEEKS"] = "2"
    first, later = list(TOOLS)[:8], list(TOOLS)[8:]
    stock(desk, first, "2026-11-17")
    desk.digest("issue", "build", *WEEK)
    ran = pairs(desk)
    stock(desk, later, "2026-11-24")
    desk.digest("issue", "build", "--week", "2026-W48")
    assert pairs(desk, "2026-W48") == [{"blotter", "signet"}]

    pins = f"pins: [{', '.join(sorted(ran[0]))}]\n"
    decide(desk, pins, "2026-W49")
    desk.digest("issue", "build", "--week", "2026-W49")
    assert ran[0] not in pairs(desk, "2026-W49")
    desk.digest("issue", "cancel", "--week", "2026-W49")
    decide(desk, pins, "2026-W50")
    desk.digest("issue", "build", "--week", "2026-W50")
    assert ran[0] in pairs(desk, "2026-W50")


def test_a_mistake_in_the_file_stops_every_road_to_the_readers(desk: Desk) -> None:
    stock(desk, list(TOOLS), "2026-11-17")
    desk.digest("issue", "build", *WEEK)
    decide(desk, "subject: Fine\npins:\n  - lopue\n")
    for words in (("build",), ("approve",), ("send",)):
        complaint = desk.digest("issue", *words, *WEEK, code=1)
        assert "issues/2026-W47.yaml:3:5: pins[0]: there is no tool lopue; did you mean loupe?" in complaint
    assert read(desk, "show", *WEEK)["status"] == "draft"
    assert desk.received() == []
