"""What a person gets wrong: one clear line, a proper exit code, nothing half-stored."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from tests.acceptance.desk import Desk
from tests.acceptance.weeks import FIRST_WEEK
from tests.processes import free_port

PAGE = next(iter(FIRST_WEEK.values()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "bad.txt:1: the file is empty"),
        (b"\x89PNG\r\n\0\0", "bad.txt:2: expected text; the file is binary"),
        ("Träume".encode("latin-1"), "bad.txt:1: expected text in UTF-8"),
        (b"An article about something else\n\nby nobody\n", "bad.txt:1: expected a saved comparison page"),
        (PAGE[: PAGE.index("Skeptic")].encode(), "the page is cut off: expected “Weekly AI Tool Verdicts”"),
        (PAGE.replace("88/100", "888/100").encode(), "expected a score"),
    ],
    ids=["empty", "binary", "not UTF-8", "another site", "cut off", "score out of range"],
)
def test_a_bad_page_is_one_line_and_nothing_of_the_import_is_stored(
    desk: Desk, content: bytes, said: str
) -> None:
    (desk.folder / "bad.txt").write_bytes(content)
    good = desk.save(FIRST_WEEK)
    complaint = desk.digest("catalogue", "import", *good, "bad.txt", code=1)
    assert said in complaint
    assert len(complaint.strip().splitlines()) == 1
    assert json.loads(desk.digest("catalogue", "list", "--json")) == []


BOMB = "name: x\na: &a [x, x]\n" + "".join(f"{n}: &{n} [*{m}, *{m}, *{m}]\n" for m, n in pairwise("abcdefgh"))
BAD_TOOLS = {
    "bomb.yaml": (BOMB, ":2:4: anchors and aliases (& and *) are not allowed"),
    "far.yaml": (
        "name: Lamp\npublished_on: 2062-11-17\n",
        ":2:1: published_on: 2062-11-17 is more than a year ahead",
    ),
    "key.yaml": ("name: Lamp\ntaglin: x\n", ":2:1: taglin: there is no such key; did you mean tagline?"),
    "latin.yaml": ("name: Tr\udce4ume\n", ":1: expected text in UTF-8"),
    "long.yaml": ("name: " + "x" * 10_000_000, ": expected at most 1 MB; the file is longer"),
    "reviewer.yaml": (
        "name: Lamp\ntakes:\n- {reviewer: Bilder, score: 88, text: t}\n",
        ":3:4: takes[0].reviewer: there is no reviewer “Bilder”; did you mean Builder?",
    ),
    "score.yaml": (
        "name: Lamp\ntakes:\n- {reviewer: Builder, score: 101, text: t}\n",
        ":3:23: takes[0].score: expected at most 100, found 101",
    ),
    "tag.yaml": ("name: !!python/name:os.system\n", ":1:7: tags (!) are not allowed"),
    "twice.yaml": ("name: Lamp\nname: Bulb\n", ":2:1: name is there twice"),
    "type.yaml": ("name: [Lamp]\n", ":1:1: name: expected a text"),
}


def test_each_bad_tool_is_one_line_with_its_place_and_nothing_is_stored(desk: Desk) -> None:
    good = desk.save(FIRST_WEEK)
    for name, (content, said) in BAD_TOOLS.items():
        (desk.folder / name).write_text(content, "utf-8", errors="surrogateescape")
        complaint = desk.digest("catalogue", "import", *good, name, code=1)
        assert f"{name}{said}" in complaint
        assert len(complaint.strip().splitlines()) == 1
    assert json.loads(desk.digest("catalogue", "list", "--json")) == []
    assert "10 problems in 10 files" in desk.digest("catalogue", "check", *BAD_TOOLS, code=3)


def test_a_verdict_that_contradicts_its_score_is_only_a_warning(desk: Desk) -> None:
    tool = "name: Lamp\ntakes:\n- {reviewer: Builder, score: 88, verdict: skip, text: t}\n"
    desk.save({"lamp.yaml": tool})
    assert desk.digest("catalogue", "check", "lamp.yaml").splitlines() == [
        "lamp.yaml:3:34: takes[0].verdict: the Builder says skip at 88; 60 and more ships",
        "1 file, 1 warning",
    ]
    assert "added: lamp" in desk.digest("catalogue", "import", "lamp.yaml")


def test_keeping_going_stores_what_is_good_and_still_fails(desk: Desk) -> None:
    desk.save({"lamp.yaml": "nam: Lamp\n", "wick.yaml": "name: Wick\n"})
    complaint = desk.digest("catalogue", "import", "--keep-going", ".", code=1).splitlines()
    assert complaint == ["lamp.yaml:1:1: name: is missing", "digest: 1 file refused; all else is stored"]
    assert [tool["slug"] for tool in json.loads(desk.digest("catalogue", "list", "--json"))] == ["wick"]


def test_a_relay_that_is_not_there_is_said_before_anything_is_begun(desk: Desk) -> None:
    desk.digest("catalogue", "import", *desk.save(FIRST_WEEK))
    desk.digest("subscribers", "add", "reader@example.com", "--confirmed")
    desk.digest("issue", "build")
    nowhere = desk.environment | {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{free_port()}"}
    desk.environment, working = nowhere, desk.environment
    assert "127.0.0.1" in desk.digest("issue", "send", code=1)
    assert json.loads(desk.digest("issue", "show", "--json"))["status"] == "draft", "nothing was begun"
    desk.environment = working
    desk.digest("issue", "send")
    assert len(desk.received()) == 1


def test_wrong_words_are_usage_errors_and_wrong_settings_name_themselves(desk: Desk) -> None:
    assert "write it like 2026-W47" in desk.digest("issue", "build", "--week", "last", code=2)
    assert "No such command" in desk.digest("isue", code=2)
    desk.environment["DIGEST_SMTP_URL"] = "mail.example.com"
    assert "smtp://" in desk.digest("issue", "test-send", "a@example.com", code=1)
    desk.environment["DIGEST_SCHEDULE__TIMEZONE"] = "Mars/Base"
    assert "DIGEST_SCHEDULE__TIMEZONE" in desk.digest("status", code=1)


def test_a_bad_address_or_list_is_refused_whole(desk: Desk) -> None:
    for address in ("no address", "-oQ/tmp@b.org", "=cmd|x@b.org", "ann@example.com\r\nRCPT TO:<x@b.org>"):
        complaint = desk.digest("subscribers", "add", "--confirmed", "--", address, code=1)
        assert len(complaint.strip().splitlines()) == 1
    (desk.folder / "readers.csv").write_text("name,status\nAnn,confirmed\n")
    assert "email" in desk.digest("subscribers", "import", "readers.csv", code=1)
    assert json.loads(desk.digest("subscribers", "list", "--json")) == []


def test_a_database_that_cannot_be_opened_is_one_line(desk: Desk) -> None:
    (desk.folder / "digest.db").write_bytes(b"this is not a database, it only has its name " * 50)
    assert "database" in desk.digest("status", code=1)
