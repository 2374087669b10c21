from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from digest.errors import TemplateError
from digest.rendering.inline import check_css, inline


def inlined(html: str, css: str) -> str:
    root = etree.fromstring(html, etree.HTMLParser())
    inline(root, css)
    text: str = etree.tostring(root, method="html", encoding="unicode")
    return text


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield


def test_a_class_is_inlined_with_its_important_and_outlook_properties() -> None:
    html = inlined("<p class=k>x</p>", ".k{color:red !important;mso-line-height-rule:exactly}")
    assert "color:red !important" in html
    assert "mso-line-height-rule:exactly" in html


def test_an_own_style_wins_over_the_class() -> None:
    html = inlined('<p class="k" style="color:blue">x</p>', ".k{color:red;margin:0}")
    assert "color:blue" in html
    assert "margin:0" in html
    assert "red" not in html


def test_width_and_colour_do_not_become_attributes() -> None:
    html = inlined("<td class=k>x</td>", ".k{width:40px;background-color:#fff;text-align:left}")
    assert "bgcolor" not in html
    assert ' width="' not in html
    assert ' align="' not in html


@pytest.mark.parametrize("media", ["", ' media="print"'])
def test_style_elements_stay_uninlined_and_lose_the_marker(media: str) -> None:
    css = (
        "@media (prefers-color-scheme: dark) { .k { top: 0 !important } } .k:hover { top: 0 } .k { left: 0 }"
    )
    html = inlined(f'<style{media} data-premailer="ignore">{css}</style><p class="k">x</p>', "")
    assert f"<style{media}>{css}</style>" in html
    assert '<p class="k">x</p>' in html


def test_outlook_comments_stay_as_they_are() -> None:
    comment = "<!--[if mso | IE]><table  class='k' ><tr><td width=\"1\"><![endif]-->"
    assert comment in inlined(f"<div>{comment}<p class=k>x</p></div>", ".k{color:red}")


@pytest.mark.usefixtures("no_network")
def test_nothing_is_fetched() -> None:
    html = (
        '<link rel="stylesheet" href="http://example.invalid/a.css">'
        '<style>@import url("http://example.invalid/b.css"); .k{color:red}</style>'
        '<p class="k" style="background:url(http://example.invalid/c.png)">x</p>'
    )
    assert "http://example.invalid/c.png" in inlined(html, ".k{background:url(http://example.invalid/d.png)}")
    with pytest.raises(TemplateError, match=r"css:2: @import"):
        inlined(html, ".k{top:0}\n@import url(http://example.invalid/e.css);")


@pytest.mark.parametrize(
    "css",
    [
        "",
        ".a{color:red;mso-hide:all;-webkit-text-size-adjust:100%}",
        "@media only screen and (max-width:479px){.a,.b td>a{width:calc(100% - 2px) !important}}",
        "@media (prefers-color-scheme:dark){:root{color-scheme:light dark}[data-ogsc] .a{color:#fff}}",
        "u + .body .a{font-family:-apple-system,'Segoe UI',sans-serif}",
    ],
)
def test_css_of_e_mails_is_accepted(css: str) -> None:
    check_css(css)


@pytest.mark.parametrize("css", [".a{color}", ".a{color:red}}", ".a{color red;top:0}", "a;b{top:0}"])
def test_bad_css_is_told_with_its_place(css: str) -> None:
    with pytest.raises(TemplateError, match=r"^css:2:\d+: "):
        check_css(f".ok{{top:0}}\n{css}")
    with pytest.raises(TemplateError):
        inlined("<p>x</p>", f".ok{{top:0}}\n{css}")


@pytest.mark.parametrize("rule", [".k:hover", "*", ".k *", "@media print", "@font-face", ".k::before"])
def test_a_rule_that_no_style_attribute_can_hold_is_refused(rule: str) -> None:
    inner = ".k{top:0}" if rule == "@media print" else "top:0"
    with pytest.raises(
        TemplateError, match=rf"{re.escape(rule)} cannot be inlined; move the rule to a <style>"
    ):
        inlined('<p class="k">x</p>', f"/* why */ .k{{left:0}} {rule}{{{inner}}}")


def test_first_and_last_child_are_inlined() -> None:
    html = inlined("<p><b>1</b><b>2</b></p>", "b:first-child{top:0} p>b:last-child{left:0}")
    assert '<b style="top:0">1</b><b style="left:0">2</b>' in html


def test_checking_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TemplateError):
        check_css(".a{color}")
    inlined('<p class="k" style="mso-nonsense:1;colr:red">x</p>', ".k{top:0}")
    assert capfd.readouterr() == ("", "")
