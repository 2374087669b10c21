"""What an editor adds to an issue, in both bodies of the e-mail."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html as lxml_html

from digest.errors import BadInput
from digest.issues.values import Depth, Sponsor
from digest.rendering.editorial import opening_of, sponsor_of, web_address
from digest.rendering.slots import BODY_SLOTS, mark_pattern
from tests.digest.rendering.samples import INTRO, LANTERN, LOUPE, SENTINEL, SPONSOR, content, pair, rendered

STUB = pair(LOUPE, LANTERN, Depth.STUB)


def flat(text: str) -> str:
    return " ".join(text.split())


def order(text: str, *words: str) -> bool:
    """Whether these words stand in a text in this order."""
    places = [text.index(word) for word in words]
    return places == sorted(places)


def test_an_editors_intro_takes_the_place_of_the_made_one() -> None:
    mail = rendered(intro=INTRO)
    page = lxml_html.fromstring(mail.html)
    said = flat(page.text_content())
    assert "We tried six tools. Lantern read our receipts whole." in said
    assert "Six new tools" not in said
    assert page.xpath("//em/text()") == ["six"]
    assert page.xpath("//li//text() | //blockquote//p/text()") == [
        "Prices are as of Friday.",
        "A longer week follows.",
    ]
    [link] = page.xpath("//a[text()='receipts']")
    assert link.get("href") == "https://receipts.example/all?a=1&b=2"
    assert "text-decoration:underline" in link.get("style")


def test_its_text_twin_wraps_and_names_the_address() -> None:
    text = rendered(intro=INTRO).text
    assert "Lantern read our receipts (https://receipts.example/all?a=1&b=2) whole." in flat(text)
    assert "\n- Prices are as of Friday.\n\n> A longer week follows.\n" in text
    assert all(len(line) <= 72 for line in text.splitlines() if "https://" not in line)


@pytest.mark.parametrize("nothing", [None, "", "  \n "])
def test_without_a_word_of_the_editor_the_panels_speak(nothing: str | None) -> None:
    opening = opening_of(content(intro=nothing))
    assert opening.text.startswith("Six new tools, three matchups.")
    assert opening.html == f"<p>{opening.text}</p>"


def test_a_sponsor_is_named_as_such_after_the_lead_matchup_in_both_bodies() -> None:
    mail = rendered(sponsor=SPONSOR)
    said = flat(lxml_html.fromstring(mail.html).text_content())
    for body in (said, flat(mail.text)):
        assert "Sponsored by Harbour Hosting" in body
        assert "Small machines, in three cities" in body
        assert order(body, "of 3", "Sponsored by", "Visit Harbour Hosting", "Also this week")
    assert order(said, "Matchup 1 of 3", "Read the full comparison", "Sponsored by", "Matchup 2 of 3")
    assert "https://harbour.example/?from=digest" in mail.text


def test_in_an_issue_of_stubs_the_sponsor_stands_before_them() -> None:
    mail = rendered(STUB, sponsor=SPONSOR)
    assert order(mail.html, "This week", "Sponsored by", "Also this week")
    assert order(mail.text, "This week", "Sponsored by", "Also this week")


def test_every_link_of_a_sponsor_says_that_it_is_paid_for() -> None:
    page = lxml_html.fromstring(rendered(intro=INTRO, sponsor=SPONSOR).html)
    paid = page.xpath("//a[contains(@rel, 'sponsored')]/@href")
    assert paid == ["https://harbour.example/cities", "https://harbour.example/?from=digest"]


def test_a_sponsors_block_has_nothing_of_a_verdict() -> None:
    page = lxml_html.fromstring(rendered(sponsor=SPONSOR).html)
    [box] = page.xpath("//td[h2[starts-with(., 'Sponsored by')]]")
    assert "border:" not in box.get("style")
    assert not box.xpath(".//table")
    assert not re.search(r"\b(SHIP|SKIP|SPLIT)\b|%", box.text_content())


def test_without_a_sponsor_nothing_is_left_of_the_block() -> None:
    mail = rendered()
    assert "Sponsored" not in mail.html + mail.text


def test_case_24_hostile_words_of_a_sponsor_arrive_as_words() -> None:
    nasty = "<script>alert(1)</script> {{ 7*7 }} s0x9xunsubscribex </mj-text>"
    mail = rendered(sponsor=Sponsor(nasty, nasty, "javascript:alert(1)"), intro=nasty)
    page = lxml_html.fromstring(mail.html)
    assert not page.xpath("//script")
    # As the intro and in the block; the sponsor's name is cut to its place.
    assert flat(page.text_content()).count(nasty) == 2
    assert "javascript" not in mail.html + mail.text
    for body in (mail.html, mail.text):
        assert set(mark_pattern(SENTINEL).findall(body)) == set(BODY_SLOTS)


def test_too_long_an_intro_is_refused_rather_than_cut() -> None:
    with pytest.raises(BadInput, match="at most 4,000"):
        rendered(intro="word " * 1_000)


def test_the_longest_words_of_editor_and_sponsor_leave_room_for_the_issue() -> None:
    links = "[a](https://example.com) " * 150
    plain, full = rendered(), rendered(intro=links, sponsor=replace(SPONSOR, text=links))
    assert len(full.html) - len(plain.html) < 50_000
    assert max(len(line.encode()) for line in full.html.splitlines()) < 998


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/b?c=1", True),
        ("HTTP://a.example", True),
        ("javascript:alert(1)", False),
        ("//a.example", False),
        ("/a", False),
        ("https://", False),
        ("https://a.example/b c", False),
        ("https://[a", False),
        ("https://a.example/\u202e", False),
        ("", False),
        (None, False),
    ],
)
def test_only_an_address_that_a_reader_could_open_is_a_link(link: str | None, kept: bool) -> None:
    assert web_address(link) == (link if kept else None)


def test_a_sponsors_name_keeps_to_one_line() -> None:
    block = sponsor_of(content(sponsor=Sponsor("Harbour\nHosting " * 20, "Text.")))
    assert block is not None
    assert len(block.name) <= 60
    assert "\n" not in block.name
    assert block.link is None
