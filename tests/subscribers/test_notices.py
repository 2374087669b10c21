"""The queue of confirmation mails: how many, how often, and taking one back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, select

from digest.clock import FixedClock
from digest.db import Database
from subscribers import notices, store
from subscribers.addresses import parse_address
from subscribers.joining import Answer, add_reader
from subscribers.rows import SubscriberRow
from tests.subscribers.conftest import KEYS

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
        queued = [
            notices.queue(session, notices.CONFIRM, reader, MAILBOX, start + after, keys=KEYS)
            for after in asked
        ]
    assert queued == [True, False, True, False, True, False, False, False, True]


def test_case_19_signing_up_anew_after_being_erased_does_not_reset_the_count(
    database: Database, clock: FixedClock, ask: Callable[..., Answer]
) -> None:
    answers = []
    for number in range(5):
        answers.append(ask(f"victim+{number}@example.org"))
        with database.writing() as session:
            session.execute(delete(SubscriberRow))
        clock.at += timedelta(minutes=10)
    assert answers == [Answer.QUEUED] * 3 + [Answer.ENOUGH_MAILS] * 2


@pytest.mark.both_databases
def test_two_who_count_the_same_mailbox_at_once_queue_one_mail(database: Database, clock: FixedClock) -> None:
    with database.writing() as session:
        for number in (1, 2):
            add_reader(session, parse_address(f"r{number}@example.com"), name=None, clock=clock, keys=KEYS)
        ids = list(session.scalars(select(SubscriberRow.id)))
    both, queued = Barrier(2), []

    def ask(reader: int) -> None:
        both.wait()
        with database.writing() as session:
            queued.append(notices.queue(session, notices.CONFIRM, reader, MAILBOX, clock.at, keys=KEYS))

    threads = [Thread(target=ask, args=(reader,)) for reader in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(queued) == [False, True]


def test_a_queued_mail_is_due_at_once(
    database: Database, clock: FixedClock, reader: int, queued: Callable[[], list[str]]
) -> None:
    with database.writing() as session:
        notices.queue(session, notices.CONFIRM, reader, MAILBOX, clock.at, keys=KEYS)
        assert notices.asked_since(session, reader, clock.at)
        assert not notices.asked_since(session, reader, clock.at + timedelta(seconds=1))
        assert not notices.asked_since(session, reader + 1, clock.at)
    assert queued() == ["pending"]


def test_only_what_still_waits_can_be_taken_back(
    database: Database, clock: FixedClock, reader: int, queued: Callable[[], list[str]]
) -> None:
    with database.writing() as session:
        notices.queue(session, notices.CONFIRM, reader, MAILBOX, clock.at, keys=KEYS)
        notices.cancel(session, reader + 1)
    assert queued() == ["pending"]
    with database.writing() as session:
        notices.cancel(session, reader)
    assert queued() == ["cancelled"]
