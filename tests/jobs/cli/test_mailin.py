"""``digest mailin`` as an operator runs it."""

from __future__ import annotations

import json
import signal
import smtplib
import subprocess
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import desk as desk
from tests.acceptance.desk import Desk
from tests.processes import free_port, running, until, wait_for
from tests.subscribers.mailin.letters import letter


def standing(desk: Desk) -> dict[str, str]:
    readers = json.loads(desk.digest("subscribers", "list", "--json"))
    return {reader["email"]: reader["status"] for reader in readers}


def lmtp(where: str, port: int, process: subprocess.Popen[bytes]) -> smtplib.LMTP:
    """Return a client, once somebody listens."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return smtplib.LMTP(where, port)
        except OSError:
            assert process.poll() is None, "it ended"
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_without_a_way_in_it_says_what_to_set(desk: Desk) -> None:
    said = desk.digest("mailin", code=1)
    assert "set lmtp, smtp or imap, see docs/mailin.md" in said


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LMTP", "unix:/nowhere/at/all.sock", "cannot be used"),
        ("IMAP", "imaps://desk:hunter2@host/x", "write it like imaps://"),
    ],
)
def test_a_way_that_cannot_be_had_is_one_line(desk: Desk, setting: str, value: str, said: str) -> None:
    desk.environment[f"DIGEST_MAILIN__{setting}"] = value
    complaint = desk.digest("mailin", code=1)
    assert said in complaint
    assert "hunter2" not in complaint


def test_it_takes_mail_at_a_unix_socket_logs_no_address_and_ends_when_told(
    desk: Desk, tmp_path: Path
) -> None:
    place = tmp_path / "in.sock"
    desk.environment |= {
        "DIGEST_MAILIN__LMTP": f"unix:{place}",
        "DIGEST_MAILIN__SUBSCRIBE": "join@news.example.com",
    }
    desk.digest("init")
    with running(desk.environment, tmp_path, "mailin") as process:
        with lmtp(str(place), 0, process) as client:
            client.sendmail("ann@example.org", "join@news.example.com", letter(author="ann@example.org"))
        idle = lmtp(str(place), 0, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        idle.close()
    assert standing(desk) == {"ann@example.org": "pending"}
    log = (tmp_path / "mailin.log").read_text()
    assert "subscribe: asked to confirm" in log
    assert "@" not in log
    assert "Traceback" not in log


def test_run_takes_mail_beside_the_rest_and_sends_what_it_leads_to(desk: Desk, tmp_path: Path) -> None:
    port = free_port()
    desk.environment |= {"DIGEST_MAILIN__LMTP": f"127.0.0.1:{port}", "DIGEST_WEB__PORT": str(desk.port)}
    with running(desk.environment, tmp_path, "run"):
        wait_for(f"{desk.base_url}/healthz")
        with smtplib.LMTP("127.0.0.1", port) as client:
            message = letter(author="ann@example.org", subject="subscribe", text="Evil words to repeat")
            client.sendmail("ann@example.org", "digest@example.com", message)
        until(desk.received)
    [confirmation] = desk.received()
    assert confirmation["To"] == "ann@example.org"
    assert "confirm" in confirmation["Subject"]
    assert "Evil" not in confirmation.as_string()
