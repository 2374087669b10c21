from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.pages.reader import read_page
from digest.catalogue.pages.values import ComparisonPage, Layout
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.errors import BadInput
from tests.pagetext import BOX, as_compact, compact_page, labelled_page, lantern, loupe

LABELLED = labelled_page(lantern(), loupe())
COMPACT = compact_page(lantern(), loupe())


def refused(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        read_page(text.encode(), "page.txt")
    return str(caught.value)


def test_a_labelled_page_is_read_whole() -> None:
    page = read_page(LABELLED.encode(), "page.txt")
    assert (page.left, page.right) == (lantern(), loupe())
    assert (page.layout, page.source, page.warnings) == (Layout.LABELLED, "page.txt", ())


def test_a_compact_page_is_read_whole() -> None:
    page = read_page(COMPACT.encode(), "page.txt")
    assert (page.left, page.right) == (as_compact(lantern()), as_compact(loupe()))
    assert (page.layout, page.warnings) == (Layout.COMPACT, ())


@pytest.mark.parametrize("text", [LABELLED, COMPACT])
def test_however_a_page_is_cut_it_is_refused_or_complete(text: str) -> None:
    whole = read_page(text.encode(), "page.txt")
    lines = text.split("\n")
    for kept in range(len(lines)):
        try:
            page = read_page("\n".join(lines[:kept]).encode(), "page.txt")
        except BadInput as error:
            assert str(error).startswith("page.txt:")
        else:
            assert page == whole
            assert kept > lines.index(BOX[1])


@pytest.mark.parametrize("text", [LABELLED, COMPACT])
def test_whichever_line_is_lost_a_page_is_refused_or_complete(text: str) -> None:
    whole = read_page(text.encode(), "page.txt")
    lines = text.split("\n")
    for lost in range(len(lines)):
        try:
            page = read_page("\n".join(lines[:lost] + lines[lost + 1 :]).encode(), "page.txt")
        except BadInput as error:
            assert error.line is not None
        else:
            # Prices may be unknown; a row of the table that is not whole is left out and said.
            said = page.warnings or priceless(page) == priceless(whole)
            assert said, f"without line {lost + 1}: {lines[lost]}"


def priceless(page: ComparisonPage) -> list[Tool]:
    return [replace(tool, entry=None, price_tier=None) for tool in (page.left, page.right)]


@given(st.sampled_from([LABELLED, COMPACT]), st.data())
@settings(deadline=None)
def test_wherever_its_bytes_end_a_page_is_refused_or_complete(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        assert read_page(cut, "page.txt") == read_page(whole, "page.txt")
    except BadInput as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("text", [LABELLED, COMPACT])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "  \n\n\n"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: "Menu\nSign in\n" + text,
    ],
    ids=["CRLF", "BOM", "blanks", "NBSP", "no blanks", "furniture"],
)
def test_how_a_page_was_saved_does_not_matter(text: str, change: object) -> None:
    assert callable(change)
    read, plain = read_page(change(text).encode(), "page.txt"), read_page(text.encode(), "page.txt")
    assert (read.left, read.right) == (plain.left, plain.right)


def test_a_page_of_another_site_is_refused_with_what_was_expected() -> None:
    message = "page.txt:2: expected a saved comparison page; “AI tool comparison” is not in it"
    assert refused("\nTen best lamps of the year\nNumber one") == message


def test_a_page_cut_off_in_the_scorecard_says_where_it_ends() -> None:
    lines = COMPACT.split("\n")
    cut = "\n".join(lines[: lines.index("Reviewer scorecard") + 3])
    assert (
        refused(cut)
        == f"page.txt:{cut.count(chr(10)) + 1}: the page is cut off: expected “{BOX[0]}” at its end"
    )


def test_a_name_may_hold_the_word_that_parts_two_names() -> None:
    left = replace(lantern(), name="Man vs Machine", slug="man-vs-machine")
    page = read_page(labelled_page(left, loupe()).encode(), "page.txt")
    assert (page.left.name, page.right.name) == ("Man vs Machine", "Loupe")


def test_a_title_that_is_not_that_of_the_cards_is_refused() -> None:
    text = COMPACT.replace("Lantern vs Loupe", "Lantern vs Lupe")
    assert (
        refused(text)
        == "page.txt:2: expected the title “Lantern vs Loupe”, as on the cards, found “Lantern vs Lupe”"
    )


def test_a_tool_is_not_compared_with_itself() -> None:
    assert (
        refused(compact_page(lantern(), lantern())) == "page.txt:2: expected two tools, found Lantern twice"
    )


def test_hostile_text_arrives_as_text() -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} %%NAME%% & 👩\u200d💻 \u200fشكرا " + "x" * 10_000
    builder = Take("Builder", hostile, 88, Verdict.SHIP)
    left = lantern(tagline="{% raw %} </mj-text>", takes=(builder, *lantern().takes[1:]))
    for text in (labelled_page(left, loupe()), compact_page(left, loupe())):
        page = read_page(text.encode(), "page.txt")
        assert page.left.takes[0].text == hostile
        assert page.left.tagline == "{% raw %} </mj-text>"


@pytest.mark.parametrize("text", [LABELLED, COMPACT])
def test_a_name_nobody_can_see_is_refused(text: str) -> None:
    for name in ("Lantern", "Loupe"):
        assert refused(text.replace(name, "\u200b")).startswith("page.txt:")


def test_control_characters_do_not_get_in() -> None:
    text = COMPACT.replace("Nobody pays", "Nob\x1b[31mody\x07 pays\u2028and")
    assert read_page(text.encode(), "page.txt").left.takes[3].text == "Nob[31mody pays and for a lamp."


def test_community_votes_are_read_from_card_and_table() -> None:
    voted = lantern(community=Community(78, 50))
    assert read_page(labelled_page(voted, loupe()).encode(), "p").left.community == Community(78, 50)
    shared = lantern(community=Community(percent=61))
    assert read_page(compact_page(shared, loupe()).encode(), "p").left.community == Community(percent=61)
    assert read_page(labelled_page(shared, loupe()).encode(), "p").left.community == Community(percent=61)
