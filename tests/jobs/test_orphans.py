"""What a dead sender left behind: unknown as soon as somebody looks, and never while one is at work."""

from __future__ import annotations

import pytest

from digest.clock import SystemClock
from digest.db import Database
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.store import listing
from jobs.deliveries.values import State
from jobs.orphans import settle_orphans
from jobs.sending.lock import sender_lock
from tests.jobs.mailing import QUICK, RELAY, Mailing, mailing_in
from tests.jobs.sender_process import start
from tests.servers import SILENCE, Sink


def settled(mailing: Mailing) -> int:
    return settle_orphans(mailing.database, mailing.clock, mailing.issue_id)


def test_a_killed_sender_leaves_them_and_a_living_one_keeps_them(mailing: Mailing) -> None:
    sink = Sink(lambda step, recipient: SILENCE if step == "BODY" else None)
    with sink.serve() as port:
        process = start(mailing, port)
        assert sink.wait_for(QUICK.connections)
        assert settled(mailing) == 0
        assert mailing.counts().sending == QUICK.connections
        process.kill()
        process.wait()
        assert settled(mailing) == QUICK.connections
    counts = mailing.counts()
    assert (counts.sending, counts.unknown) == (0, QUICK.connections)
    assert set(sink.accepted) == {reader for reader, state in mailing.states().items() if state == "unknown"}
    # And where to look for them.
    with mailing.database.reading() as session:
        unknown = listing(session, mailing.issue_id, State.UNKNOWN, 100)
    assert {entry.relay for entry in unknown} == {f"smtp://127.0.0.1:{port}"}


@pytest.mark.both_databases
def test_only_marked_ones_are_settled_once_and_only_while_nobody_sends(database: Database) -> None:
    mailing = mailing_in(database, readers=3)
    barrier = Barrier(database)
    barrier.write((), {1: RELAY, 2: RELAY}, SystemClock().now(), None)
    barrier.close()
    with sender_lock(database):
        assert settled(mailing) == 0
    assert settled(mailing) == 2
    assert settled(mailing) == 0
    assert (mailing.counts().unknown, mailing.counts().pending) == (2, 1)


def test_where_nothing_is_in_flight_the_lock_is_not_even_asked_for(mailing: Mailing) -> None:
    assert mailing.database.file is not None
    assert settled(mailing) == 0
    assert not list(mailing.database.file.parent.glob("*.lock"))
