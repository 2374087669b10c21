from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from digest.catalogue.keys import create_key, find_key, listed_keys, note_use, revoke_key
from digest.db import Database
from digest.errors import BadInput, NotFound, WrongState
from tests.stock import NOW


def test_a_key_is_random_and_says_what_it_is(session: Session) -> None:
    one, kept = create_key(session, "website", NOW)
    other, _ = create_key(session, "partner", NOW)

    assert re.fullmatch(r"wv_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", one)
    assert one.startswith(f"{kept.prefix}_")
    assert one != other
    assert kept.source == "api:website"


def test_only_its_hash_is_stored(database: Database) -> None:
    with database.writing() as session:
        key, kept = create_key(session, "website", NOW)
    with database.reading() as session:
        row = session.execute(text("SELECT * FROM api_key")).mappings().one()

    secret = key.removeprefix(f"{kept.prefix}_")
    assert not any(secret in str(value) for value in row.values())


def test_a_key_is_found_until_it_is_revoked(session: Session) -> None:
    key, kept = create_key(session, "website", NOW)
    assert find_key(session, key) == kept

    revoked = revoke_key(session, "website", NOW)

    assert revoked.revoked_at == NOW
    assert find_key(session, key) is None
    assert revoke_key(session, "website", NOW + timedelta(days=1)).revoked_at == NOW


@pytest.mark.parametrize("shown", ["", "wv_", "website", "wv_00000000_x", "\udcff", "é" * 10_000])
def test_anything_else_opens_nothing(session: Session, shown: str) -> None:
    create_key(session, "website", NOW)
    assert find_key(session, shown) is None


def test_the_last_use_is_noted_and_worth_a_note_once_a_minute(session: Session) -> None:
    key, kept = create_key(session, "website", NOW)
    assert kept.use_is_worth_noting(NOW)

    note_use(session, "website", NOW)
    used = find_key(session, key)

    assert used is not None and used.used_at == NOW
    assert not used.use_is_worth_noting(NOW + timedelta(seconds=59))
    assert used.use_is_worth_noting(NOW + timedelta(seconds=60))


def test_a_name_is_given_once_even_if_revoked(session: Session) -> None:
    create_key(session, "website", NOW)
    revoke_key(session, "website", NOW)

    with pytest.raises(WrongState, match="there is a key website already, made on 2026-11-20 and revoked"):
        create_key(session, "website", NOW)


@pytest.mark.parametrize("name", ["", "a b", "tools.yaml", "../x", "-x", "a\n", "x" * 61, "Ü"])
def test_a_name_that_would_not_do_as_a_source_is_refused(session: Session, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a key"):
        create_key(session, name, NOW)


def test_keys_are_listed_by_name(session: Session) -> None:
    for name in ("website", "partner"):
        create_key(session, name, NOW)
    assert [key.name for key in listed_keys(session)] == ["partner", "website"]


def test_a_key_that_is_not_there_cannot_be_revoked(session: Session) -> None:
    with pytest.raises(NotFound, match="there is no key website"):
        revoke_key(session, "website", NOW)
