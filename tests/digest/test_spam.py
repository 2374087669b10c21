import pytest

from digest.spam import PHRASES, spam_words


@pytest.mark.parametrize(
    "text", ["Act now", "a RISK-FREE start", "you won’t believe it", "the prize, at last"]
)
def test_phrases_are_found_however_they_are_written(text: str) -> None:
    assert spam_words(text)


@pytest.mark.parametrize("text", ["Loupe vs Lantern: the panel ships both", "enterprises", "dealing", "Free"])
def test_plain_words_and_parts_of_words_are_not(text: str) -> None:
    assert spam_words(text) == ()


def test_all_are_told_in_the_text_s_own_order_and_spelling() -> None:
    assert spam_words("Hurry: no risk, act now") == ("Hurry", "no risk", "act now")


def test_the_table_is_in_order_and_in_lower_case() -> None:
    assert list(PHRASES) == sorted(set(PHRASES))
    assert all(phrase == phrase.lower() for phrase in PHRASES)
