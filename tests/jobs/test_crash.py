"""A sender that is killed: nobody is lost, nobody is mailed twice, and what is unknown is said."""

from __future__ import annotations

import random
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.mailing import QUICK, address, new_mailing
from tests.jobs.sender_process import start
from tests.servers import SILENCE, Sink

KILLS = 20
READERS = 1500


@pytest.mark.slow
def test_twenty_kills_lose_nobody_and_mail_nobody_twice(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", READERS)
    chance = random.Random(20)
    sink = Sink()
    unknown = 0
    with sink.serve() as port:
        for _ in range(KILLS):
            taken = len(sink.accepted)
            process = start(mailing, port)
            # At some message, and then at some moment between two of them; sometimes before the first.
            assert sink.wait_for(taken + chance.randrange(60))
            with suppress(TimeoutError):
                process.wait(chance.random() * 0.02)
            process.kill()

            before, unknown = unknown, mailing.counts().unknown
            assert unknown - before <= QUICK.connections
            assert mailing.counts().audience == READERS
            assert max(Counter(sink.accepted).values(), default=1) == 1
        assert start(mailing, port).wait(60) == 0

    counts, states = mailing.counts(), mailing.states()
    assert counts.sent + counts.failed + counts.unknown == READERS
    assert counts.failed == 0
    assert counts.unknown <= KILLS * QUICK.connections
    assert max(Counter(sink.accepted).values()) == 1
    assert {reader for reader, state in states.items() if state == "sent"} <= set(sink.accepted)
    assert {states[reader] for reader in sink.accepted} <= {"sent", "unknown"}
    assert set(states) == {address(number) for number in range(1, READERS + 1)}


def test_sigterm_ends_it_cleanly_and_the_next_start_goes_on_exactly_there(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", 200)
    sink = Sink(delay=0.01)
    with sink.serve() as port:
        process = start(mailing, port)
        assert sink.wait_for(50)
        process.terminate()
        assert process.wait(30) == 0
        counts = mailing.counts()
        assert counts.sent == len(sink.accepted) < 200
        assert (counts.sending, counts.unknown, counts.failed) == (0, 0, 0)
        assert start(mailing, port).wait(30) == 0
    assert sorted(sink.accepted) == [address(number) for number in range(1, 201)]


def test_sigterm_does_not_wait_for_a_server_that_never_answers(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "digest.db", 20)
    mailing.settings = QUICK.model_copy(update={"final_timeout": timedelta(minutes=10)})
    sink = Sink(lambda step, recipient: SILENCE if step == "BODY" else None)
    with sink.serve() as port:
        process = start(mailing, port)
        assert sink.wait_for(QUICK.connections)
        process.send_signal(signal.SIGTERM)
        # It is given the engine's seconds of grace; however long a busy machine takes beyond them, it is far
        # from the ten minutes that the server has.
        assert process.wait(60) == 0
    counts = mailing.counts()
    assert (counts.unknown, counts.pending) == (QUICK.connections, 20 - QUICK.connections)
