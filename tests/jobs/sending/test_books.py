"""What becomes of a delivery by what the server said, as the database has it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from digest.clock import FixedClock
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Delivery
from jobs.sending.books import Books
from jobs.sending.ledger import Ledger
from jobs.sending.loop import run
from jobs.sending.replies import Accepted, Refused
from tests.jobs.mailing import QUICK, RELAY, Mailing

SETTINGS = QUICK.model_copy(update={"retry_first": timedelta(minutes=1), "retry_most": timedelta(hours=1)})


@pytest.fixture
def now() -> datetime:
    # Later than the mailing: all of it is due.
    return datetime.now(UTC) + timedelta(hours=1)


def noted(mailing: Mailing, now: datetime, entry: Callable[[Books, Delivery], None]) -> DeliveryRow:
    """Mark the first delivery as about to be sent, enter what ``entry`` does, and return its row."""

    async def inside() -> None:
        async with Ledger(mailing.database, mailing.issue_id, FixedClock(now), mailing.saw) as ledger:
            [letter] = await ledger.claim(1)
            assert await ledger.about_to_send(letter.delivery, RELAY)
            entry(Books(ledger, SETTINGS, FixedClock(now)), letter.delivery)

    run(inside())
    return mailing.row(1)


def test_what_was_taken_is_sent_with_the_servers_words(mailing: Mailing, now: datetime) -> None:
    row = noted(mailing, now, lambda books, one: books.answered(one, Accepted(250, "2.0.0 queued"), RELAY))
    assert (row.state, row.attempts, row.code, row.reply) == ("sent", 1, 250, "2.0.0 queued")
    assert (row.relay, row.first_try_at) == (RELAY, now)


def test_what_was_refused_for_good_has_failed_at_once(mailing: Mailing, now: datetime) -> None:
    row = noted(mailing, now, lambda books, one: books.answered(one, Refused(550, "5.1.1 nobody"), RELAY))
    assert (row.state, row.attempts, row.code, row.reply) == ("failed", 1, 550, "5.1.1 nobody")


def test_what_was_refused_for_now_waits_and_is_due_later(mailing: Mailing, now: datetime) -> None:
    row = noted(mailing, now, lambda books, one: books.answered(one, Refused(451, "4.7.1 later"), RELAY))
    assert (row.state, row.attempts, row.code, row.reply) == ("pending", 1, 451, "4.7.1 later")
    # A minute, give or take a quarter.
    assert timedelta(seconds=45) <= row.next_try_at - now <= timedelta(seconds=75)
    assert row.first_try_at == now


def test_what_was_put_off_for_too_long_is_given_up_and_says_so(mailing: Mailing, now: datetime) -> None:
    with mailing.database.writing() as session:
        long_ago = {"first_try_at": now - timedelta(hours=48), "attempts": 7}
        session.execute(update(DeliveryRow).where(DeliveryRow.id == 1).values(long_ago))
    row = noted(mailing, now, lambda books, one: books.answered(one, Refused(451, "4.7.1 later"), RELAY))
    assert (row.state, row.attempts, row.reply) == ("failed", 8, "gave up: 4.7.1 later")
    assert row.first_try_at == now - timedelta(hours=48)


def test_what_nobody_can_tell_is_unknown_and_counts_as_a_try(mailing: Mailing, now: datetime) -> None:
    row = noted(mailing, now, lambda books, one: books.unknown(one, "it broke", RELAY))
    assert (row.state, row.attempts, row.code, row.reply) == ("unknown", 1, None, "it broke")


def test_what_did_not_leave_stands_as_if_it_had_never_been_marked(mailing: Mailing, now: datetime) -> None:
    before = mailing.row(1)
    row = noted(mailing, now, lambda books, one: books.take_back(one))
    assert (row.state, row.attempts, row.first_try_at) == ("pending", 0, None)
    assert row.next_try_at == before.next_try_at


def test_what_could_not_be_made_has_failed_without_a_try(mailing: Mailing, now: datetime) -> None:
    row = noted(mailing, now, lambda books, one: books.give_up(one, "no name"))
    assert (row.state, row.attempts, row.first_try_at) == ("failed", 0, None)
    assert (row.reply, row.relay) == ("not sent: no name", None)
