"""Codes and words: what says that a mailbox is gone, and what does not."""

from __future__ import annotations

import pytest

from subscribers.bounces.statuses import code_in_front, meaning, settle, worded
from subscribers.bounces.values import Kind


def test_only_what_is_about_the_mailbox_is_hard() -> None:
    codes = [f"5.{subject}.{detail}" for subject in range(8) for detail in range(100)]
    hard = [code for code in codes if meaning(code).kind is Kind.HARD]
    assert hard == ["5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"]


@pytest.mark.parametrize(
    "code", ["5.7.1", "5.7.26", "5.1.8", "5.2.2", "5.4.1", "5.0.0", "5.9.9", "4.1.1", "4.2.1"]
)
def test_case_23_codes_about_us_or_today_are_not_hard(code: str) -> None:
    assert meaning(code).kind in (Kind.SOFT, Kind.POLICY)


@pytest.mark.parametrize(
    ("stated", "said", "code"),
    [
        ("5.1.1", "", "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 nobody here", "5.1.1"),
        ("", "smtp; 550 5.1.1 nobody here", "5.1.1"),
        ("5.0.0", "smtp; 550 no such user", "5.1.1"),
        ("4.0.0", "smtp; 450 no such user", "4.1.1"),
        ("", "550 refused", "5.0.0"),
        ("", "refused", None),
        ("5.1.1", "smtp; 550 5.7.1 go away", "5.7.1"),
        ("5.7.1", "smtp; 550 5.1.1 go away", "5.7.1"),
        ("5.1.1", "smtp; 550 spam", "5.7.1"),
        ("5.0.0", "host 5.1.1.7 said 550", "5.0.0"),
        ("5.0.0", "version 5.1.1.2", "5.0.0"),
        ("2.1.5", "smtp; 550 5.1.1 nobody here", "2.1.5"),
    ],
)
def test_of_codes_and_words_the_telling_one_counts_and_of_two_the_milder(
    stated: str, said: str, code: str | None
) -> None:
    assert settle(stated, said) == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Benutzer unbekannt", "5.1.1"),
        ("Utilisateur inconnu", "5.1.1"),
        ("el usuario no existe", "5.1.1"),
        ("usuário desconhecido", "5.1.1"),
        ("用户不存在", "5.1.1"),
        ("the recipient is over quota", "5.2.2"),
        ("this account has been disabled", "5.2.1"),
        ("unknown user, says our spam filter", "5.7.1"),
        ("I am away until Monday", None),
    ],
)
def test_words_stand_in_for_a_code(said: str, code: str | None) -> None:
    assert worded(said) == code


def test_a_code_in_front_of_an_answer_is_found_with_and_without_the_reply_code() -> None:
    assert [
        code_in_front(text) for text in ("550 5.1.1 x", "5.1.1 x", "550-5.1.1 x", "no 5.1.1", "550 x")
    ] == [
        "5.1.1",
        "5.1.1",
        "5.1.1",
        None,
        None,
    ]
