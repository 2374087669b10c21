"""The statements of the barrier against what SQLAlchemy itself stores, and what a broken commit leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from jobs.deliveries import store
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts, Progress, Result, State
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import Mailing

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
        "relay": "smtp://mail.example.com:25",
    }  # fmt: skip
    return Result(delivery, State.SENT, **(said | columns))


def test_times_are_stored_as_everywhere_else(mailing: Mailing, barrier: Barrier) -> None:
    barrier.write([sent(1)], [2], NOW)
    row = DeliveryRow
    with mailing.database.reading() as session:
        found = select(row.id).where(row.updated_at == NOW, row.first_try_at == NOW).order_by(row.id)
        assert list(session.scalars(found)) == [1, 2]
    assert (mailing.row(1).next_try_at, mailing.row(1).updated_at) == (NOW, NOW)
    assert mailing.row(1).relay == "smtp://mail.example.com:25"


def test_a_second_try_of_a_commit_that_was_done_changes_nothing_and_knows_its_marks(
    mailing: Mailing, barrier: Barrier
) -> None:
    assert barrier.write([sent(1)], [2, 3], NOW) == {2, 3}
    assert barrier.write([sent(1, code=999)], [2, 3], NOW) == {2, 3}
    assert (mailing.row(1).code, mailing.row(2).attempts) == (250, 1)


def test_a_mark_of_another_moment_is_not_taken_for_ours(mailing: Mailing, barrier: Barrier) -> None:
    assert barrier.write([], [2], NOW) == {2}
    assert barrier.write([], [2, 3], LATER) == {3}


def test_a_reader_who_left_or_pauses_is_not_marked(mailing: Mailing, barrier: Barrier) -> None:
    with mailing.database.writing() as session:
        for number, status in ((1, "unsubscribed"), (2, "paused")):
            session.execute(update(SubscriberRow).where(SubscriberRow.id == number).values(status=status))
        over = {"status": "paused", "paused_until": NOW}
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 3).values(over))
    assert barrier.write([], [1, 2, 3, 4], NOW) == {3, 4}


def test_of_two_results_for_one_delivery_the_later_one_counts_unless_it_was_settled(
    mailing: Mailing, barrier: Barrier
) -> None:
    put_off = Result(1, State.PENDING, 1, NOW, LATER, 451, "later")
    barrier.write([put_off, sent(1), sent(2), Result(2, State.FAILED, 9, NOW, NOW)], [], NOW)
    assert [(mailing.row(one).state, mailing.row(one).code) for one in (1, 2)] == [("sent", 250)] * 2


def test_more_results_than_a_statement_takes_are_all_recorded(mailing: Mailing, barrier: Barrier) -> None:
    results = [sent(one) for one in range(1, 11)] * 30
    barrier.write(results, [], NOW)
    assert mailing.counts() == Counts(sent=10)


def test_a_barrier_is_done_as_a_whole_or_not_at_all(mailing: Mailing, barrier: Barrier) -> None:
    impossible = Progress(999, NOW, NOW, None, 0, 0, 0.0)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        barrier.write([sent(1)], [2], NOW, impossible)
    assert mailing.counts() == Counts(pending=10)
    assert barrier.write([sent(1)], [2], NOW) == {2}


def test_progress_is_one_row_for_each_issue(mailing: Mailing, barrier: Barrier) -> None:
    first = Progress(mailing.issue_id, NOW, NOW, None, 1, 1, 1.5)
    second = Progress(mailing.issue_id, NOW, LATER, LATER, 2, 3, 0.0)
    for progress in (first, second):
        barrier.write([], [], NOW, progress)
    with mailing.database.reading() as session:
        assert store.progress_of(session, mailing.issue_id) == second


def test_the_plan_of_a_claim_walks_two_indexes_and_sorts_nothing(mailing: Mailing) -> None:
    with mailing.database.reading() as session:
        after = store.claim_due(session, mailing.issue_id, datetime.now(UTC), 5)[-1].delivery
        claim = store.claiming(mailing.issue_id, datetime.now(UTC), 500, after)
        words = "EXPLAIN QUERY PLAN" if mailing.database.is_sqlite else "EXPLAIN"
        if not mailing.database.is_sqlite:
            # Ten readers fit on a page, which is read faster than any index; a list does not.
            session.execute(text("SET enable_seqscan = off"))
            session.execute(text("SET enable_bitmapscan = off"))
        compiled = claim.compile(mailing.database.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row[-1]) for row in session.execute(text(f"{words} {compiled}")))
    assert "ix_delivery_issue_id_state_next_try_at_id" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
