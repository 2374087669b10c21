"""The barrier: what is on disk at which moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from sqlalchemy import event, text

from digest.clock import SystemClock
from jobs.deliveries.values import Delivery, Result, State
from jobs.sending import ledger as module
from jobs.sending.ledger import Ledger, LedgerError
from tests.jobs.mailing import Mailing

_Value = TypeVar("_Value")


def with_ledger(mailing: Mailing, work: Callable[[Ledger], Awaitable[_Value]]) -> _Value:
    async def inside() -> _Value:
        async with Ledger(mailing.database, mailing.issue_id, SystemClock(), mailing.seen.append) as ledger:
            return await work(ledger)

    return asyncio.run(inside())


def sent(delivery: Delivery) -> Result:
    return Result(delivery.id, State.SENT, 1, datetime.now(UTC), delivery.next_try_at, 250, "fine")


def test_a_mark_is_on_disk_when_it_is_given(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        assert await ledger.about_to_send(letter.delivery)
        assert mailing.row(letter.delivery.reader_id).state == "sending"
        ledger.record(sent(letter.delivery))

    with_ledger(mailing, work)
    assert mailing.row(1).state == "sent"


def test_a_result_travels_with_the_next_mark(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        first, second = await ledger.claim(2)
        await ledger.about_to_send(first.delivery)
        ledger.record(sent(first.delivery))
        await ledger.about_to_send(second.delivery)
        assert (mailing.row(1).state, mailing.row(2).state) == ("sent", "sending")

    with_ledger(mailing, work)


def test_a_delivery_that_another_process_took_is_not_given(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> bool:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.execute(text("update delivery set state = 'failed' where id = 1"))
        return await ledger.about_to_send(letter.delivery)

    assert not with_ledger(mailing, work)
    assert mailing.row(1).state == "failed"


def test_marks_of_many_connections_share_a_commit(mailing: Mailing) -> None:
    commits = 0

    def count(connection: object) -> None:
        nonlocal commits
        commits += 1

    async def work(ledger: Ledger) -> None:
        letters = await ledger.claim(10)
        event.listen(mailing.database.engine, "commit", count)
        given = await asyncio.gather(*(ledger.about_to_send(letter.delivery) for letter in letters))
        assert all(given)

    with_ledger(mailing, work)
    assert commits <= 3


def test_a_database_locked_for_a_while_is_waited_for(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAITS", (0.2, 0.2, 0.2, 0.2, 0.2))
    hasty(mailing)

    async def work(ledger: Ledger) -> bool:
        letter = (await ledger.claim(1))[0]
        locked, ended = threading.Event(), threading.Event()

        def hold() -> None:
            with mailing.database.writing() as session:
                session.connection()
                locked.set()
                ended.wait(5)

        holder = threading.Thread(target=hold)
        holder.start()
        locked.wait(5)
        asyncio.get_running_loop().call_later(0.5, ended.set)
        given = await ledger.about_to_send(letter.delivery)
        holder.join()
        return given

    assert with_ledger(mailing, work)


def test_a_database_that_stays_locked_ends_it_with_words(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAITS", (0.01,))
    hasty(mailing)

    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.connection()
            await ledger.about_to_send(letter.delivery)

    with pytest.raises(LedgerError, match="the database cannot be used: database is locked"):
        with_ledger(mailing, work)


def hasty(mailing: Mailing) -> None:
    """Make connections give up on a lock at once instead of after five seconds."""
    mailing.database.engine.dispose()

    @event.listens_for(mailing.database.engine, "connect")
    def on_connect(connection: object, record: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")  # type: ignore[attr-defined]
