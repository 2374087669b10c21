import pytest

from digest.lint.textsize import check_text_size
from tests.digest.lint.mails import rules, shipped, with_body


def test_small_text_is_said_once_a_size() -> None:
    small = '<p style="font-size:10px">a</p><p style="font-size:10px">b</p><p style="font-size:14px">c</p>'
    assert rules(check_text_size(with_body(small))) == ["text-size"]
    spacer = '<div style="font-size:1px"> </div><div style="font-size:1px;display:none">hidden</div>'
    assert rules(check_text_size(with_body(spacer))) == []


@pytest.mark.parametrize(
    ("body", "px"),
    [
        ('<p style="font:bold 11px/1.4 Arial">a</p>', "11 px"),
        ('<p style="font:x-small Arial">a</p>', "10 px"),
        ('<p style="font-size:9pt">a</p>', "12 px"),
        ('<p style="font-size:0.75em">a</p>', "12 px"),
        ('<p style="font-size:75%">a</p>', "12 px"),
        ('<div style="font-size:12px"><p>inherited</p></div>', "12 px"),
        ('<div style="font-size:12px">a<div style="font-size:0.5em">b</div></div>', "12 px"),
        ('<font size="1">a</font>', "10 px"),
        ('<p style="font-size:small">a</p>', "13 px"),
    ],
)
def test_small_text_is_found_however_its_size_is_written(body: str, px: str) -> None:
    assert next(check_text_size(with_body(body))).why.startswith(px)


@pytest.mark.parametrize(
    "body",
    [
        '<p style="font:bold 14px/1.4 Arial">a</p>',
        '<td style="font-size:0"><p style="font-size:14px">a</p></td>',
        '<div style="font-size:20px"><p style="font-size:0.75em">a</p></div>',
        '<p style="font-size:12pt">a</p>',
        '<p style="font-size:inherit">a</p>',
    ],
)
def test_text_that_can_be_read_is_no_finding(body: str) -> None:
    assert rules(check_text_size(with_body(body))) == []


def test_the_shipped_text_is_large_enough() -> None:
    assert rules(check_text_size(shipped())) == []
