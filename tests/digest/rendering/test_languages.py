"""The frame of an issue in another language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from digest.catalogue.values import Community
from digest.frames import frame
from digest.issues.values import Depth
from digest.phrases import community_words, panel_caption
from digest.rendering.issue import render_issue
from digest.templating import shipped_templates
from tests.digest.rendering.samples import IDENTITY, LANTERN, LOUPE, SENTINEL, SPONSOR, content, pair
from tests.factories import FRIDAY

GERMAN = replace(content(sponsor=SPONSOR), language="de")
MARKED = re.compile(r'\b_\("([^"]+)"')


@pytest.fixture(scope="module")
def german() -> tuple[str, str]:
    email = render_issue(GERMAN, IDENTITY, SENTINEL, date=FRIDAY)
    return email.html, email.text


@pytest.mark.parametrize(
    "words",
    [
        *("Ausgabe 2026-W47", "Freitag, 20. November 2026", "Im Browser ansehen", "Diese Woche"),
        *("Zum ganzen Vergleich", "Dein Urteil", "Außerdem diese Woche", "Anzeige von", "Panel-Urteil"),
        *("Für später merken:", "3 von 4 Stimmen: Ship", "61 % Ship", "Abmelden", "am Freitag"),
    ],
)
def test_a_german_frame_speaks_german(german: tuple[str, str], words: str) -> None:
    html, text = german
    assert words in " ".join(html.split())
    assert words in " ".join(text.split())


def test_verdict_words_and_what_reviewers_say_stay(german: tuple[str, str]) -> None:
    html, text = german
    assert "SHIP" in text
    assert "Only the Founder skips Loupe, at 52; all four ship Lantern." in text
    assert '<div lang="en" class="serif ink"' in html


def test_what_is_english_in_a_german_mail_is_marked_as_such(german: tuple[str, str]) -> None:
    html, _ = german
    assert html.count("<html lang=") == 1
    assert '<html lang="de"' in html
    assert html.count(' lang="en"') > 10


def test_an_english_mail_marks_nothing() -> None:
    html = render_issue(content(), IDENTITY, SENTINEL, date=FRIDAY).html
    assert "<div lang=" not in html
    assert "<span lang=" not in html


@pytest.mark.parametrize("day", [date(2026, month, 1) for month in range(1, 13)])
def test_every_date_is_said_in_german(day: date) -> None:
    text = render_issue(GERMAN, IDENTITY, SENTINEL, date=day).text
    line = text.splitlines()[1]
    assert re.search(r"(tag|woch), 1\. (Januar|Februar|März|April|Mai|Ju[nl]i|August|\w+ber) 2026$", line)


def test_a_long_week_counts_the_rest_in_german() -> None:
    stubs = [pair(LOUPE, LANTERN, Depth.STUB)] * 9
    html = render_issue(replace(content(*stubs), language="de"), IDENTITY, SENTINEL, date=FRIDAY).html
    assert "Und 5 weitere Vergleiche, unter „Außerdem diese Woche“." in html


def test_thousands_are_parted_as_the_language_does() -> None:
    assert str(community_words(Community(900, 400), frame("de"))) == "69 % Ship, 1.300 Stimmen"
    assert str(community_words(Community(900, 400))) == "69% ship, 1,300 votes"


def test_one_reviewer_is_one_in_every_language() -> None:
    assert panel_caption(replace(LOUPE, takes=LOUPE.takes[:1]), frame("de")) == "1 von 1 Stimme: Ship"


@pytest.mark.parametrize("name", ["issue.*.j2", "parts/*.j2"])
def test_every_text_an_issue_marks_is_known_in_german(name: str) -> None:
    said = frame("de")
    for path in (shipped_templates() / "email").glob(name):
        unsaid = [text for text in MARKED.findall(path.read_text("utf-8")) if text not in said]
        assert unsaid == [], path.name
