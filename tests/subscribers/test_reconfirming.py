"""Asking readers whether they still want it: whom, how often, and what their yes does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import NotFound
from subscribers import joining, reconfirming
from subscribers.addresses import parse_address
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens

pytestmark = pytest.mark.both_databases

Add = Callable[..., str]
ANN, BOB = "ann@example.com", "bob@example.com"


def asked(database: Database, clock: FixedClock, *addresses: str) -> int:
    with database.writing() as session:
        return reconfirming.ask(session, [parse_address(one) for one in addresses], clock=clock)


def test_a_reader_is_asked_once_in_thirty_days(database: Database, clock: FixedClock, add: Add) -> None:
    add(ANN)
    assert asked(database, clock, ANN) == 1
    clock.at += timedelta(days=29)
    assert asked(database, clock, ANN) == 0
    clock.at += timedelta(days=2)
    assert asked(database, clock, ANN) == 1


def test_a_reader_whose_pause_is_over_is_asked_and_one_whose_is_not_is_left_in_peace(
    database: Database, clock: FixedClock, add: Add
) -> None:
    add(ANN)
    add(BOB)
    with database.writing() as session:
        for address, days in ((ANN, 1), (BOB, 30)):
            row = session.scalars(select(SubscriberRow).where(SubscriberRow.address == address)).one()
            row.status, row.paused_until = "paused", clock.at + timedelta(days=days)
    clock.at += timedelta(days=1)
    assert asked(database, clock, ANN, BOB) == 1
    clock.at += timedelta(days=31)
    with database.writing() as session:
        assert reconfirming.count_before(session, clock.at, clock=clock) == 2
        assert reconfirming.ask_all_before(session, clock.at, clock=clock) == 2
        assert reconfirming.count_before(session, clock.at, clock=clock) == 0


def test_a_stranger_cannot_be_asked(database: Database, clock: FixedClock) -> None:
    with pytest.raises(NotFound, match="not on the list"):
        asked(database, clock, ANN)


def test_all_who_said_yes_before_a_day_are_asked_one_after_the_other(
    database: Database, clock: FixedClock, add: Add, ask: Callable[..., joining.Answer]
) -> None:
    add(ANN)
    add(BOB)
    ask("pending@example.com")
    clock.at += timedelta(days=400)
    add("new@example.com")
    with database.writing() as session:
        day = clock.at - timedelta(days=1)
        assert reconfirming.ask_all_before(session, day, clock=clock) == 2
    with database.reading() as session:
        due = session.scalars(
            select(NoticeRow.next_try_at).where(NoticeRow.kind == "reconfirm").order_by(NoticeRow.id)
        ).all()
    assert due == [clock.at, clock.at + timedelta(milliseconds=100)]


def test_a_yes_counts_as_of_that_day(
    database: Database,
    clock: FixedClock,
    add: Add,
    tokens: Tokens,
    keys: tuple[str, ...],
    row_of: Callable[..., SubscriberRow],
) -> None:
    public_id = add(ANN)
    clock.at += timedelta(days=5)
    asked(database, clock, ANN)
    with database.writing() as session:
        joining.confirm(session, tokens, tokens.sign(Purpose.CONFIRM, public_id), clock=clock, keys=keys)
    assert row_of(ANN).confirmed_at == clock.at
