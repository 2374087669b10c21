"""The ledger on PostgreSQL, asked from the loop: what counts is kept, whatever becomes of an answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from digest.clock import SystemClock
from digest.writer import Writer
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.values import Counts, Letter, Result, State
from jobs.sending import patience
from jobs.sending.ledger import Ledger, LedgerError
from jobs.sending.loop import run
from tests.jobs.mailing import RELAY, Mailing, mailing_in
from tests.postgres import OTHERS_END, Postgres

_Value = TypeVar("_Value")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def mailing(postgres: Postgres) -> Iterator[Mailing]:
    with postgres.fresh() as database:
        yield mailing_in(database, readers=5)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[int]]:
    """The marks that were written by the thread."""
    seen, write = list[Sequence[int]](), Barrier.write

    def watched(barrier: Barrier, results: Any, marks: Any, *words: Any) -> set[int]:
        if results or marks:
            seen.append(sorted(marks))
        return write(barrier, results, marks, *words)

    monkeypatch.setattr(Barrier, "write", watched)
    return seen


def with_ledger(mailing: Mailing, work: Callable[[Ledger, Sequence[Letter]], Awaitable[_Value]]) -> _Value:
    """Do some work with a ledger of which all letters are claimed, and whose first one is marked and sent."""

    async def inside() -> _Value:
        async with Ledger(mailing.database, mailing.issue_id, SystemClock(), mailing.saw) as ledger:
            letters = list(await ledger.claim(5))
            assert await ledger.about_to_send(letters[0].delivery, RELAY)
            ledger.record(sent(letters[0]))
            return await work(ledger, letters)

    return run(inside())


def sent(letter: Letter) -> Result:
    return Result(
        letter.delivery.id, State.SENT, 1, datetime.now(UTC), letter.delivery.next_try_at, 250, "fine"
    )


def test_a_group_is_committed_without_the_thread(mailing: Mailing, threads: list[Sequence[int]]) -> None:
    async def work(ledger: Ledger, letters: Sequence[Letter]) -> None:
        threads.clear()
        for last, letter in pairwise(letters):
            assert await ledger.about_to_send(letter.delivery, RELAY)
            assert mailing.row(last.delivery.reader_id).state == "sent"
            assert mailing.row(letter.delivery.reader_id).state == "sending"
            ledger.record(sent(letter))
        assert not threads

    with_ledger(mailing, work)
    assert mailing.counts() == Counts(sent=5)
    assert mailing.seen[-1] == Counts(sent=5)


def test_a_reader_who_left_meanwhile_is_not_given(mailing: Mailing, threads: list[Sequence[int]]) -> None:
    async def work(ledger: Ledger, letters: Sequence[Letter]) -> list[bool]:
        with mailing.database.writing() as session:
            session.execute(text("update subscriber set status = 'unsubscribed' where id = 2"))
        return list(
            await asyncio.gather(*(ledger.about_to_send(one.delivery, RELAY) for one in letters[1:4]))
        )

    assert with_ledger(mailing, work) == [False, True, True]
    assert threads[1] == [2, 3, 4]
    assert (mailing.row(1).state, mailing.row(2).attempts, mailing.row(3).attempts) == ("sent", 0, 1)


def test_an_answer_that_is_lost_with_its_connection_is_asked_for_by_the_thread(mailing: Mailing) -> None:
    async def work(ledger: Ledger, letters: Sequence[Letter]) -> bool:
        with mailing.database.writing() as session:
            session.execute(text("lock table delivery in exclusive mode"))
            marking = asyncio.create_task(ledger.about_to_send(letters[1].delivery, RELAY))
            await asyncio.sleep(0.1)
            assert not marking.done()
            session.execute(text(OTHERS_END))
        return await marking

    assert with_ledger(mailing, work)
    assert (mailing.row(1).state, mailing.row(2).state, mailing.row(2).attempts) == ("sent", "sending", 1)


def test_who_is_in_a_hurry_gives_up_a_server_that_does_not_answer(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_HURRIED", 0.05)

    async def work(ledger: Ledger, letters: Sequence[Letter]) -> None:
        with mailing.database.writing() as session:
            session.execute(text("lock table delivery in exclusive mode"))
            marking = asyncio.create_task(ledger.about_to_send(letters[1].delivery, RELAY))
            await asyncio.sleep(0.05)
            ledger.hurry()
            with pytest.raises(LedgerError, match="it does not answer"):
                await marking

    with pytest.raises(LedgerError, match="it does not answer"):
        with_ledger(mailing, work)
    # Once the lock is gone the server may still do what it was asked.
    assert mailing.counts().pending >= 3


def test_what_was_answered_is_written_though_everything_is_cancelled_in_the_middle_of_the_commit(
    mailing: Mailing,
) -> None:
    async def work(ledger: Ledger, letters: Sequence[Letter]) -> None:
        with mailing.database.writing() as session:
            session.execute(text("lock table delivery in exclusive mode"))
            marking = asyncio.create_task(ledger.about_to_send(letters[1].delivery, RELAY))
            await asyncio.sleep(0.1)
            # What Ctrl-C does to whatever runs.
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await marking

    with_ledger(mailing, work)
    assert mailing.row(1).state == "sent"


def test_the_thread_rests_while_a_question_is_open(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    used, connection = list[tuple[bool, str]](), Writer.connection
    open_questions = list[object]()

    def watched(writer: Writer) -> AbstractContextManager[Any]:
        used.append((bool(open_questions), threading.current_thread().name))
        return connection(writer)

    def ask(writer: Writer, *words: Any) -> asyncio.Future[int] | None:
        if (answer := asked(writer, *words)) is not None:
            open_questions.append(answer)
            answer.add_done_callback(open_questions.remove)
        return answer

    asked = Writer.ask
    monkeypatch.setattr(Writer, "connection", watched)
    monkeypatch.setattr(Writer, "ask", ask)

    async def work(ledger: Ledger, letters: Sequence[Letter]) -> None:
        with mailing.database.writing() as session:
            session.execute(text("lock table delivery in exclusive mode"))
            marking = asyncio.create_task(ledger.about_to_send(letters[1].delivery, RELAY))
            await asyncio.sleep(0.05)
            assert open_questions
            # What reads, and what tells of life, come meanwhile.
            standing = asyncio.create_task(ledger.standing())
            writing = asyncio.create_task(ledger._patient.do(lambda: ledger._barrier.write([], {}, NOW)))
            await asyncio.sleep(0.05)
            assert not writing.done()
        assert await marking
        await asyncio.gather(standing, writing)

    with_ledger(mailing, work)
    assert not [who for busy, who in used if busy and who == "ledger"]
