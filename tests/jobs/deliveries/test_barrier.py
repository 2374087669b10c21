"""The statements of the barrier against what SQLAlchemy itself stores, and what a broken commit leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from jobs.deliveries import store
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts, Progress, Result, State
from jobs.sending.loop import run
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import RELAY, Mailing

pytestmark = pytest.mark.both_databases

# A whole second, which other ways of writing times leave the fraction of away.
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1, microseconds=1)


@pytest.fixture
def barrier(mailing: Mailing) -> Iterator[Barrier]:
    made = Barrier(mailing.database)
    yield made
    made.close()


def sent(delivery: int, **columns: Any) -> Result:
    said: dict[str, Any] = {
        "attempts": 1, "first_try_at": NOW, "next_try_at": NOW, "code": 250, "reply": "fine",
        "relay": RELAY,
    }  # fmt: skip
    return Result(delivery, State.SENT, **(said | columns))


def through(*deliveries: int) -> dict[int, str]:
    """Marks of deliveries that are all about to go to one server."""
    return dict.fromkeys(deliveries, RELAY)


def test_times_are_stored_as_everywhere_else(mailing: Mailing, barrier: Barrier) -> None:
    barrier.write([sent(1)], through(2), NOW)
    row = DeliveryRow
    with mailing.database.reading() as session:
        found = select(row.id).where(row.updated_at == NOW, row.first_try_at == NOW).order_by(row.id)
        assert list(session.scalars(found)) == [1, 2]
    assert (mailing.row(1).next_try_at, mailing.row(1).updated_at) == (NOW, NOW)
    assert mailing.row(1).relay == "smtp://mail.example.com:25"


def test_a_second_try_of_a_commit_that_was_done_changes_nothing_and_knows_its_marks(
    mailing: Mailing, barrier: Barrier
) -> None:
    assert barrier.write([sent(1)], through(2, 3), NOW) == {2, 3}
    assert barrier.write([sent(1, code=999)], through(2, 3), NOW) == {2, 3}
    assert (mailing.row(1).code, mailing.row(2).attempts) == (250, 1)


@pytest.mark.parametrize("with_result", [False, True])
def test_a_mark_tells_which_server_is_to_get_it(
    mailing: Mailing, barrier: Barrier, with_result: bool
) -> None:
    odd = """smtp:///run/it's "one", {or} two\\.sock, wörtlich"""
    assert barrier.write([sent(1)] * with_result, {2: "lmtp://one", 3: odd, 10: "two"}, NOW) == {2, 3, 10}
    assert [mailing.row(one).relay for one in (2, 3, 10)] == ["lmtp://one", odd, "two"]
    # Taken back: nobody has it.
    barrier.write([Result(2, State.PENDING, 0, None, NOW)], {3: "another", 4: odd}, LATER)
    assert [mailing.row(one).relay for one in (2, 3, 4)] == [None, odd, odd]


def test_a_mark_of_another_moment_is_not_taken_for_ours(mailing: Mailing, barrier: Barrier) -> None:
    assert barrier.write([], through(2), NOW) == {2}
    assert barrier.write([], through(2, 3), LATER) == {3}


def test_a_reader_who_left_or_pauses_is_not_marked(mailing: Mailing, barrier: Barrier) -> None:
    with mailing.database.writing() as session:
        for number, status in ((1, "unsubscribed"), (2, "paused")):
            session.execute(update(SubscriberRow).where(SubscriberRow.id == number).values(status=status))
        over = {"status": "paused", "paused_until": NOW}
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 3).values(over))
    assert barrier.write([], through(1, 2, 3, 4), NOW) == {3, 4}


def test_of_two_results_for_one_delivery_the_later_one_counts_unless_it_was_settled(
    mailing: Mailing, barrier: Barrier
) -> None:
    put_off = Result(1, State.PENDING, 1, NOW, LATER, 451, "later")
    barrier.write([put_off, sent(1), sent(2), Result(2, State.FAILED, 9, NOW, NOW)], {}, NOW)
    assert [(mailing.row(one).state, mailing.row(one).code) for one in (1, 2)] == [("sent", 250)] * 2


def test_a_delivery_that_was_put_off_may_be_marked_in_the_same_commit(
    mailing: Mailing, barrier: Barrier
) -> None:
    put_off = Result(1, State.PENDING, 1, NOW, LATER, 451, "later")
    assert barrier.write([put_off, sent(2)], through(1, 2, 3), NOW) == {1, 3}
    row = mailing.row(1)
    assert (row.state, row.attempts, row.next_try_at, row.reply) == ("sending", 2, LATER, "later")
    assert mailing.counts() == Counts(pending=7, sending=2, sent=1)


def test_what_a_server_says_is_kept_letter_by_letter(mailing: Mailing, barrier: Barrier) -> None:
    words = """250 "quoted", {braced}, back\\slash, it's 100 % wörtlich 📮"""
    barrier.write([sent(1, reply=words), sent(2, reply=None, code=None, relay=None)], through(3), NOW)
    assert mailing.row(1).reply == words
    assert (mailing.row(2).reply, mailing.row(2).code, mailing.row(2).relay) == (None, None, None)


def test_more_results_than_a_statement_takes_are_all_recorded(mailing: Mailing, barrier: Barrier) -> None:
    results = [sent(one) for one in range(1, 11)] * 30
    barrier.write(results, {}, NOW)
    assert mailing.counts() == Counts(sent=10)


def test_a_barrier_is_done_as_a_whole_or_not_at_all(mailing: Mailing, barrier: Barrier) -> None:
    impossible = Progress(999, NOW, NOW, None, 0, 0, 0.0)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        barrier.write([sent(1)], through(2), NOW, impossible)
    assert mailing.counts() == Counts(pending=10)
    assert barrier.write([sent(1)], through(2), NOW) == {2}


def test_who_cannot_wait_writes_the_same_where_sqlite_is_free(mailing: Mailing, barrier: Barrier) -> None:
    barrier.open()
    progress = Progress(mailing.issue_id, NOW, NOW, None, 1, 1, 1.5)
    marked = barrier.write_if_free([sent(1)], through(2, 3), NOW, progress)
    if not mailing.database.is_sqlite:
        assert marked is None
        assert mailing.counts() == Counts(pending=10)
        return
    assert marked == {2, 3}
    assert mailing.counts() == Counts(pending=7, sending=2, sent=1)
    with mailing.database.reading() as session:
        assert store.progress_of(session, mailing.issue_id) == progress
    assert barrier.write_if_free([sent(1, code=999)], through(1, 2, 3, 4), NOW) == {2, 3, 4}
    assert barrier.write_if_free([], through(2, 5), LATER) == {5}
    assert (mailing.row(1).code, mailing.row(2).attempts) == (250, 1)


def test_who_cannot_wait_writes_nothing_while_somebody_else_does(mailing: Mailing, barrier: Barrier) -> None:
    barrier.open()
    with mailing.database.writing():
        assert barrier.write_if_free([sent(1)], through(2), NOW) is None
    assert mailing.counts() == Counts(pending=10)
    assert barrier.write([sent(1)], through(2), NOW) == {2}


def test_who_cannot_wait_writes_as_a_whole_or_not_at_all(mailing: Mailing, barrier: Barrier) -> None:
    barrier.open()
    impossible = Progress(999, NOW, NOW, None, 0, 0, 0.0)
    if mailing.database.is_sqlite:
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            barrier.write_if_free([sent(1)], through(2), NOW, impossible)
    assert mailing.counts() == Counts(pending=10)
    # Its connection was lost to the error; opening another may take a while.
    assert barrier.write_if_free([sent(1)], through(2), NOW) is None
    assert barrier.write([sent(1)], through(2), NOW) == {2}


def test_postgresql_is_asked_for_the_same_and_tells_how_many_marks_are_ours(
    mailing: Mailing, barrier: Barrier
) -> None:
    words = "250 it's {fine}, wörtlich 📮"

    async def ask() -> list[int | None]:
        if (first := barrier.ask([sent(1, reply=words)], through(2, 3), NOW)) is None:
            return []
        with mailing.database.writing() as session:
            gone = update(SubscriberRow).where(SubscriberRow.id == 4).values(status="unsubscribed")
            session.execute(gone)
        return [await first, await (barrier.ask([sent(2)], through(4, 5), LATER) or asyncio.Future())]

    barrier.open()
    assert run(ask()) == ([] if mailing.database.is_sqlite else [2, 1])
    if not mailing.database.is_sqlite:
        assert (mailing.row(1).reply, mailing.row(1).next_try_at) == (words, NOW)
        assert mailing.counts() == Counts(pending=6, sending=2, sent=2)
        # Called once more with the same moment, it knows which they are.
        assert barrier.write([sent(2)], through(4, 5), LATER) == {5}


def test_what_takes_more_than_one_statement_is_not_asked(mailing: Mailing, barrier: Barrier) -> None:
    async def ask() -> list[object]:
        put_off = Result(1, State.PENDING, 1, NOW, LATER, 451, "later")
        twice, again = ([put_off, sent(1)], through(2)), ([put_off], through(1))
        return [barrier.ask(*what, NOW) for what in (twice, again, ([], through(1)), ([sent(1)], {}))]

    barrier.open()
    assert run(ask()) == [None] * 4
    assert mailing.counts() == Counts(pending=10)


def test_progress_is_one_row_for_each_issue(mailing: Mailing, barrier: Barrier) -> None:
    first = Progress(mailing.issue_id, NOW, NOW, None, 1, 1, 1.5)
    second = Progress(mailing.issue_id, NOW, LATER, LATER, 2, 3, 0.0)
    for progress in (first, second):
        barrier.write([], {}, NOW, progress)
    with mailing.database.reading() as session:
        assert store.progress_of(session, mailing.issue_id) == second
