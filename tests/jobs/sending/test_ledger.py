"""The barrier: what is on disk at which moment."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from digest.clock import SystemClock
from digest.errors import WrongState
from jobs.deliveries import barrier, store
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.values import Counts, Delivery, Result, State
from jobs.deliveries.values import Progress as Told
from jobs.sending import going, patience
from jobs.sending import ledger as module
from jobs.sending.ledger import Ledger, LedgerError
from jobs.sending.loop import run
from tests.jobs.mailing import RELAY, Mailing, mailing_in
from tests.postgres import OTHERS_END, Postgres
from tests.processes import until

_Value = TypeVar("_Value")
# How the ledger has its groups written: at once where the database is free, else beside the loop.
AT_ONCE, BESIDE = "write_if_free", "write"


@pytest.fixture(params=[AT_ONCE, BESIDE], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test is run both ways."""
    if request.param == BESIDE:
        monkeypatch.setattr(Barrier, AT_ONCE, lambda *given: None)
    return str(request.param)


def with_ledger(mailing: Mailing, work: Callable[[Ledger], Awaitable[_Value]]) -> _Value:
    async def inside() -> _Value:
        async with Ledger(mailing.database, mailing.issue_id, SystemClock(), mailing.saw) as ledger:
            return await work(ledger)

    return run(inside())


def sent(delivery: Delivery) -> Result:
    return Result(delivery.id, State.SENT, 1, datetime.now(UTC), delivery.next_try_at, 250, "fine")


def test_a_mark_is_on_disk_when_it_is_given(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        assert await ledger.about_to_send(letter.delivery, RELAY)
        assert mailing.row(letter.delivery.reader_id).state == "sending"
        ledger.record(sent(letter.delivery))

    with_ledger(mailing, work)
    assert mailing.row(1).state == "sent"


def test_a_result_travels_with_the_next_mark(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        first, second = await ledger.claim(2)
        await ledger.about_to_send(first.delivery, RELAY)
        ledger.record(sent(first.delivery))
        await ledger.about_to_send(second.delivery, RELAY)
        assert (mailing.row(1).state, mailing.row(2).state) == ("sent", "sending")

    with_ledger(mailing, work)


def test_a_delivery_that_another_process_took_is_not_given(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> bool:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.execute(text("update delivery set state = 'failed' where id = 1"))
        return await ledger.about_to_send(letter.delivery, RELAY)

    assert not with_ledger(mailing, work)
    assert mailing.row(1).state == "failed"


def test_marks_of_many_connections_share_a_commit(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    groups, write = list[int](), getattr(Barrier, way)

    def count(barrier: Barrier, results: Any, marks: Any, *words: Any) -> set[int] | None:
        groups.append(len(marks))
        marked: set[int] | None = write(barrier, results, marks, *words)
        return marked

    monkeypatch.setattr(Barrier, way, count)

    async def work(ledger: Ledger) -> None:
        letters = await ledger.claim(10)
        given = await asyncio.gather(*(ledger.about_to_send(letter.delivery, RELAY) for letter in letters))
        assert all(given)

    with_ledger(mailing, work)
    assert max(groups) == 10


def test_who_waits_for_the_database_does_not_hold_up_the_loop(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.connection()
            marking = asyncio.create_task(ledger.about_to_send(letter.delivery, RELAY))
            # Were the loop held up, nobody would ever let go of the database.
            await asyncio.sleep(0.1)
            assert not marking.done()
        assert await marking

    with_ledger(mailing, work)


def test_after_a_commit_on_a_slow_disk_the_loop_waits_for_none_for_a_while(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, tell = list[str](), barrier._tell

    def slowly(connection: Any, said: Any) -> Any:
        threads.append(threading.current_thread().name)
        time.sleep(0.03)
        return tell(connection, said)

    monkeypatch.setattr(barrier, "_tell", slowly)
    monkeypatch.setattr(module, "_SLOW", 0.02)

    async def work(ledger: Ledger) -> None:
        for letter in await ledger.claim(3):
            assert await ledger.about_to_send(letter.delivery, RELAY)

    with_ledger(mailing, work)
    # The first of the three finds the database idle, unless all go beside the loop.
    assert threads[0] in ("MainThread", "ledger")
    assert threads[1:] == ["ledger"] * len(threads[1:])


def test_what_was_answered_is_written_though_ctrl_c_comes_in_the_middle_of_the_commit(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, pressed = barrier._tell, list[int]()

    def press(connection: Any, said: Any) -> Any:
        if not pressed and mailing.row(1).state == "sending":
            pressed.append(1)
            os.kill(os.getpid(), signal.SIGINT)
        return tell(connection, said)

    monkeypatch.setattr(barrier, "_tell", press)

    async def work(ledger: Ledger) -> None:
        # What the first Ctrl-C does (jobs.cli.signals); asyncio would stop in good order.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        first, second = await ledger.claim(2)
        await ledger.about_to_send(first.delivery, RELAY)
        ledger.record(sent(first.delivery))
        await ledger.about_to_send(second.delivery, RELAY)

    with pytest.raises(KeyboardInterrupt):
        with_ledger(mailing, work)
    assert pressed
    assert mailing.row(1).state == "sent"


def test_what_was_read_before_a_commit_does_not_count_as_what_stands_after_it(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        first, second = await ledger.claim(2)
        standing = asyncio.create_task(ledger.standing())
        await asyncio.sleep(0)
        marking = asyncio.create_task(ledger.about_to_send(first.delivery, RELAY))
        await asyncio.sleep(0)
        # The thread has its answer before the loop asks for the commit.
        time.sleep(0.1)
        await asyncio.gather(standing, marking)
        await ledger.about_to_send(second.delivery, RELAY)
        assert mailing.seen[-1].sending == 2

    with_ledger(mailing, work)


def test_a_database_locked_for_a_while_is_waited_for(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_WAITS", (0.2, 0.2, 0.2, 0.2, 0.2))
    hasty(monkeypatch)

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
        given = await ledger.about_to_send(letter.delivery, RELAY)
        holder.join()
        return given

    assert with_ledger(mailing, work)


def test_a_database_that_stays_locked_ends_it_with_words(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_WAITS", (0.01,))
    hasty(monkeypatch)

    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.connection()
            await ledger.about_to_send(letter.delivery, RELAY)

    with pytest.raises(LedgerError, match="the database cannot be used: database is locked"):
        with_ledger(mailing, work)


def test_a_commit_that_was_done_though_its_answer_was_lost_is_known_for_ours(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(patience, "_WAITS", (0.01,))
    write, lost = getattr(Barrier, way), list[set[int]]()

    def loses_the_answer(barrier: Barrier, *words: Any) -> set[int] | None:
        done: set[int] | None = write(barrier, *words)
        if done and not lost:
            lost.append(done)
            raise OperationalError(None, None, sqlite3.OperationalError("disk I/O error"))
        return done

    monkeypatch.setattr(Barrier, way, loses_the_answer)

    async def work(ledger: Ledger) -> bool:
        letter = (await ledger.claim(1))[0]
        given = await ledger.about_to_send(letter.delivery, RELAY)
        ledger.record(sent(letter.delivery))
        return given

    assert with_ledger(mailing, work)
    assert lost == [{1}]
    assert (mailing.row(1).state, mailing.row(1).attempts) == ("sent", 1)


def test_a_server_that_ends_our_connections_is_used_again(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        mailing = mailing_in(database, readers=3)

        async def work(ledger: Ledger) -> bool:
            first, second, _ = await ledger.claim(3)
            assert await ledger.about_to_send(first.delivery, RELAY)
            ledger.record(sent(first.delivery))
            with database.reading() as session:
                session.execute(text(OTHERS_END))
            given = await ledger.about_to_send(second.delivery, RELAY)
            ledger.record(sent(second.delivery))
            return given

        assert with_ledger(mailing, work)
        assert mailing.counts() == Counts(pending=1, sent=2)


def test_while_one_sender_has_the_pen_a_second_cannot_open_the_ledger(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        mailing = mailing_in(database, readers=3)

        async def work(ledger: Ledger) -> State:
            letter = (await ledger.claim(1))[0]
            await ledger.about_to_send(letter.delivery, RELAY)
            # The lock of jobs.sending.lock is not held here, as if its connection had ended.
            with pytest.raises(WrongState, match="another process is sending"):
                async with Ledger(database, mailing.issue_id, SystemClock(), mailing.saw):
                    raise AssertionError("it was opened")
            return State(mailing.row(letter.delivery.reader_id).state)

        assert with_ledger(mailing, work) == State.SENDING


def test_a_sender_that_lost_the_pen_to_another_marks_nobody_any_more(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        mailing = mailing_in(database, readers=3)

        async def work(ledger: Ledger) -> None:
            first, second, _ = await ledger.claim(3)
            await ledger.about_to_send(first.delivery, RELAY)
            with database.reading() as session:
                session.execute(text(OTHERS_END))
            database.engine.dispose()
            async with Ledger(database, mailing.issue_id, SystemClock(), mailing.saw):
                ledger.record(sent(first.delivery))
                with pytest.raises(WrongState, match="another process is sending"):
                    await ledger.about_to_send(second.delivery, RELAY)
            # Nor afterwards: who lost it once does not come back between two others.
            await ledger.about_to_send(second.delivery, RELAY)

        with pytest.raises(WrongState, match="digest status"):
            with_ledger(mailing, work)
        # In flight when the other one started.
        assert mailing.counts() == Counts(pending=2, unknown=1)


def test_a_connection_that_the_server_still_holds_for_us_is_ended_there(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        mailing = mailing_in(database, readers=3)

        async def work(ledger: Ledger) -> bool:
            letter = (await ledger.claim(1))[0]
            writer = ledger._barrier._writer
            # What a network that forgets a connection leaves at the server.
            lingering, writer._connection = writer._connection, None
            given = await ledger.about_to_send(letter.delivery, RELAY)
            lingering.close()
            return given

        assert with_ledger(mailing, work)


def test_a_disk_that_is_full_is_waited_for(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> bool:
        letters = await ledger.claim(2)
        await ledger.about_to_send(letters[0].delivery, RELAY)
        connection = ledger._barrier._writer._connection
        # SQLite says the same, "database or disk is full", of a file with as many pages as it may have; the
        # next connection may have more.
        (pages,) = await ledger._patient.do(lambda: connection.execute("PRAGMA page_count").fetchone())
        await ledger._patient.do(lambda: connection.execute(f"PRAGMA max_page_count={pages}"))
        ledger.record(sent(letters[0].delivery)._replace(reply="x" * 100_000))
        return await ledger.about_to_send(letters[1].delivery, RELAY)

    assert with_ledger(mailing, work)
    assert len(mailing.row(1).reply or "") == 100_000


def test_a_connection_that_is_cancelled_does_not_take_the_others_commit_with_it(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> list[bool]:
        letters = await ledger.claim(3)
        marking = [asyncio.create_task(ledger.about_to_send(letter.delivery, RELAY)) for letter in letters]
        await asyncio.sleep(0)
        marking[0].cancel()
        return [await one for one in marking[1:]]

    assert with_ledger(mailing, work) == [True, True]
    assert [mailing.row(reader).state for reader in (2, 3)] == ["sending"] * 2


def test_a_run_tells_how_far_it_is_and_when_it_has_ended(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> Told | None:
        letter = (await ledger.claim(1))[0]
        await ledger.about_to_send(letter.delivery, RELAY)
        ledger.record(sent(letter.delivery))
        return told(mailing)

    running, ended = with_ledger(mailing, work), told(mailing)
    assert running is not None
    assert ended is not None
    assert running.ended_at is None
    assert ended.ended_at is not None
    assert (ended.sent, ended.answered, ended.began_at) == (1, 1, running.began_at)


def test_a_run_that_has_nothing_to_commit_still_shows_life(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OFTEN", 0.01)
    monkeypatch.setattr(going, "OFTEN", 0.01)

    async def work(ledger: Ledger) -> None:
        await asyncio.to_thread(until, lambda: told(mailing))
        first = told(mailing)
        await asyncio.to_thread(until, lambda: told(mailing) != first)

    with_ledger(mailing, work)


def test_what_a_person_settled_meanwhile_is_counted_as_it_stands(mailing: Mailing) -> None:
    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        await ledger.about_to_send(letter.delivery, RELAY)
        ledger.record(sent(letter.delivery)._replace(state=State.UNKNOWN))
        await ledger.flush()
        with mailing.database.writing() as session:
            store.settle_unknown(session, mailing.issue_id, State.SENT, datetime.now(UTC))
        await ledger.standing()
        another = (await ledger.claim(1))[0]
        await ledger.about_to_send(another.delivery, RELAY)

    with_ledger(mailing, work)
    assert mailing.seen[-1] == Counts(pending=8, sending=1, sent=1)


def told(mailing: Mailing) -> Told | None:
    with mailing.database.reading() as session:
        return store.progress_of(session, mailing.issue_id)


def test_who_is_in_a_hurry_does_not_wait_for_the_database(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_WAITS", (300.0,))
    hasty(monkeypatch)

    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        with mailing.database.writing() as session:
            session.connection()
            marking = asyncio.create_task(ledger.about_to_send(letter.delivery, RELAY))
            await asyncio.sleep(0)
            ledger.hurry()
            await marking

    with pytest.raises(LedgerError, match="database is locked"):
        with_ledger(mailing, work)
    assert mailing.counts() == Counts(pending=10)


def test_who_is_in_a_hurry_gives_up_a_database_that_does_not_answer(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_HURRIED", 0.05)
    hangs, write = threading.Event(), Barrier.write

    def hang(barrier: Barrier, results: Any, marks: Any, *words: Any) -> set[int]:
        hangs.wait()
        return write(barrier, results, marks, *words)

    monkeypatch.setattr(Barrier, "write", hang)

    async def work(ledger: Ledger) -> None:
        letter = (await ledger.claim(1))[0]
        marking = asyncio.create_task(ledger.about_to_send(letter.delivery, RELAY))
        ledger.hurry()
        await marking

    with pytest.raises(LedgerError, match="it does not answer"):
        with_ledger(mailing, work)
    hangs.set()
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "ledger"])


def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have writers give up on a lock at once instead of after five seconds."""
    monkeypatch.setattr("digest.db.PATIENCE", 0.01)
