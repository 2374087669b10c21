from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from digest.rendering.tighten import tighten, wrap

OUTLOOK = "<!--[if mso | IE]>{}<![endif]-->"


def tightened(body: str, head: str = "") -> str:
    root = etree.fromstring(f"<html><head>{head}</head><body>{body}</body></html>", etree.HTMLParser())
    tighten(root)
    html: str = etree.tostring(root, method="html", encoding="unicode")
    return html[html.index("<body>") + 6 : html.index("</body>")]


def test_adjoining_outlook_comments_become_one() -> None:
    pair = OUTLOOK.format("</td></tr></table>") + OUTLOOK.format("<table><tr><td>") + OUTLOOK.format("<p>")
    assert tightened(f"<div></div>{pair}<div></div>") == (
        f"<div></div>{OUTLOOK.format('</td></tr></table><table><tr><td><p>')}<div></div>"
    )


@pytest.mark.parametrize(
    "apart",
    [
        OUTLOOK.format("<td>") + " " + OUTLOOK.format("<td>"),
        OUTLOOK.format("<td>") + "<!--[if mso]></td><![endif]-->",
        "<!--[if !mso]><!--><b>x</b><!--<![endif]-->",
        OUTLOOK.format("<td>" * 200) + OUTLOOK.format("<td>" * 200),
    ],
)
def test_other_comments_stay(apart: str) -> None:
    assert tightened(f"<div>{apart}</div>") == f"<div>{apart}</div>"


def test_styles_lose_their_spaces_but_not_inside_strings() -> None:
    html = tightened("""<p style=" color:red;  font-family:'A; B', Arial ; ">x</p>""")
    assert html == """<p style="color:red;font-family:'A; B', Arial">x</p>"""


def test_double_quotes_in_a_style_become_single_ones() -> None:
    assert (
        tightened("""<p style='font-family:"Segoe UI"'>x</p>""")
        == """<p style="font-family:'Segoe UI'">x</p>"""
    )


def test_classes_stay_when_a_style_sheet_or_outlook_names_them() -> None:
    head = (
        "<style>@media print{.a > .b:hover{top:0}}</style><!--[if mso]><style>.c{top:0}</style><![endif]-->"
    )
    assert tightened('<p class="x a y b">1</p><p class="c">2</p><p class="z">3</p>', head) == (
        '<p class="a b">1</p><p class="c">2</p><p>3</p>'
    )


def test_all_classes_stay_when_a_selector_reads_the_attribute() -> None:
    assert tightened('<p class="z">3</p>', '<style>[class*="z"]{top:0}</style>') == '<p class="z">3</p>'


def longest(html: str) -> int:
    return max(len(line.encode()) for line in html.split("\n"))


def test_long_lines_break_inside_tags_first() -> None:
    html = '<p class="a">some words</p>' * 200
    wrapped = wrap(html)
    assert longest(wrapped) <= 900
    assert wrapped.replace('<p\nclass="a">', '<p class="a">') == html


def test_running_text_breaks_at_its_spaces() -> None:
    text = "words and more " * 200
    wrapped = wrap(f"<p>{text}</p>")
    assert longest(wrapped) <= 900
    assert wrapped.replace("\n", " ") == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "solid",
    [
        OUTLOOK.format('<td class="a" width="1">' * 60),
        f"<style>.a::before{{content:'{'x y ' * 400}'}}</style>",
        f"<pre>{'x y ' * 400}</pre>",
        f"<p>{'x' * 2000}</p>",
        f'<img alt="{"x y " * 400}">',
    ],
)
def test_what_must_not_break_stays_whole(solid: str) -> None:
    assert wrap(f"<b>{solid}</b>").replace("<img\n", "<img ") == f"<b>{solid}</b>"


def test_no_break_stands_between_two_wide_characters() -> None:
    text = "你好 世界 " * 300 + "ok 你好"
    assert re.findall("[^!-~]\n[^!-~]", wrap(f"<p>{text}</p>")) == []


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", '<a href="x y">', "</a>", "x", " ", "\n", "<!-- a b -->", "你", "é"])
    )
)
def test_wrapping_only_ever_turns_a_space_into_a_line_end(parts: list[str]) -> None:
    html = "".join(parts) * 40
    assert wrap(html).replace("\n", " ") == html.replace("\n", " ")
