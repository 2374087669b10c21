from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from lxml import html as lxml_html

from digest.catalogue.values import Take, Tool, Verdict
from digest.issues.values import Depth, Matchup
from digest.rendering.slots import BODY_SLOTS, mark_pattern
from digest.rendering.values import Words as Voice
from tests.digest.rendering.samples import (
    IDENTITY,
    LANTERN,
    LOUPE,
    MOTH,
    SENTINEL,
    WASP,
    content,
    pair,
    rendered,
)
from tests.factories import tool

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %}",
    "%%NAME%% [[X]] ${y}",
    f"{FAMILY} at work",
    "Salt & Pepper &amp; <b>",
    "כלי חדש",
    "‮gnp.exe‬",
    "a\"b'c`d\\n",
    "</mj-text></td>",
    "--> <!--[if mso]>",
]


class Words(HTMLParser):
    """The text that a reader sees, and every start tag."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def seen(html: str) -> str:
    """Return the text of a page with single spaces."""
    return " ".join("".join(Words(html).text).split())


def sixteen(long: bool) -> list[Matchup]:
    """A week as large as an issue gets, with five reviewers in the lead."""
    text = "Every word of this take weighs about the same. " * (200 if long else 2)

    def one(n: int) -> Tool:
        takes = tuple(
            Take(who, text, 60 + n, Verdict.SKIP if (n + place) % 4 == 0 else Verdict.SHIP)
            for place, who in enumerate(("Builder", "Skeptic", "Futurist", "Founder", "Creator"))
        )
        return tool(
            f"Considerable Tool {n:02}",
            takes=takes,
            tagline=text,
            pricing=text,
            best_for=text,
            price_tier="Free",
        )

    depths = [Depth.FULL, Depth.SHORT] + [Depth.STUB] * 14
    return [Matchup(one(2 * n), one(2 * n + 1), depth) for n, depth in enumerate(depths)]


def test_the_mail_says_what_the_issue_says() -> None:
    mail = rendered()
    text = seen(mail.html)
    for words in (
        "Weekly AI Tool Verdicts",
        "Issue 2026-W47",
        "Friday 20 November 2026",
        "Six new tools, three matchups.",
        "Matchup 1 of 3",
        "Only the Founder skips Loupe, at 52; all four ship Lantern.",
        "Panel’s pick",
        "3 of 4 reviewers ship",
        "Would I build on it?",
        "No panel take",
        "61% ship, 128 votes",
        "Price not stated",
        "Creator on Tug: Everything it writes sounds alike.",
        "Also this week",
        "50%",
        "1 Example Street",
    ):
        assert words in text


def test_the_plain_text_is_a_twin_of_72_columns() -> None:
    mail = rendered()
    flat = " ".join(mail.text.split())
    for words in (
        "Only the Founder skips Loupe, at 52",
        "SHIP 88 Loupe",
        "No panel take Ferry",
        "Not stated",
    ):
        assert words in flat
    assert all(len(line) <= 72 for line in mail.text.splitlines() if "https://" not in line)


def test_both_bodies_hold_the_same_links() -> None:
    mail = rendered()
    in_html = {attrs["href"] for tag, attrs in Words(mail.html).tags if tag == "a"}
    in_text = set(re.findall(r"^ *((?:https://|mailto:)\S+)", mail.text, re.MULTILINE))
    assert in_html == in_text
    assert {link.split("/")[3] for link in in_text} == {"issues", "compare", *BODY_SLOTS}


def test_the_only_marks_are_the_personal_links() -> None:
    mail = rendered()
    for body in (mail.html, mail.text):
        assert set(mark_pattern(SENTINEL).findall(body)) == set(BODY_SLOTS)


def test_title_language_and_hidden_preheader_are_set() -> None:
    mail = rendered()
    page = lxml_html.fromstring(mail.html)
    assert page.get("lang") == "en"
    assert page.findtext(".//title") == mail.subject
    hidden = page.xpath("//div[contains(@style, 'display:none')]")[0]
    assert hidden.text.startswith(mail.preheader)


def test_headings_descend_from_the_name_to_the_stubs() -> None:
    page = lxml_html.fromstring(rendered().html)
    headings = [(node.tag, " ".join(node.text_content().split())) for node in page.iter("h1", "h2", "h3")]
    assert headings == [
        ("h1", "Weekly AI Tool Verdicts"),
        ("h2", "This week"),
        ("h2", "Loupe vs Lantern"),
        ("h2", "Ferry vs Tug"),
        ("h2", "Also this week"),
        ("h3", "Moth"),
        ("h3", "Wasp"),
    ]


def test_layout_tables_say_so_and_label_tables_have_scopes() -> None:
    page = lxml_html.fromstring(rendered().html)
    for table in page.iter("table"):
        own = [cell for row in table.xpath("./tr | ./tbody/tr") for cell in row.xpath("./th")]
        if own:
            assert table.get("role") is None
            assert {cell.get("scope") for cell in own} == {"col", "row"}
        else:
            assert table.get("role") == "presentation" or table.get("aria-hidden") == "true"


def test_leaving_comes_first_in_the_footer() -> None:
    page = lxml_html.fromstring(rendered().html)
    links = [link.text_content().strip() for link in page.iter("a")]
    assert links[-5:] == ["Unsubscribe", "Preferences", "Pause", "View in browser", "Forward"]


def test_an_unknown_score_is_told_in_words() -> None:
    compact = tool("Moth", None, None, stated_percent=100)
    mail = rendered(pair(compact, LANTERN))
    assert "Score not stated" in seen(mail.html)
    assert "Score not stated  Moth" in mail.text


def test_a_tool_without_a_verdict_has_no_chip() -> None:
    mail = rendered(pair(tool("Moth"), LANTERN), pair(tool("Wisp"), WASP, Depth.STUB))
    assert seen(mail.html).count("No verdict yet") == 4


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_arrives_as_text(text: str) -> None:
    takes = (Take(text, text, 80, Verdict.SHIP), Take("Skeptic", text, 40, Verdict.SKIP))
    nasty = replace(
        LOUPE,
        name=text,
        category=text,
        tagline=text,
        pricing=text,
        price_tier=None,
        best_for=text,
        takes=takes,
    )
    mail = rendered(pair(nasty, LANTERN), pair(replace(nasty, slug="twin"), WASP, Depth.SHORT))
    assert seen(mail.html).count(text) >= 10
    assert " ".join(mail.text.split()).count(text) >= 10
    tags = {tag for tag, _ in Words(mail.html).tags}
    assert "script" not in tags
    assert "49" not in seen(mail.html)


@pytest.mark.parametrize("field", ["name", "category", "tagline", "pricing", "price_tier", "best_for"])
def test_ten_thousand_characters_become_an_excerpt(field: str) -> None:
    values: dict[str, Any] = {"slug": "loupe", "name": "Loupe", field: "Lorem ipsum " * 850}
    mail = rendered(pair(Tool(**values), LANTERN))
    assert "Lorem ipsum" in mail.html
    assert len(mail.html) < len(rendered(pair(LOUPE, LANTERN)).html) + 2_000
    assert "…" in mail.html


def test_a_long_take_is_cut_and_the_rest_stands_behind_the_link() -> None:
    long = replace(LOUPE, takes=(Take("Builder", "It goes on. " * 1000, 80, Verdict.SHIP),))
    mail = rendered(pair(long, LANTERN))
    assert "It goes on. …" in mail.html
    assert "https://digest.example.com/compare/loupe-vs-lantern" in mail.html


@pytest.mark.parametrize("long", [False, True])
def test_sixteen_matchups_stay_below_the_size_that_gmail_clips(long: bool) -> None:
    mail = rendered(*sixteen(long))
    assert len(mail.html.encode()) <= 98_000


def test_lines_are_short_enough_for_smtp() -> None:
    assert max(len(line.encode()) for line in rendered().html.splitlines()) < 998


def test_the_mail_names_no_host_but_our_own() -> None:
    mail = rendered()
    assert not re.search(r"url\(|@import|<link|<img|fonts\.", mail.html)


def test_the_same_issue_gives_the_same_bytes() -> None:
    assert rendered() == rendered()
    assert rendered().subject == content().subject


def test_a_brands_own_words_keep_the_columns_of_the_plain_text() -> None:
    own = replace(IDENTITY, words=Voice(ship="ADOPT", skip="LEAVE IT", split="TORN"))
    text = rendered(pair(LOUPE, LANTERN), pair(MOTH, WASP, Depth.STUB), identity=own).text
    contents = text.partition("This week\n")[2].partition("====")[0]
    names = [re.search(r"(Loupe|Lantern|Moth|Wasp)", line) for line in contents.splitlines()]
    assert len({found.start() for found in names if found}) == 1
    takes = list(re.finditer(r"^    (ADOPT|LEAVE IT) +(\d\d)  (?:Loupe|Lantern)$", text, re.MULTILINE))
    assert {found[1] for found in takes} == {"ADOPT", "LEAVE IT"}
    assert len({found.start(2) - found.start() for found in takes}) == 1
    assert "\nAdopt:\n" in text
    assert "\nLeave it:\n" in text
