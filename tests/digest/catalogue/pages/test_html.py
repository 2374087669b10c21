import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.pages.html import read_html_page
from digest.catalogue.pages.lines import PAGE_LIMIT
from digest.catalogue.pages.reader import read_page
from digest.catalogue.pages.values import ComparisonPage, Layout
from digest.catalogue.values import Community, Take, Tool, Verdict
from digest.errors import BadInput
from tests.factories import REVIEWERS
from tests.pagehtml import MARKUPS, html_page, saved
from tests.pagetext import BOX, compact_page, labelled_page, lantern, loupe

every_markup = pytest.mark.parametrize("markup", MARKUPS)
both_layouts = pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "compact"])

# Letters of several scripts, and what markup is made of.
_SIGNS = st.sampled_from("abc XYZ 09 .,;:!?%/·—-_'’\"“”&<>[]{}=#éßЖع中👩")
_TEXTS = st.text(_SIGNS, min_size=1, max_size=60).map(lambda text: f"w{text.strip()}w")


def text_page(left: Tool, right: Tool, *, labelled: bool) -> ComparisonPage:
    text = labelled_page(left, right) if labelled else compact_page(left, right)
    return read_page(text.encode(), "page")


def markup_page(left: Tool, right: Tool, markup: str, *, labelled: bool) -> str:
    return saved(html_page(left, right, MARKUPS[markup], labelled=labelled))


def refused(data: bytes | str) -> str:
    with pytest.raises(BadInput) as caught:
        read_html_page(data.encode() if isinstance(data, str) else data, "page.html")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@both_layouts
@every_markup
def test_a_page_says_the_same_as_text_and_in_any_markup(markup: str, labelled: bool) -> None:
    page = read_html_page(markup_page(lantern(), loupe(), markup, labelled=labelled).encode(), "page")
    assert page == text_page(lantern(), loupe(), labelled=labelled)
    assert page.layout is (Layout.LABELLED if labelled else Layout.COMPACT)


@st.composite
def tools(draw: st.DrawFn, name: str) -> Tool:
    verdicts = draw(st.lists(st.integers(0, 100), min_size=1, max_size=4))
    takes = tuple(
        Take(who, draw(_TEXTS), score, Verdict.SHIP if score >= 60 else Verdict.SKIP)
        for who, score in zip(REVIEWERS, verdicts, strict=False)
    )
    ships = sum(take.verdict is Verdict.SHIP for take in takes)
    maybe = st.none() | _TEXTS
    entry = draw(maybe)
    return replace(
        lantern(),
        name=f"{name}{draw(_TEXTS)}",
        tagline=draw(_TEXTS),
        description=draw(maybe),
        best_for=draw(maybe),
        entry=entry,
        stated_percent=round(100 * ships / len(takes)),
        community=draw(st.sampled_from([None, Community(percent=61), Community(78, 50)])),
        takes=takes,
    )


@given(tools("Left "), tools("Right "), st.sampled_from(sorted(MARKUPS)), st.booleans())
@settings(deadline=None)
def test_whatever_a_page_says_it_says_in_any_markup(
    left: Tool, right: Tool, markup: str, labelled: bool
) -> None:
    page = text_page(left, right, labelled=labelled)
    assert read_html_page(markup_page(left, right, markup, labelled=labelled).encode(), "page") == page


@both_layouts
@every_markup
def test_wherever_markup_is_cut_it_is_refused_or_complete(markup: str, labelled: bool) -> None:
    html = markup_page(lantern(), loupe(), markup, labelled=labelled)
    whole = read_html_page(html.encode(), "page.html")
    for end in (match.end() for match in re.finditer(r"</\w+>|<br/?>", html)):
        try:
            page = read_html_page(html[:end].encode(), "page.html")
        except BadInput as error:
            assert str(error).startswith("page.html:")
        else:
            assert page == whole
            assert BOX[1] in html[:end]


@given(st.sampled_from(sorted(MARKUPS)), st.booleans(), st.data())
@settings(deadline=None)
def test_wherever_its_bytes_end_it_is_refused_or_complete(
    markup: str, labelled: bool, data: st.DataObject
) -> None:
    whole = markup_page(lantern(), loupe(), markup, labelled=labelled).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        assert read_html_page(cut, "page") == read_html_page(whole, "page")
    except BadInput as error:
        assert "\n" not in str(error)


@both_layouts
@pytest.mark.parametrize(
    "change",
    [
        lambda html: html.replace("\n", "\r\n"),
        lambda html: "\ufeff" + html,
        lambda html: html.replace("\n", ""),
        lambda html: html.replace("</p>", ""),
        lambda html: html.replace("<p>", "<P>").replace("</p>", "</P>"),
        lambda html: html.replace("<p>", '<p class="text-sm\nleading-6" data-a="a>b">'),
        lambda html: html.replace("<h1>", "<!-- <p>Decision</p> --><h1><!---->").replace("’", "&rsquo;"),
        lambda html: html.replace("</body></html>", ""),
    ],
    ids=["CRLF", "BOM", "one line", "no end tags", "capitals", "attributes", "comments", "no end"],
)
def test_how_html_was_written_does_not_matter(change: Callable[[str], str], labelled: bool) -> None:
    html = markup_page(lantern(), loupe(), "paragraphs", labelled=labelled)
    page = read_html_page(change(html).encode(), "page")
    assert page == text_page(lantern(), loupe(), labelled=labelled)


def test_the_text_form_shown_by_a_browser_and_saved_is_read() -> None:
    text = labelled_page(lantern(), loupe()).replace("&", "&amp;")
    html = f"<html><head></head><body><pre style='word-wrap: break-word'>{text}</pre></body></html>"
    assert read_html_page(html.encode(), "page") == text_page(lantern(), loupe(), labelled=True)


def test_a_take_that_a_style_sheet_puts_in_quotation_marks_is_read() -> None:
    html = html_page(lantern(), loupe(), MARKUPS["paragraphs"], labelled=False)
    quotes = html.replace("<p>“", "<p><q>").replace("”</p>", "</q></p>")
    assert "“Two" not in quotes
    page = read_html_page(quotes.encode(), "page")
    assert page == text_page(lantern(), loupe(), labelled=False)


def test_who_is_quoted_is_no_part_of_the_quotation() -> None:
    html = html_page(lantern(), loupe(), MARKUPS["sections"], labelled=False)
    named = html.replace("</blockquote>", "<footer>Builder</footer></blockquote>", 1)
    assert refused(named).endswith("expected a take in quotation marks, found “Builder”")


def test_quotation_marks_around_nothing_are_refused() -> None:
    html = html_page(lantern(), loupe(), MARKUPS["sections"], labelled=False)
    empty = re.sub(r"<blockquote>.*?</blockquote>", "<blockquote>“ ”</blockquote>", html, count=1, flags=re.S)
    assert refused(empty).endswith("expected a take in the quotation, found nothing between its marks")


def test_hostile_text_arrives_as_text() -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} &amp; 👩\u200d💻 \u200fشكرا " + "x" * 10_000
    left = lantern(tagline=hostile)
    for markup in MARKUPS:
        html = markup_page(left, loupe(), markup, labelled=True)
        assert read_html_page(html.encode(), "page").left.tagline == hostile


def test_an_error_tells_the_line_in_the_file() -> None:
    html = markup_page(lantern(), loupe(), "tables", labelled=True)
    wrong = html.replace("52/100 · skip", "152/100 · skip").replace("<body", "<body\n\n")
    line = next(number for number, text in enumerate(wrong.split("\n"), 1) if "152/100" in text)
    assert refused(wrong) == f"page.html:{line}: expected a score from 0 to 100, found “152”"


def test_a_page_of_another_site_is_refused() -> None:
    html = saved("<h1>Ten best lamps of the year</h1><p>Number one</p>")
    message = "expected a saved comparison page; “AI tool comparison” is not in it"
    assert refused(html).endswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "page.html:1: the file is empty"),
        (b"<!DOCTYPE html><html><head><title>A</title></head></html>", "page.html:1: the file is empty"),
        (b"<p>one</p>\n<p>two\0</p>", "page.html:2: expected text; the file is binary"),
        (
            b"<p>one</p>\n<p>caf\xe9</p>",
            "page.html:2: expected text in UTF-8; save the file in that encoding",
        ),
        (b" " * (PAGE_LIMIT + 1), "page.html: expected at most 2 MB; the file is longer"),
        (b"<p>a\n" * 100_001, "page.html: expected at most 100,000 lines; the file has more"),
        (
            b"<i>" * 1000,
            "page.html:1: expected a saved page; this has more than 100,000 elements or 256 in each other",
        ),
        (
            b"<br>" * 100_001,
            "page.html:1: expected a saved page; this has more than 100,000 elements or 256 in each other",
        ),
        (
            b"<meta charset=klingon><p>x",
            "page.html: there is no charset “klingon” on the web; save the file as UTF-8",
        ),
    ],
)
def test_what_is_no_page_is_refused_in_one_line(data: bytes, message: str) -> None:
    assert refused(data) == message


@pytest.mark.parametrize(
    "markup",
    ["<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">", "<b>" * 50_000 + "</i>" * 50_000],
    ids=["attributes", "nesting"],
)
def test_markup_made_to_be_slow_is_refused_all_the_same(markup: str) -> None:
    assert refused(markup + "<p>x")
