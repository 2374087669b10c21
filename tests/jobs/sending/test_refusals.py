"""When an issue is paused because too many readers are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.sending.refusals import Refusals

BLOCKED = (550, "5.7.1 your address is on a block list")
UNKNOWN = (550, "5.1.1 no such user")


def after(answers: str, share: float = 0.3) -> Refusals:
    """Refusals after these answers: ``.`` accepted, ``b`` blocked, ``u`` unknown."""
    refusals = Refusals(share)
    for answer in answers:
        if answer == ".":
            refusals.accepted()
        else:
            refusals.refused(*(BLOCKED if answer == "b" else UNKNOWN))
    return refusals


def test_a_share_of_refusals_pauses() -> None:
    assert not after("." * 141 + "b" * 59).too_many()
    assert after("." * 140 + "b" * 60).too_many()


def test_a_small_list_never_pauses() -> None:
    assert not after("b" * 99).too_many()
    assert after("b" * 100).too_many()


def test_a_share_of_one_never_pauses() -> None:
    assert not after("b" * 500, share=1).too_many()


@pytest.mark.parametrize("hundredths", range(1, 100))
def test_a_share_is_reached_exactly(hundredths: int) -> None:
    share = hundredths / 100
    assert after("b" * hundredths + "." * (100 - hundredths), share).too_many()
    assert not after("b" * (hundredths - 1) + "." * (101 - hundredths), share).too_many()


@given(st.text("..bu", max_size=500))
def test_only_the_last_two_hundred_answers_count(answers: str) -> None:
    assert after(answers).too_many() == after(answers[-200:]).too_many()


def test_it_names_what_most_refusals_said() -> None:
    refusals = after("u" * 300 + "." * 126 + "u" * 20 + "b" * 54)
    assert refusals.words() == (
        "of the last 200 answers 74 were refusals, most of them 550 5.7.1 your address is on a block list; "
        "the issue is paused; when it is mended: digest issue resume"
    )
    assert "all of them 550 5.1.1" in after("u" * 100).words()


def test_refusals_that_differ_only_in_their_words_are_of_one_kind() -> None:
    refusals = after("u" * 3)
    for number in range(10):
        refusals.refused(550, f"5.7.1 blocked, see case {number}")
    assert "most of them 550 5.7.1 blocked, see case 9;" in refusals.words()


def test_a_refusal_without_a_code_of_its_own_is_named_too_and_long_words_are_cut() -> None:
    refusals = Refusals(0.3)
    refusals.refused(554, "no " * 100)
    assert "all of them 554 no no" in refusals.words()
    assert len(refusals.words()) < 300
