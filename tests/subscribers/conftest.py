"""A clock that stands still, two keys and ways to look at the list; the database is the one of all tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from subscribers import joining, store
from subscribers.addresses import parse_address
from subscribers.consent import Form
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.tokens import Tokens

KEYS = ("the newest key, thirty-two letters", "an older key, still good to verify")
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def keys() -> tuple[str, ...]:
    return KEYS


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def tokens(clock: FixedClock) -> Tokens:
    return Tokens(KEYS, clock)


@pytest.fixture
def add(database: Database, clock: FixedClock) -> Callable[..., str]:
    """Add a confirmed reader and return the public id."""

    def add_reader(email: str = "reader@example.com", name: str | None = None) -> str:
        with database.writing() as session:
            return joining.add_reader(session, parse_address(email), name=name, clock=clock, keys=KEYS).id

    return add_reader


@pytest.fixture
def ask(database: Database, clock: FixedClock) -> Callable[..., joining.Answer]:
    """Sign an address up, as the form does."""

    def sign_up(email: str = "reader@example.com", name: str | None = None) -> joining.Answer:
        with database.writing() as session:
            address = parse_address(email)
            return joining.sign_up(session, address, name=name, clock=clock, keys=KEYS, form=Form.PAGE)

    return sign_up


@pytest.fixture
def row_of(database: Database) -> Callable[[str], SubscriberRow | None]:
    """Look a reader up by address."""

    def find(email: str = "reader@example.com") -> SubscriberRow | None:
        with database.reading() as session:
            return store.find(session, parse_address(email).key)

    return find


@pytest.fixture
def queued(database: Database) -> Callable[[], list[str]]:
    """Return the states of all notices, in the order they were queued."""

    def states() -> list[str]:
        with database.reading() as session:
            return list(session.scalars(select(NoticeRow.state).order_by(NoticeRow.id)))

    return states
