from __future__ import annotations

import re
import socket
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from markupsafe import escape

from digest.errors import TemplateError
from digest.rendering.compile import encode_attributes, to_html
from digest.rendering.slots import mark, sentinel_for

HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %} %%NAME%% [[NAME]] *|NAME|*",
    "👩‍👩‍👧‍👦 and 🏳️‍🌈",
    "fish & chips &amp; &nbsp; &#65;",
    "مرحبا بالعالم \u202eabc",
    "ภาษาไทย ที่นี่",
    "हिन्दी क्षेत्र",
    "soft\u00adhyphen no\u00a0break",
    "C:\\new\\table \\u{200d} \"quoted\" 'single' `tick`",
    "one\ntwo\tthree",
    "-->  <!--[if mso]> <![endif]--> </mj-text> ]]>",
    "long words " * 900,
    "x" * 10_000,
]


def page(text: str = "Hello", head: str = "", more: str = "") -> str:
    """A page as Jinja2 prints it: ``text`` stands, escaped, in every kind of place that templates use."""
    safe = escape(text)
    return f"""<mjml lang="en">
<mj-head><mj-title>{safe}</mj-title><mj-preview>{safe}</mj-preview>{head}</mj-head>
<mj-body><mj-section><mj-column>
<mj-text css-class="take"><p class="said" title="{safe}">{safe}</p></mj-text>
<mj-image src="https://example.com/a.png" alt="{safe}" />
<mj-button href="https://example.com/?a=1&amp;b=%%NAME%%">{safe}</mj-button>
<mj-table><tr><th scope="row">{safe}</th><td></td></tr></mj-table>
</mj-column></mj-section>
<mj-raw><!--[if mso]><table><tr><td><![endif]--><div class="raw" aria-label='{safe}'>{safe}</div>
<!--[if mso]></td></tr></table><![endif]--></mj-raw>{more}</mj-body></mjml>"""


def words(text: str) -> str:
    """``text`` as HTML means it: any run of spaces and line ends is one space."""
    return " ".join(re.split("[ \n\t\r\f]+", text)).strip(" ")


class Reader(HTMLParser):
    """A second reader beside lxml, which wrote the page: collects texts by tag and class, and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def assert_intact(text: str) -> None:
    html = to_html(page(text), css=".said{margin:0}")
    tree = lxml_html.fromstring(html)
    places = {
        "title": tree.findtext(".//title"),
        "preview": tree.find(".//body")[0].text_content(),
        "paragraph": tree.xpath("//p")[0].text_content(),
        "button": tree.xpath("//a")[0].text_content(),
        "cell": tree.xpath("//th")[0].text_content(),
        "raw": tree.xpath("//div[@aria-label and not(@role)]")[0].text_content(),
    }
    assert {place: words(found or "") for place, found in places.items()} == dict.fromkeys(
        places, words(text)
    )
    reader = Reader()
    reader.feed(html)
    assert [value for name, value in reader.attributes if name in ("alt", "title")] == [text, text]
    assert [words(value or "") for name, value in reader.attributes if name == "aria-label"] == [
        words(text)
    ] * 2
    assert "script" not in reader.tags


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_arrives_as_text(text: str) -> None:
    assert_intact(text)


allowed = st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n\t")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE[:-2]) | st.text(allowed, max_size=8), max_size=5).map("".join))
def test_any_text_arrives_as_text(text: str) -> None:
    assert_intact(text)


def test_html_in_raw_text_and_table_survives() -> None:
    html = to_html(page()).replace("\n", " ")
    assert '<!--[if mso]><table><tr><td><![endif]--><div aria-label="Hello">Hello</div>' in html
    assert '<tr><th scope="row">Hello</th><td></td></tr>' in html
    assert '<p title="Hello">Hello</p>' in html


def test_classes_are_inlined_and_style_sheets_stay() -> None:
    dark = "@media (prefers-color-scheme: dark) { .said { color: #fff !important; } }"
    hover = '<style data-premailer="ignore">.said:hover{top:0}</style>'
    head = f"<mj-style>{dark}</mj-style><mj-raw>{hover}</mj-raw>"
    html = to_html(page(head=head), css=".said{color:#111;mso-hide:all} .raw{width:40px !important}")
    assert dark in html
    assert "<style>.said:hover{top:0}</style>" in html
    assert '<p class="said" title="Hello" style="color:#111;mso-hide:all">' in html
    assert 'style="width:40px !important"' in html
    assert "data-premailer" not in html


def test_base_rules_of_mjml_are_not_inlined() -> None:
    body = "<mj-body><mj-raw><table><tr><td>x</td></tr></table></mj-raw></mj-body>"
    assert "<table><tr><td>x</td></tr></table>" in to_html(f"<mjml>{body}</mjml>")


def test_the_page_is_in_standards_mode_and_says_its_language() -> None:
    html = to_html(page())
    assert html.startswith("<!DOCTYPE html>\n<html lang=")


def test_slot_marks_pass_unchanged() -> None:
    slot = mark(sentinel_for(b"secret", "w"), "unsubscribe")
    more = f'<mj-raw><a href="https://example.com/u/{slot}">{slot}</a></mj-raw>'
    assert f'<a href="https://example.com/u/{slot}">{slot}</a>' in to_html(page(more=more))


def test_the_same_mjml_gives_the_same_html() -> None:
    assert to_html(page(HOSTILE[2]), css=".said{top:0}") == to_html(page(HOSTILE[2]), css=".said{top:0}")


def test_lines_are_short_enough_for_any_mail_server() -> None:
    more = "".join(
        f"<mj-section><mj-column><mj-text>Row {n}</mj-text></mj-column></mj-section>" for n in range(60)
    )
    html = to_html(page(more=more))
    assert max(len(line.encode()) for line in html.split("\n")) < 998


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    head = '<mj-style>@import url("http://example.invalid/a.css");</mj-style>'
    head += '<mj-raw><link rel="stylesheet" href="http://example.invalid/b.css"/></mj-raw>'
    head += '<mj-attributes><mj-all font-family="Roboto, Lato, sans-serif"/></mj-attributes>'
    html = to_html(page(head=head), css=".said{background:url(http://example.invalid/c.png)}")
    assert "fonts.googleapis.com" not in html


@pytest.mark.parametrize(
    ("mjml", "css", "told"),
    [
        ("<mjml><mj-body><mj-sectoin/></mj-body></mjml>", "", "issue:1:16: <mj-sectoin> is not allowed"),
        ("<mjml><mj-body></mjml>", "", "issue:1:18: mismatched tag"),
        ("<mjml><mj-body></mj-body></mjml>", ".a{color}", r"css:1:\d+: "),
    ],
)
def test_a_fault_says_where_it_is(mjml: str, css: str, told: str) -> None:
    with pytest.raises(TemplateError, match=f"^{told}"):
        to_html(mjml, css=css, template="issue")


def test_attribute_values_become_printable_ascii() -> None:
    encoded = encode_attributes(
        """<mj-image alt='say "hi"\n\\ é\x85👩‍👧' src="a>b"/><mj-text>é \\ "x"</mj-text>"""
    )
    assert encoded == (
        '<mj-image alt="say &#34;hi&#34;&#10;&#92; &#233;&#128105;&#8205;&#128103;" src="a>b"/>'
        '<mj-text>é \\ "x"</mj-text>'
    )


def test_comments_keep_their_attributes_as_written() -> None:
    comment = "<!--[if mso]><td style='width:é'><![endif]-->"
    assert encode_attributes(comment) == comment
