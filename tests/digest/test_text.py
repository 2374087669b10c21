from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import excerpt, first_twice, initials, isolated, number, part_of

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def test_a_short_text_stays_as_it_is() -> None:
    assert excerpt("Cuts video by typing.", 30) == "Cuts video by typing."


def test_a_long_text_ends_after_a_sentence_where_one_keeps_most_of_it() -> None:
    assert excerpt("It reads invoices well. It cannot read handwriting.", 40) == "It reads invoices well. …"


def test_without_such_a_sentence_it_ends_after_a_word_and_drops_the_comma() -> None:
    assert excerpt("Slow, but steady, and it never lost a single page", 18) == "Slow, but steady…"


def test_a_dotted_abbreviation_is_no_end_of_a_sentence() -> None:
    assert excerpt("Reads many formats, e.g. PDF and all of the office ones", 34) == (
        "Reads many formats, e.g. PDF and…"
    )


def test_a_text_without_spaces_is_cut_between_characters() -> None:
    assert excerpt("x" * 10_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("cluster", "what"),
    [
        (FAMILY, "a family"),
        ("e\u0301\u0323", "a letter with two marks"),
        ("\U0001f44d\U0001f3fd", "a thumb with a skin tone"),
        ("\U0001f1eb\U0001f1f7", "a flag"),
        ("\u2764\ufe0f", "a heart with a variation selector"),
    ],
)
@pytest.mark.parametrize("limit", range(6, 30))
def test_what_a_reader_sees_as_one_character_stays_whole(cluster: str, what: str, limit: int) -> None:
    kept = excerpt(cluster * 40, limit).removesuffix("…")
    assert kept == cluster * (len(kept) // len(cluster)), what


@given(st.text(max_size=300), st.integers(4, 80))
def test_an_excerpt_is_never_longer_than_its_limit_and_begins_as_the_text_does(text: str, limit: int) -> None:
    cut = excerpt(text, limit)
    assert len(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix("…").rstrip())
    if cut != text and (rest := text[len(cut.removesuffix("…")) :]):
        assert cut == "…" or rest[0] in " ,;:–—-(" or not unicodedata.category(rest[0]).startswith("M")


def test_right_to_left_names_are_isolated_and_others_left_alone() -> None:
    assert isolated("Lantern 2") == "Lantern 2"
    assert isolated("פנס") == "\u2068פנס\u2069"
    assert isolated("a\u202eb").startswith("\u2068")


def test_small_numbers_are_words() -> None:
    assert [number(n) for n in (0, 1, 12, 20, 21, 1200)] == [
        "none",
        "one",
        "twelve",
        "twenty",
        "21",
        "1,200",
    ]


def test_a_part_of_a_whole_is_in_words_or_in_figures_but_not_in_both() -> None:
    assert [part_of(3, 4), part_of(7, 20), part_of(3, 44)] == ["three of four", "seven of twenty", "3 of 44"]


@pytest.mark.parametrize(
    ("name", "both", "one"),
    [
        ("Builder", "B", "B"),
        ("Ana María Ruiz", "AR", "A"),
        ("  (beta) tool 2", "B2", "B"),
        ("żaneta", "Ż", "Ż"),
        ("דנה", "ד", "ד"),
        ("…", "·", "·"),
        ("", "·", "·"),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_last_word(name: str, both: str, one: str) -> None:
    assert (initials(name), initials(name, most=1)) == (both, one)


def test_the_first_word_that_comes_again() -> None:
    assert first_twice(["a", "b", "c", "b", "a"]) == "b"
    assert first_twice(["a", "b"]) is None
