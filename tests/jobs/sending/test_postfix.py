"""The engine against Postfix, a server that nobody here wrote: its sink, and the real thing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.rendering.transparency import OnTheLine
from subscribers.store import Contact
from tests.faults.accounting import contact_of, sender_of
from tests.faults.server import FaultyServer
from tests.jobs.mailin.postfix import postfix
from tests.jobs.mailing import QUICK, message_for, new_mailing
from tests.processes import free_port, listens, require, until

SINK = Path("/usr/sbin/smtp-sink")
READERS = 5000
# Postfix syncs every message to a disk that others use as well.
SLOW = timedelta(seconds=60)
# Whoever it is has a mailbox, and those are behind our LMTP server.
MAILBOXES = """\
virtual_mailbox_domains = example.com
virtual_mailbox_maps = static:anybody
virtual_transport = lmtp:inet:127.0.0.1:{port}
"""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a running smtp-sink; without Postfix the test is skipped, but not in CI."""
    require(SINK, "postfix")
    port = free_port()
    # As root it insists on a user to become.
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [str(SINK), *become, f"inet:127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port))
            yield port
        finally:
            process.terminate()


@pytest.mark.postfix
def test_postfixs_sink_takes_every_message(tmp_path: Path, port: int) -> None:
    mailing = new_mailing(tmp_path / "test.db", 300)
    counts = mailing.send(port).counts
    assert (counts.sent, counts.audience) == (300, 300)


@pytest.mark.postfix
@pytest.mark.slow
def test_postfix_takes_a_run_of_five_thousand_and_delivers_each_once(tmp_path: Path) -> None:
    mailing = new_mailing(tmp_path / "test.db", READERS)
    mailing.settings = QUICK.model_copy(update={"connections": 10, "timeout": SLOW, "final_timeout": SLOW})
    behind = FaultyServer(lmtp=True)
    delivered = behind.truth.bodies
    with behind.serve() as lmtp, postfix(lmtp, MAILBOXES.format(port=lmtp)) as mta:
        counts = mailing.send(mta.port, sender=sender_of, compose=complete).counts
        assert (counts.sent, counts.audience) == (READERS, READERS)
        until(lambda: len(delivered) >= READERS, lambda: mta.log[-3000:], seconds=120)
        # What came twice would come while the queue empties.
        until(lambda: mta.log.count(": removed") == READERS, lambda: mta.log[-3000:])
        assert mta.log.count("status=sent") == READERS
    got = sorted((body.recipients, body.sender) for body in delivered)
    assert got == [((contact.address,), sender_of(contact)) for contact in everybody()]
    for body in delivered:
        # Postfix puts its own headers on top.
        assert (body.content + b".\r\n").endswith(complete(contact_of(*body.readers)))


def complete(contact: Contact, edition: int | None = None) -> OnTheLine:
    """Return a message that lacks no header, since Postfix would add it at the end of them."""
    head = (
        f"Date: Fri, 20 Nov 2026 09:00:00 +0000\r\nMessage-ID: <{contact.public_id}@digest.example.com>\r\n"
    )
    return OnTheLine(head.encode() + message_for(contact, edition))


def everybody() -> list[Contact]:
    return [contact_of(reader) for reader in range(1, READERS + 1)]
