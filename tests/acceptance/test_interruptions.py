"""A send-out that is interrupted, through the real command: killed, paused, stopped."""

from __future__ import annotations

import json
import random
import re
import signal
import threading
from collections import Counter
from typing import Any

import pytest

from digest.db import Database
from tests.acceptance.desk import Desk
from tests.acceptance.sending import prepared, sending
from tests.jobs.mailing import Mailing
from tests.servers import Sink

READERS = 150
KILLS = 10
CONNECTIONS = 2


def in_doubt(mailing: Mailing) -> int:
    """Return how many deliveries are unknown, or will be when the next sender starts."""
    counts = mailing.counts()
    return counts.unknown + counts.sending


def shown(desk: Desk) -> dict[str, Any]:
    issue: dict[str, Any] = json.loads(desk.digest("issue", "show", "--json"))
    return issue


@pytest.mark.slow
@pytest.mark.both_databases
def test_case_7_killed_at_random_moments_nobody_is_lost_or_mailed_twice(
    desk: Desk, database: Database
) -> None:
    """The sink's own log is the truth: whom it took a message for, before it answered."""
    sink = Sink(delay=0.05)
    draw = random.Random(7)
    mailing = Mailing(database, issue_id=1)
    with sink.serve() as port:
        desk.environment |= {
            "DIGEST_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DIGEST_SENDING__CONNECTIONS": str(CONNECTIONS),
        }
        prepared(desk, READERS)
        for _ in range(KILLS):
            run, before = desk.start("issue", "send"), in_doubt(mailing)
            wanted = len(sink.accepted) + draw.randint(0, 6)
            if wanted > len(sink.accepted):
                sink.wait_for(wanted, timeout=10)
            else:
                # Before or while it starts: an issue half-way between approved and sending counts too.
                threading.Event().wait(draw.uniform(0.0, 0.6))
            run.kill()
            assert in_doubt(mailing) - before <= CONNECTIONS
        desk.digest("issue", "send")
        after = shown(desk)
    assert after["sent"] + after["failed"] + after["unknown"] == after["audience"] == READERS
    assert after["status"] == "sent"
    taken = Counter(sink.accepted)
    assert max(taken.values()) == 1, "nobody twice"
    assert after["unknown"] <= CONNECTIONS * KILLS
    assert READERS - len(taken) <= after["unknown"], "nobody lost"
    assert after["sent"] <= len(taken)
    unknown = {reader for reader, state in mailing.states().items() if state == "unknown"}
    assert unknown <= set(sink.begun), "unknown is only who was in flight"
    listed = json.loads(desk.digest("issue", "show", "--deliveries", "unknown", "--json"))
    assert len(listed) == after["unknown"]
    assert not re.search(r"reader\d{3}@", json.dumps(listed)), "nobody's address"


def test_pausing_from_another_process_stops_a_running_send_out_and_resuming_lets_it_go_on(
    desk: Desk,
) -> None:
    sink = Sink(delay=0.05)
    with sink.serve() as port:
        desk.environment |= {
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DIGEST_SENDING__CONNECTIONS": "1",
        }
        prepared(desk, READERS)
        process = sending(desk)
        sink.wait_for(3)
        desk.digest("issue", "pause")
        said, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert b"paused" in said
        assert 3 <= len(sink.accepted) < READERS
        assert "digest issue resume" in desk.digest("issue", "send", code=1)
        sink.delay = 0.0
        desk.digest("issue", "resume")
        desk.digest("issue", "send")
    assert Counter(sink.accepted).most_common(1)[0][1] == 1
    assert len(sink.accepted) == READERS


def test_case_9_sigterm_in_mid_send_ends_within_ten_seconds_and_resumes_exactly(desk: Desk) -> None:
    sink = Sink(delay=0.05)
    with sink.serve() as port:
        desk.environment |= {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        prepared(desk, READERS)
        process = sending(desk)
        sink.wait_for(3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 1, "readers still wait"
        assert shown(desk)["unknown"] == 0
        sink.delay = 0.0
        desk.digest("issue", "send")
    assert Counter(sink.accepted) == Counter(
        {f"reader{number:03d}@example.com": 1 for number in range(READERS)}
    )


def test_an_issue_cancelled_before_anybody_got_it_can_be_built_anew(desk: Desk) -> None:
    sink = Sink(script=lambda step, recipient: "452 4.2.2 mailbox full" if step == "RCPT" else None)
    with sink.serve() as port:
        desk.environment |= {
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DIGEST_SENDING__RETRY_FIRST": "90s",
        }
        prepared(desk, READERS)
        assert "readers to go" in desk.digest("issue", "send", code=1)
    desk.digest("issue", "pause")
    desk.digest("issue", "cancel")
    desk.digest("issue", "build")
    assert shown(desk)["status"] == "draft"
    assert "audience" not in shown(desk)
