"""The voice of the verdicts: as wide as its longest word, and spelt as the brand spells it."""

from __future__ import annotations

import pytest

from digest.rendering.values import Words

OWN = Words(ship="ADOPT", skip="LEAVE IT", split="TORN")


@pytest.mark.parametrize(("words", "verdicts", "takes"), [(Words(), 5, 4), (OWN, 8, 8)])
def test_a_column_is_as_wide_as_the_longest_word_in_it(words: Words, verdicts: int, takes: int) -> None:
    assert {len(words.in_column(one)) for one in ("ship", "skip", "split")} == {verdicts}
    assert {len(words.in_column(one, takes=True)) for one in ("ship", "skip")} == {takes}


def test_a_button_writes_capitals_small_and_keeps_any_other_spelling() -> None:
    assert (Words().on_button("ship"), OWN.on_button("skip")) == ("Ship", "Leave it")
    assert Words(ship="iLike").on_button("ship") == "iLike"


@pytest.mark.parametrize("word", ["SPLIT", "ADOPT", "APPROVED", "MMMMMM", "Leave it", "好的"])
def test_a_chip_has_room_for_its_word_and_a_little_more(word: str) -> None:
    widest = {"SPLIT": 42, "ADOPT": 51, "APPROVED": 81, "MMMMMM": 72, "Leave it": 66, "好的": 29}
    assert 4 <= Words("A", "B", word).chip_width - widest[word] <= 16
