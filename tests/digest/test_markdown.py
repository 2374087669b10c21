"""An editor's words, and what becomes of those that would do harm."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree, html

from digest.errors import BadInput
from digest.markdown import LIMIT, SPONSORED, Prose, to_html, to_text
from digest.rendering.slots import mark

ALLOWED = {"p", "em", "strong", "a", "ul", "ol", "li", "br", "blockquote"}


@pytest.mark.parametrize(
    ("source", "markup", "text"),
    [
        ("Plain words.", "<p>Plain words.</p>", "Plain words."),
        (
            "*Six* tools, **two** of note.",
            "<p><em>Six</em> tools, <strong>two</strong> of note.</p>",
            "Six tools, two of note.",
        ),
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>", "One.\n\nTwo."),
        ("A line\nthat goes on", "<p>A line\nthat goes on</p>", "A line that goes on"),
        ("A line  \nthat ends", "<p>A line<br />\nthat ends</p>", "A line\nthat ends"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "- a\n- b"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", "1. a\n2. b"),
        ("> Said.", "<blockquote>\n<p>Said.</p>\n</blockquote>", "> Said."),
        ("Salt & <pepper>", "<p>Salt &amp; &lt;pepper&gt;</p>", "Salt & <pepper>"),
        ("# Loud\n\n`code`", "<p># Loud</p>\n<p>`code`</p>", "# Loud\n\n`code`"),
        ("", "", ""),
    ],
)
def test_it_comes_out_as_markup_and_as_text(source: str, markup: str, text: str) -> None:
    assert to_html(source) == markup
    assert to_text(source) == text


def test_links_are_followed_by_their_address_in_text_and_once_where_that_is_all() -> None:
    source = "[Ours](https://a.example/?b=1&c=2), <https://d.example>, <ann@e.example>."
    assert to_text(source) == "Ours (https://a.example/?b=1&c=2), https://d.example, ann@e.example."
    links = html.fromstring(to_html(source)).xpath("//a/@href")
    assert links == ["https://a.example/?b=1&c=2", "https://d.example", "mailto:ann@e.example"]


def test_lists_within_lists_are_indented() -> None:
    assert to_text("- a\n  - b\n\n    c\n- d") == "- a\n  - b\n    c\n- d"


def test_links_say_what_they_are_to_search_engines() -> None:
    assert html.fromstring(to_html("[a](http://b.example)")).xpath("//a/@rel") == ["noopener nofollow"]
    sponsored = to_html("[a](http://b.example)", rel=SPONSORED)
    assert html.fromstring(sponsored).xpath("//a/@rel") == ["sponsored noopener nofollow"]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![pixel](https://spy.example/x.gif)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//spy.example)",
    "[x](/unsubscribe)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "[x](https://a.example/\"onmouseover='alert(1))",
    "<javascript:alert(1)>",
    "<a href='javascript:x'>y</a>",
    "</mj-text></td></table>",
    "--> <!--[if mso]><![endif]-->",
    "<![CDATA[x]]>",
    "a\0b\x01c\x85d\ufffee\ud800f",
    "***" * 500,
    "[" * 2_000,
    "> " * 1_000 + "deep",
    "&lt;script&gt;&#60;br&#62;",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_dangerous_comes_out(source: str) -> None:
    assert_harmless(source)


pieces = st.sampled_from(HOSTILE[:20]) | st.text(max_size=10) | st.sampled_from("[]()<>*_`\n!&;:# ")


@given(st.lists(pieces, max_size=12))
@example(["[", "<script>", "](https://a.example)"])
def test_nothing_dangerous_comes_out_of_any_mixture(parts: list[str]) -> None:
    assert_harmless("".join(parts)[:LIMIT])


def assert_harmless(source: str) -> None:
    """Parse what comes out, strictly, and look at every tag and attribute."""
    root = etree.fromstring(f"<div>{to_html(source).replace('&nbsp;', '&#160;')}</div>")
    for element in root.iterdescendants():
        assert element.tag in ALLOWED
        if element.tag == "a":
            assert set(element.attrib) == {"href", "rel"}
            assert element.get("href").lower().startswith(("http://", "https://", "mailto:"))
        else:
            assert not element.attrib
    assert isinstance(to_text(source), str)


def test_template_syntax_and_marks_of_slots_stay_characters() -> None:
    source = f"{{{{ 7*7 }}}} {{% raw %}} {mark('s0123', 'unsubscribe')}"
    assert to_text(source) == source
    assert to_html(source) == f"<p>{source}</p>"


def test_too_much_is_refused_and_told_at_once() -> None:
    with pytest.raises(BadInput, match="1,000,000 characters; at most 4,000"):
        to_html("x" * 1_000_000)
    with pytest.raises(BadInput, match="at most 4,000"):
        to_text("[" * (LIMIT + 1))


def test_plain_text_is_no_markdown() -> None:
    said = Prose.plain("*Six* <tools>")
    assert (said.html, said.text) == ("<p>*Six* &lt;tools&gt;</p>", "*Six* <tools>")


def test_the_parser_is_loaded_only_when_there_is_something_to_parse() -> None:
    code = "import sys, digest.markdown; print({'nh3', 'markdown_it'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
