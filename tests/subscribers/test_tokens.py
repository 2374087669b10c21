"""Tokens: who they are for, what they allow, how long, and that nobody can make one."""

from __future__ import annotations

import re
import secrets
import string
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from digest.clock import FixedClock
from subscribers.tokens import BadToken, ExpiredToken, Purpose, Tokens

READER = secrets.token_urlsafe(16)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_gives_back_its_reader(tokens: Tokens, purpose: Purpose) -> None:
    token = tokens.sign(purpose, READER)
    assert tokens.read(purpose, token) == READER
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,75}", token)


@given(
    st.sampled_from([one for one in Purpose if one not in (Purpose.CONFIRM, Purpose.CHANGE)]),
    st.lists(st.text(min_size=1), min_size=1, max_size=3),
    st.text(st.characters(codec="ascii")),
)
def test_tokens_that_never_grow_old_are_the_ones_of_itsdangerous(
    purpose: Purpose, keys: list[str], public_id: str
) -> None:
    """Those in mails of years ago were signed by its ``Signer``, and it reads ours."""
    signer = Signer(keys[::-1], salt=purpose.value, digest_method=sha256)
    token = Tokens(keys).sign(purpose, public_id)
    assert token == signer.sign(public_id).decode()
    assert signer.unsign(token).decode() == public_id


@given(
    st.lists(st.sampled_from([one for one in Purpose if one not in (Purpose.CONFIRM, Purpose.CHANGE)])),
    st.text(st.characters(codec="ascii")),
)
def test_tokens_made_together_are_those_made_one_by_one(purposes: list[Purpose], public_id: str) -> None:
    tokens = Tokens(["key"])
    assert tokens.signing(*purposes)(public_id) == [tokens.sign(one, public_id) for one in purposes]


@pytest.mark.parametrize("purpose", Purpose)
def test_case_18_a_token_is_good_for_its_purpose_only(tokens: Tokens, purpose: Purpose) -> None:
    token = tokens.sign(purpose, READER)
    for other in set(Purpose) - {purpose}:
        with pytest.raises(BadToken):
            tokens.read(other, token)


@pytest.mark.parametrize("purpose", Purpose)
def test_case_18_a_token_changed_in_any_one_letter_is_refused(tokens: Tokens, purpose: Purpose) -> None:
    token = tokens.sign(purpose, READER)
    alphabet = string.ascii_letters + string.digits + "-_."
    for place in range(len(token)):
        for letter in (alphabet[place % len(alphabet)], "A", "=", "é", ""):
            changed = token[:place] + letter + token[place + 1 :]
            if changed != token:
                with pytest.raises(BadToken):
                    tokens.read(purpose, changed)


def test_the_spare_bits_of_the_last_letter_do_not_make_a_second_token(tokens: Tokens) -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, READER)
    accepted = []
    for letter in string.ascii_letters + string.digits + "-_":
        try:
            accepted.append(tokens.read(Purpose.UNSUBSCRIBE, token[:-1] + letter))
        except BadToken:
            continue
    assert accepted == [READER]


@pytest.mark.parametrize("rubbish", ["", ".", "a", "a.b", "a.b.c", "\x00", "é.é", "a" * 5000])
def test_rubbish_is_refused(tokens: Tokens, rubbish: str) -> None:
    for purpose in Purpose:
        with pytest.raises(BadToken):
            tokens.read(purpose, rubbish)


def test_case_18_a_token_of_a_rotated_key_works_until_the_key_is_dropped(clock: FixedClock) -> None:
    token = Tokens(["old key"], clock).sign(Purpose.UNSUBSCRIBE, READER)
    assert Tokens(["new key", "old key"], clock).read(Purpose.UNSUBSCRIBE, token) == READER
    with pytest.raises(BadToken):
        Tokens(["new key"], clock).read(Purpose.UNSUBSCRIBE, token)


def test_the_newest_key_signs(clock: FixedClock) -> None:
    token = Tokens(["new key", "old key"], clock).sign(Purpose.CONFIRM, READER)
    assert Tokens(["new key"], clock).read(Purpose.CONFIRM, token) == READER


def test_a_confirmation_link_works_for_fourteen_days(tokens: Tokens, clock: FixedClock) -> None:
    token = tokens.sign(Purpose.CONFIRM, READER)
    clock.at += timedelta(days=14)
    assert tokens.read(Purpose.CONFIRM, token) == READER
    clock.at += timedelta(seconds=1)
    with pytest.raises(ExpiredToken):
        tokens.read(Purpose.CONFIRM, token)
    assert tokens.read(Purpose.CONFIRM, token, max_age=timedelta(days=15)) == READER


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.PREFERENCES])
def test_the_links_of_an_issue_never_grow_old(tokens: Tokens, clock: FixedClock, purpose: Purpose) -> None:
    token = tokens.sign(purpose, READER)
    clock.at += timedelta(days=4000)
    assert tokens.read(purpose, token) == READER
