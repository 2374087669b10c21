"""A process that is told to stop ends in time, also where something it waits for never answers."""

from __future__ import annotations

import signal
import subprocess
import sys

SCRIPT = """
import sys, time
from jobs.cli import signals
signals._GRACE = 2.0
with signals.stop_on_signal() as stop:
    print("up", flush=True)
    {block}
time.sleep(3)
print("ended by itself")
"""


def told_to_stop(block: str) -> tuple[int, str, str]:
    """Run a block, tell its process to stop; return its exit code and what it said."""
    words = [sys.executable, "-c", SCRIPT.format(block=block)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    said, complaints = process.communicate(timeout=60)
    return process.returncode, said, complaints


def test_a_block_that_ends_when_told_to_has_all_the_time_behind_it() -> None:
    # Set more than once, as where a web server heeds signals too.
    assert told_to_stop("stop.wait(); stop.set()") == (0, "ended by itself\n", "")


def test_one_that_something_holds_up_is_ended_with_a_word() -> None:
    code, said, complaints = told_to_stop("time.sleep(600)")
    assert (code, said) == (1, "")
    assert complaints.startswith("ended after 2 s, though something had not answered yet")
    assert "digest issue unknown" in complaints
    assert complaints.count("\n") == 1
