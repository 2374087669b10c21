"""``digest run``: pages, sign-ups and the weekly issue from one process, left alone."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from digest.schedule import WEEKDAYS
from tests.acceptance.desk import Desk, body
from tests.acceptance.weeks import FIRST_WEEK
from tests.processes import running, wait_for


def eventually(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def due_now(desk: Desk) -> None:
    """Set the schedule to a slot that began a minute ago."""
    slot = datetime.now(UTC) - timedelta(minutes=1)
    desk.environment |= {
        "DIGEST_SCHEDULE__WEEKDAY": WEEKDAYS[slot.weekday()],
        "DIGEST_SCHEDULE__TIME": f"{slot:%H:%M}",
        "DIGEST_SCHEDULE__TIMEZONE": "Etc/UTC",
    }


def test_run_builds_and_sends_the_due_issue_once_and_stops_on_sigterm(desk: Desk) -> None:
    due_now(desk)
    desk.digest("catalogue", "import", *desk.save(FIRST_WEEK))
    for number in range(3):
        desk.digest("subscribers", "add", f"reader{number}@example.com", "--confirmed")

    for _ in range(2):
        with running(desk.environment, desk.folder, "run", "--port", str(desk.port)) as process:
            wait_for(f"{desk.base_url}/healthz")
            eventually(lambda: json.loads(desk.digest("status", "--json"))["status"] == "sent")
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - begin < 10
    assert len(desk.received()) == 3, "the second start found the week done"


def test_a_sign_up_gets_its_mail_and_the_button_confirms(desk: Desk) -> None:
    with running(desk.environment, desk.folder, "run", "--port", str(desk.port)):
        wait_for(f"{desk.base_url}/healthz")
        answer = httpx.post(f"{desk.base_url}/subscribe", data={"email": "ann@example.com", "name": "Ann"})
        assert answer.status_code == 200
        eventually(lambda: len(desk.received()) == 1)
        (message,) = desk.received()
        assert message["To"].addresses[0].addr_spec == "ann@example.com"
        assert "Ann" not in body(message, "html") + body(message, "plain"), (
            "no text of whoever filled the form"
        )
        links = re.findall(rf'href="({desk.base_url}/confirm/[^"]+)"', body(message, "html"))
        link = links[0]
        assert link in body(message, "plain")

        assert httpx.get(link).status_code == 200
        assert status_of(desk) == "pending", "looking changes nothing"
        assert httpx.post(link).status_code == 200
        assert status_of(desk) == "confirmed"


def status_of(desk: Desk) -> str:
    (reader,) = json.loads(desk.digest("subscribers", "list", "--json"))
    return str(reader["status"])
