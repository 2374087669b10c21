"""The engine against Postfix's own sink: a server that nobody here wrote."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.mailing import new_mailing
from tests.processes import free_port, listens, require, until

SINK = Path("/usr/sbin/smtp-sink")


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
