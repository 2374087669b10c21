from dataclasses import replace

import pytest

from digest.lint.wording import check_parity, check_preheader, check_subject
from tests.digest.lint.mails import rules, shipped, with_body


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("Loupe vs Lantern: the panel picks Lantern", []),
        ("", ["subject-length"]),
        ("Lantern", ["subject-length"]),
        ("Loupe vs Lantern " * 6, ["subject-length"]),
        ("Re: Loupe vs Lantern", ["subject-honest"]),
        ("LOUPE VS LANTERN: WHO WINS", ["subject-honest"]),
    ],
)
def test_a_subject_is_whole_and_honest(subject: str, found: list[str]) -> None:
    assert rules(check_subject(replace(shipped(), subject=subject))) == found


@pytest.mark.parametrize(
    ("preheader", "found"),
    [
        ("Lantern sweeps the panel; Loupe loses one vote.", []),
        ("", ["preheader-length"]),
        ("x" * 131, ["preheader-length"]),
    ],
)
def test_a_preheader_fills_the_line(preheader: str, found: list[str]) -> None:
    assert rules(check_preheader(replace(shipped(), preheader=preheader))) == found


def test_a_preheader_says_something_else_than_the_subject() -> None:
    mail = replace(shipped(), preheader=shipped().subject)
    assert "it repeats the subject" in [finding.why for finding in check_preheader(mail)]


def test_the_plain_text_has_every_link_and_fits_a_terminal() -> None:
    assert rules(check_parity(shipped())) == []
    assert "text-parity" in rules(check_parity(replace(shipped(), text="nothing")))
    assert rules(check_parity(replace(shipped(), text=shipped().text + "\n" + "word " * 30))) == [
        "text-width"
    ]


def test_an_address_nobody_can_take_apart_does_not_stop_the_parity_check() -> None:
    mail = replace(with_body('<a href="http://[x/">broken</a>'), text="nothing")
    assert rules(check_parity(mail)) == []
