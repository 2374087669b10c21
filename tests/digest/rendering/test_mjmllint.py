from __future__ import annotations

import pytest

from digest.errors import TemplateError
from digest.rendering.mjmllint import lint


def in_body(inner: str) -> str:
    return f"<mjml>\n<mj-body>\n{inner}\n</mj-body>\n</mjml>"


def in_column(inner: str) -> str:
    return in_body(f"<mj-section><mj-column>\n{inner}\n</mj-column></mj-section>")


def fault(mjml: str) -> str:
    with pytest.raises(TemplateError) as caught:
        lint(mjml, template="issue.mjml.j2")
    return str(caught.value)


@pytest.mark.parametrize(
    "mjml",
    [
        in_column("<mj-text css-class='a'>Fish &amp; chips&nbsp;&hellip; <b>now</b><br/></mj-text>"),
        in_column("<mj-table><tr><th scope='row'>Price</th><td></td></tr></mj-table>"),
        in_body("<mj-raw><!--[if !mso]><!--><p>not Outlook</p><!--<![endif]--></mj-raw>"),
        in_body('<mj-raw><svg viewBox="0 0 1 1"><path d="M0"/></svg></mj-raw>'),
        '<mjml lang="en"><mj-head><mj-title>T</mj-title><mj-preview>P</mj-preview>'
        "<mj-style>a > b { top: 0 }</mj-style></mj-head><mj-body></mj-body></mjml>",
        '<mjml><mj-head><mj-attributes><mj-all padding="0"/><mj-class name="x" color="red"/>'
        '<mj-text color="red"/><mj-image padding="0"/></mj-attributes></mj-head></mjml>',
    ],
)
def test_good_mjml_passes(mjml: str) -> None:
    lint(mjml)


def test_a_wrong_closing_tag_is_placed_and_names_what_is_open() -> None:
    message = fault(in_column("<mj-text>Hello</mj-txt>"))
    assert message.startswith("issue.mjml.j2:4:")
    assert "mismatched tag" in message
    assert "<mj-text> of line 4" in message


@pytest.mark.parametrize(
    ("mjml", "told"),
    [
        (in_column("  <mj-tex>Hi</mj-tex>"), ":4:3: <mj-tex> is not allowed; did you mean mj-text?"),
        (
            in_column('<mj-text colour="red">Hi</mj-text>'),
            ":4:1: <mj-text> has no attribute colour; did you mean color?",
        ),
        (in_column("<p>Hi</p>"), ":4:1: <p> would be lost here; put HTML in mj-text, mj-raw or mj-table"),
        (in_column("Hi"), "text in <mj-column> would vanish"),
        (in_body("<mj-column></mj-column>"), ":3:1: <mj-column> cannot stand inside <mj-body>"),
        (in_column("<mj-text><mj-image/></mj-text>"), ":4:10: <mj-image> cannot stand inside <mj-text>"),
        (in_column('<mj-image src="a.png"/>'), ":4:1: <mj-image> needs an alt"),
        (in_column('<mj-text color="red" color="blue">Hi</mj-text>'), "duplicate attribute"),
        (in_column("<mj-text>fish & chips</mj-text>"), ":4:16:"),
        (in_column("<mj-text>&nosuch;</mj-text>"), "undefined entity"),
        (in_column("<mj-text>1 < 2</mj-text>"), "not well-formed"),
        (in_column("<mj-text>\n a\x0bb</mj-text>"), ":5:3: the character U+000B is not allowed in XML"),
        (in_column("<mj-text>\ud800</mj-text>"), "U+D800"),
        (in_column("<mj-text><![CDATA[x]]></mj-text>"), "CDATA"),
        ("<!DOCTYPE mjml>" + in_body(""), "DOCTYPE"),
        ("<?xml version='1.0'?>" + in_body(""), "XML declaration"),
        ("<html></html>", "<html> would be lost here"),
        ("<mj-body></mj-body>", "MJML starts with <mjml>, not <mj-body>"),
        ("", "no element found"),
        ("<mjml><mj-head><mj-font name='x'/></mj-head></mjml>", "remote fonts are not loaded"),
        ("<mjml><mj-head><mj-style inline='inline'></mj-style></mj-head></mjml>", "pass the rules as css"),
        (in_body('<mj-include path="x"/>'), "use Jinja's include"),
    ],
)
def test_a_fault_is_told_with_its_place(mjml: str, told: str) -> None:
    assert told in fault(mjml)


def test_a_named_entity_does_not_shift_the_column() -> None:
    assert fault(in_column("<mj-text>&nbsp;&hellip;<mj-raw/></mj-text>")).startswith("issue.mjml.j2:4:24:")
