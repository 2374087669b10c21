import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.cleaning import is_visible, paragraph, text_key


def test_a_paragraph_has_single_spaces_and_no_controls() -> None:
    assert paragraph(" a\n\n b\u00a0\tc\x1b[0m\x00 ") == "a b c[0m"


def test_joiners_direction_marks_and_markup_stay() -> None:
    text = "👩\u200d💻 \u200fشكرا\u200e <b>{{ 7*7 }}</b> &amp; e\u0301 ✌\ufe0f"
    assert paragraph(text) == text


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = paragraph(text)
    assert paragraph(once) == once
    assert once.encode().decode() == once


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u200d", "\u00ad\u2060", "\u0301", "\ufe0f", "\u3164", "\u2800"]
)
def test_what_draws_nothing_is_not_visible(text: str) -> None:
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["x", "7", "—", "🦊", "عر", "\u200fش\u200e", "e\u0301"])
def test_a_letter_digit_sign_or_emoji_is_visible(text: str) -> None:
    assert is_visible(text)


def test_two_printings_of_one_text_share_a_key() -> None:
    assert text_key("It “just” works,  it’s Ｆine") == text_key('it "just" works, it\'s fine')
    assert text_key("It works") != text_key("It worked")
