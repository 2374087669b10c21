"""A send-out on a machine in trouble: asleep, its disk full, its clock jumping, its database busy or away.

Nobody is lost, nobody is mailed twice, and it says what is wrong.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from digest.db import PATIENCE, Base, Database
from jobs.sending import patience
from jobs.sending.ledger import LedgerError
from jobs.sending.loop import run
from tests.jobs.mailing import QUICK, Mailing, address, mailing_in, new_mailing
from tests.jobs.sender_process import start
from tests.postgres import Cluster, frozen, other_backends, own_cluster
from tests.processes import require_root, until
from tests.servers import Sink

READERS = 200
# What another process does with the database: it is its only user, says so, and stays for some seconds.
HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.execute("COMMIT")
"""


def assert_accounted_for(mailing: Mailing, sink: Sink) -> None:
    """Nobody twice, nobody sent without a message, nobody waiting with one; unknown: who was in flight."""
    states = mailing.states()
    # What a sender left as "sending" is unknown from the next start on.
    unknown = {reader for reader, state in states.items() if state in ("sending", "unknown")}
    assert max(Counter(sink.accepted).values()) == 1
    assert {reader for reader, state in states.items() if state == "sent"} <= set(sink.accepted)
    assert {states[reader] for reader in set(sink.accepted) - unknown} == {"sent"}
    assert unknown <= set(sink.begun)
    assert len(unknown) <= QUICK.connections
    assert set(states) == {address(number) for number in range(1, len(states) + 1)}


@pytest.mark.slow
def test_a_sender_that_was_stopped_for_longer_than_the_servers_patience_goes_on(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", READERS)
    sink = Sink(delay=0.01, patience=2.0)
    with sink.serve() as port:
        process = start(mailing, port)
        assert sink.wait_for(20)
        process.send_signal(signal.SIGSTOP)
        until(lambda: not sink.open)
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    assert_accounted_for(mailing, sink)
    counts = mailing.counts()
    assert counts.settled
    assert counts.sent + counts.unknown == READERS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB: room for SQLite's write-ahead log, which grows to 4 MB before it is folded."""
    require_root("mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(disk)], check=True)
    yield disk
    # Lazily: a test that failed may have left a file open.
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Leave not a byte for anybody else."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass


def test_a_full_disk_ends_it_with_words_and_it_goes_on_once_there_is_space(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_WAITS", (0.1, 0.1))
    mailing = new_mailing(small_disk / "digest.db", READERS)

    def fills(step: str, recipient: str) -> None:
        if (step, recipient) == ("BODY", address(50)):
            fill(small_disk)

    sink = Sink(fills)
    with sink.serve() as port:
        with pytest.raises(LedgerError, match="the database cannot be used: database or disk is full"):
            mailing.send(port)
        assert len(sink.accepted) < READERS
        assert_accounted_for(mailing, sink)
        (small_disk / "filler").unlink()
        outcome = mailing.send(port)
    mailing.database.close()
    assert outcome.counts.sent + outcome.counts.unknown == READERS
    assert_accounted_for(mailing, sink)


class JumpingClock:
    """The machine's clock while somebody sets it wrong by ``offset``."""

    offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def test_a_clock_that_jumps_an_hour_back_and_forth_loses_nobody_and_tries_nobody_again_and_again(
    tmp_path: Path,
) -> None:
    mailing = new_mailing(tmp_path / "digest.db", READERS)
    mailing.clock = clock = JumpingClock()
    mailing.settings = QUICK.model_copy(
        update={"retry_first": timedelta(minutes=10), "retry_most": timedelta(minutes=30)}
    )
    jumps = iter([timedelta(hours=1), timedelta(hours=-1), timedelta()] * READERS)
    bodies, tries = Counter[str](), Counter[str]()

    def jumps_and_puts_off(step: str, recipient: str) -> str | None:
        bodies[step] += step == "BODY"
        if step == "BODY" and bodies[step] % 20 == 0:
            clock.offset = next(jumps)
        if step == "RCPT" and recipient in (address(5), address(150)):
            tries[recipient] += 1
            return "451 4.2.1 mailbox busy" if clock.offset < timedelta(hours=3) else None
        return None

    sink = Sink(jumps_and_puts_off)
    with sink.serve() as port:
        mailing.send(port)
        assert_accounted_for(mailing, sink)
        assert max(tries.values()) <= 5
        clock.offset = timedelta(hours=3)
        outcome = mailing.send(port)
    assert (outcome.counts.sent, outcome.next_try_at) == (READERS, None)
    assert_accounted_for(mailing, sink)


@pytest.mark.slow
def test_a_database_that_another_process_keeps_to_itself_for_a_while_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    mailing = new_mailing(file, READERS)
    # Longer than one transaction waits to become the writer, so that it has to be tried again.
    words = [sys.executable, "-c", HOLD, str(file), str(PATIENCE + 2)]
    holders: list[subprocess.Popen[str]] = []

    def holds(step: str, recipient: str) -> None:
        if (step, recipient) == ("BODY", address(50)):
            holders.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            assert holders[0].stdout is not None
            assert holders[0].stdout.readline() == "held\n"

    sink = Sink(holds)
    with sink.serve() as port:
        outcome = mailing.send(port)
    assert holders[0].wait(0) == 0
    assert outcome.counts.sent == READERS
    assert_accounted_for(mailing, sink)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be stopped."""
    with own_cluster() as cluster:
        yield cluster


@pytest.mark.slow
def test_sigterm_ends_a_sender_whose_postgresql_hangs(cluster: Cluster) -> None:
    database = Database(cluster.url)
    Base.metadata.create_all(database.engine)
    mailing = mailing_in(database, READERS)
    sink = Sink(delay=0.01)
    with sink.serve() as port:
        process = start(mailing, port)
        assert sink.wait_for(20)
        with frozen(database):
            process.terminate()
            # A service manager kills after ten seconds; two more for a slow machine.
            assert process.wait(12) != 0
        # What the server had begun to write for it may be done only now, and ends with its connections.
        until(lambda: not other_backends(database))
        assert start(mailing, port).wait(60) == 0
    counts = mailing.counts()
    assert counts.sent + counts.unknown == READERS
    assert counts.unknown <= QUICK.connections
    assert max(Counter(sink.accepted).values()) == 1
    sent = {reader for reader, state in mailing.states().items() if state == "sent"}
    assert sent <= set(sink.accepted)
    database.close()


def assert_goes_on(cluster: Cluster, trouble: Callable[[Database], None]) -> None:
    """Send on PostgreSQL, have ``trouble`` happen in the middle; everybody is accounted for at the end."""
    database = Database(cluster.url)
    Base.metadata.create_all(database.engine)
    mailing = mailing_in(database, READERS)
    sink = Sink(delay=0.01)

    async def troubled(port: int) -> None:
        sending = asyncio.create_task(mailing.sending(port))
        assert await asyncio.to_thread(sink.wait_for, 20)
        await asyncio.to_thread(trouble, database)
        await sending

    with sink.serve() as port:
        run(troubled(port))
    counts = mailing.counts()
    assert counts.settled
    assert counts.sent + counts.unknown == READERS
    assert_accounted_for(mailing, sink)
    database.close()


@pytest.mark.slow
def test_a_postgresql_that_is_started_anew_in_mid_send_is_waited_for(cluster: Cluster) -> None:
    def start_anew(database: Database) -> None:
        cluster.stop()
        cluster.start()

    assert_goes_on(cluster, start_anew)


@pytest.mark.slow
def test_a_postgresql_that_says_its_last_words_with_a_question_unread_is_waited_for(cluster: Cluster) -> None:
    def say_last_words(database: Database) -> None:
        with frozen(database) as backends:
            # Every line sends its message to the end and asks for the next.
            sleep(0.5)
            for backend in backends:
                # As in an immediate shutdown: once awake it says that it ends, and looks at nothing any more.
                os.kill(backend, signal.SIGQUIT)

    assert_goes_on(cluster, say_last_words)
