"""The ledger's states and the ways between them (law 4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import IntegrityError

from jobs.deliveries import store
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts, Delivery, Result, State
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import RELAY, Mailing, reader_row

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)


def result(delivery: Delivery, state: State, **columns: Any) -> Result:
    defaults: dict[str, Any] = {"attempts": 1, "first_try_at": NOW, "next_try_at": delivery.next_try_at}
    return Result(delivery.id, state, **(defaults | columns))


def due(mailing: Mailing, limit: int = 100, after: Delivery | None = None) -> list[Delivery]:
    with mailing.database.reading() as session:
        letters = store.claim_due(session, mailing.issue_id, LATER, limit, after)
    return [letter.delivery for letter in letters]


def write(
    mailing: Mailing, results: Sequence[Result] = (), marks: Collection[int] = (), at: datetime = NOW
) -> set[int]:
    barrier = Barrier(mailing.database)
    with closing(barrier):
        return barrier.write(results, dict.fromkeys(marks, RELAY), at)


def mark(mailing: Mailing, *ids: int, at: datetime = NOW) -> set[int]:
    return write(mailing, marks=ids, at=at)


def record(mailing: Mailing, *results: Result) -> None:
    write(mailing, results)


def test_the_audience_is_every_confirmed_reader_once(mailing: Mailing) -> None:
    assert mailing.counts() == Counts(pending=10)
    with mailing.database.writing() as session:
        assert freeze_audience(session, mailing.issue_id, audience_select(NOW), NOW) == 0
    assert mailing.counts().audience == 10


def test_readers_of_another_status_are_not_in_the_audience(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.add_all(
            reader_row(100 + number, NOW, status)
            for number, status in enumerate(["pending", "paused", "unsubscribed", "bounced", "complained"])
        )
        session.flush()
        assert freeze_audience(session, mailing.issue_id, audience_select(NOW), NOW) == 0


def test_freezing_tells_how_many_it_added(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.add_all(reader_row(number, NOW) for number in (21, 22, 23))
        session.flush()
        assert freeze_audience(session, mailing.issue_id, audience_select(NOW), NOW) == 3


def test_claims_follow_one_another_without_a_gap_or_a_double(mailing: Mailing) -> None:
    first = due(mailing, 4)
    second = due(mailing, 4, first[-1])
    third = due(mailing, 4, second[-1])
    readers = [delivery.reader_id for delivery in first + second + third]
    assert readers == list(range(1, 11))
    assert due(mailing, 4, third[-1]) == []


def test_claims_follow_one_another_whether_they_are_due_together_or_not(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        for number, minutes in enumerate((0, 1, 1, 1, 2, 2, 3, 3, 3, 4), 1):
            at = NOW + timedelta(minutes=minutes)
            session.execute(update(DeliveryRow).where(DeliveryRow.id == number).values(next_try_at=at))
    for limit in range(1, 10):
        claimed: list[Delivery] = []
        while some := due(mailing, limit, claimed[-1] if claimed else None):
            claimed += some
        assert [delivery.id for delivery in claimed] == list(range(1, 11))
    assert [delivery.next_try_at.minute for delivery in claimed] == [0, 1, 1, 1, 2, 2, 3, 3, 3, 4]
    assert claimed[0].next_try_at == NOW


def test_a_claim_finds_its_place_by_index_and_sorts_nothing(mailing: Mailing) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    first, *_ = due(mailing)
    with mailing.database.reading() as session:
        event.listen(session.connection(), "before_cursor_execute", note)
        store.claim_due(session, mailing.issue_id, LATER, 100, first)
    with mailing.database.reading() as session:
        plans = [plan(session.connection(), *one) for one in asked]
    assert len(plans) == 2  # those who are due at the same time, and those behind
    for words in plans:
        assert "ix_delivery_issue_id_state_next_try_at_id" in words
        assert "TEMP B-TREE" not in words
        assert "Sort" not in words
    if mailing.database.is_sqlite:
        assert "next_try_at=? AND id>?" in plans[0]


def plan(connection: Connection, statement: str, parameters: Any) -> str:
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    else:
        # Ten readers fit on a page, which is read faster than any index; a list does not.
        connection.exec_driver_sql("SET enable_seqscan = off")
        connection.exec_driver_sql("SET enable_bitmapscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(str(row[-1]) for row in rows)


def test_what_is_not_due_yet_is_not_claimed(mailing: Mailing) -> None:
    first = due(mailing)[0]
    record(mailing, result(first, State.PENDING, next_try_at=LATER + timedelta(hours=1)))
    assert first.id not in [delivery.id for delivery in due(mailing)]
    with mailing.database.reading() as session:
        at = store.next_due_at(session, mailing.issue_id)
    assert at is not None and at < LATER


def test_a_mark_is_given_once_and_counts_the_attempt(mailing: Mailing) -> None:
    assert mark(mailing, 1, 2) == {1, 2}
    assert mark(mailing, 1, 3, at=NOW + timedelta(microseconds=1)) == {3}
    row = mailing.row(1)
    assert (row.state, row.attempts, row.first_try_at) == ("sending", 1, NOW)


def test_the_first_try_keeps_its_time(mailing: Mailing) -> None:
    delivery = due(mailing)[0]
    record(mailing, result(delivery, State.PENDING, first_try_at=NOW - timedelta(hours=5)))
    mark(mailing, delivery.id)
    assert mailing.row(delivery.reader_id).first_try_at == NOW - timedelta(hours=5)


def test_results_are_stored_with_the_servers_answer(mailing: Mailing) -> None:
    sent, failed = due(mailing)[:2]
    mark(mailing, sent.id)
    record(
        mailing,
        result(sent, State.SENT, code=250, reply="2.0.0 queued"),
        result(failed, State.FAILED, code=550, reply="5.1.1 no"),
    )
    assert (mailing.row(1).state, mailing.row(1).code, mailing.row(1).reply) == ("sent", 250, "2.0.0 queued")
    assert (mailing.row(2).state, mailing.row(2).code) == ("failed", 550)
    assert mailing.counts() == Counts(pending=8, sent=1, failed=1)


@pytest.mark.parametrize("settled", [State.SENT, State.FAILED, State.UNKNOWN])
@pytest.mark.parametrize("then", list(State))
def test_what_is_settled_stays_as_it_is(mailing: Mailing, settled: State, then: State) -> None:
    delivery = due(mailing)[0]
    record(mailing, result(delivery, settled, code=250))
    record(mailing, result(delivery, then, code=999))
    assert mark(mailing, delivery.id) == set()
    assert (mailing.row(1).state, mailing.row(1).code) == (settled, 250)


def test_orphans_become_unknown_and_the_rest_stays(mailing: Mailing) -> None:
    mark(mailing, 4, 5)
    with mailing.database.writing() as session:
        assert store.orphans_to_unknown(session, mailing.issue_id, NOW) == 2
        assert store.orphans_to_unknown(session, mailing.issue_id, NOW) == 0
    assert mailing.counts() == Counts(pending=8, unknown=2)


def test_a_listing_pages_through_one_state(mailing: Mailing) -> None:
    for delivery in due(mailing)[:5]:
        record(mailing, result(delivery, State.FAILED, code=550, reply=f"no {delivery.id}"))
    with mailing.database.reading() as session:
        first = store.listing(session, mailing.issue_id, State.FAILED, 3)
        rest = store.listing(session, mailing.issue_id, State.FAILED, 3, after=first[-1].id)
    assert [entry.reply for entry in first + rest] == [f"no {number}" for number in range(1, 6)]
    assert {entry.state for entry in first + rest} == {State.FAILED}


def test_a_word_that_is_no_state_is_refused_by_the_database(mailing: Mailing) -> None:
    with pytest.raises(IntegrityError), mailing.database.writing() as session:
        session.execute(update(DeliveryRow).values(state="lost"))


def test_an_erased_reader_leaves_the_delivery(mailing: Mailing) -> None:
    with mailing.database.writing() as session:
        session.delete(session.scalars(select(SubscriberRow).where(SubscriberRow.id == 1)).one())
    assert mailing.counts().audience == 10


def test_counts_speak_for_people_and_programs() -> None:
    counts = Counts(pending=1, sent=7, failed=2)
    assert counts.summary() == "7 of 10 sent, 2 failed, 1 pending"
    assert counts.json() == {"audience": 10, "pending": 1, "sending": 0, "sent": 7, "failed": 2, "unknown": 0}
    assert not counts.settled
