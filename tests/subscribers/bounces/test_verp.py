"""Bounce addresses: short, opaque, unforgeable, and whole after what mail servers do to them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings import MailSettings
from subscribers.bounces.verp import LENGTH, LONGEST_NAME, BounceTokens, Mail, Sort
from subscribers.tokens import BadToken

KEYS = ("the newest key, thirty-two letters", "an older key, still good to verify")
SEALS = BounceTokens(KEYS)
BASE = "bounces@news.example.com"
ISSUE = Mail(Sort.ISSUE, 202647, 1234, date(2026, 11, 20))

mails = st.builds(
    Mail,
    st.sampled_from(Sort),
    st.integers(0, (1 << 40) - 1),
    st.integers(0, (1 << 40) - 1),
    st.dates(date(1970, 1, 1), date(2149, 6, 6)),
)


@given(mails)
def test_an_address_tells_its_mail_also_in_capitals(mail: Mail) -> None:
    address = SEALS.sender(BASE, mail)
    assert SEALS.open(address) == SEALS.open(address.upper()) == mail
    assert len(address.partition("@")[0]) <= 64


@given(mails, st.integers(0, LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_case_23_a_changed_token_is_refused(mail: Mail, place: int, letter: str) -> None:
    token = SEALS.seal(mail)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(BadToken):
            SEALS.open(f"bounces+{changed}@news.example.com")


@given(st.text(max_size=300))
def test_case_23_what_anybody_writes_is_refused(text: str) -> None:
    for address in (text, f"bounces+{text}@news.example.com", f"+{'a' * LENGTH}@{text}"):
        with pytest.raises(BadToken):
            SEALS.open(address)


def test_the_longest_name_that_the_settings_allow_fits_into_an_envelope() -> None:
    name = "b" * LONGEST_NAME
    assert MailSettings(bounces=f"{name}@news.example.com").bounces
    assert len(SEALS.sender(f"{name}@news.example.com", ISSUE).partition("@")[0]) == 64
    with pytest.raises(ValueError, match="write it like bounces@"):
        MailSettings(bounces=f"b{name}@news.example.com")


def test_the_tokens_of_mails_on_their_way_stay_as_they_are() -> None:
    assert SEALS.seal(ISSUE) == "yijtmgofbq2lwmo66gedwolw6aznsp5xy644qcgg"
    last = Mail(Sort.NOTICE, (1 << 40) - 1, 1 << 33, date(2149, 6, 6))
    assert SEALS.seal(last) == "llnwuczgljnwh5cmsdjuwxiuxt573qrq4cjo6v7o"


def test_a_token_of_an_older_key_still_opens_and_one_of_a_forgotten_key_does_not() -> None:
    address = BounceTokens(KEYS[1:]).sender(BASE, ISSUE)
    assert SEALS.open(address) == ISSUE
    with pytest.raises(BadToken):
        BounceTokens(KEYS[:1]).open(address)


def test_neighbours_have_nothing_in_common() -> None:
    one, other = SEALS.seal(ISSUE), SEALS.seal(Mail(Sort.ISSUE, 202647, 1235, ISSUE.day))
    assert sum(mine == yours for mine, yours in zip(one, other, strict=True)) < LENGTH // 3


def test_a_mail_is_named_for_people() -> None:
    assert [str(ISSUE), str(Mail(Sort.NOTICE, 12, 1, ISSUE.day))] == ["2026-W47", "notice 12"]
