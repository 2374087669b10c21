from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.cleaning import paragraph, text_key


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


def test_two_printings_of_one_text_share_a_key() -> None:
    assert text_key("It “just” works,  it’s Ｆine") == text_key('it "just" works, it\'s fine')
    assert text_key("It works") != text_key("It worked")
