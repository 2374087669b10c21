"""The queue of confirmation mails: how many, how often, and taking one back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.clock import FixedClock
from digest.db import Database
from subscribers import notices, store

MAILBOX = "reader@example.com"


@pytest.fixture
def reader(database: Database, add: Callable[..., str]) -> int:
    """The row id of a reader."""
    add()
    with database.reading() as session:
        return store.last_id(session)


def test_a_mailbox_has_enough_after_three_and_only_for_a_day(
    database: Database, clock: FixedClock, reader: int
) -> None:
    start = clock.at
    asked = [timedelta(minutes=m) for m in (0, 9, 10, 19, 20, 30, 23 * 60, 24 * 60 - 1, 24 * 60)]
    with database.writing() as session:
        queued = [notices.queue(session, notices.CONFIRM, reader, MAILBOX, start + after) for after in asked]
    assert queued == [True, False, True, False, True, False, False, False, True]


def test_a_queued_mail_is_due_at_once(
    database: Database, clock: FixedClock, reader: int, queued: Callable[[], list[str]]
) -> None:
    with database.writing() as session:
        notices.queue(session, notices.CONFIRM, reader, MAILBOX, clock.at)
        assert notices.asked_since(session, reader, clock.at)
        assert not notices.asked_since(session, reader, clock.at + timedelta(seconds=1))
        assert not notices.asked_since(session, reader + 1, clock.at)
    assert queued() == ["pending"]


def test_only_what_still_waits_can_be_taken_back(
    database: Database, clock: FixedClock, reader: int, queued: Callable[[], list[str]]
) -> None:
    with database.writing() as session:
        notices.queue(session, notices.CONFIRM, reader, MAILBOX, clock.at)
        notices.cancel(session, reader + 1)
    assert queued() == ["pending"]
    with database.writing() as session:
        notices.cancel(session, reader)
    assert queued() == ["cancelled"]
