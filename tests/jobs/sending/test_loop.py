"""The loop that mail is sent on, where libuv's is and where it is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
if {without}:
    sys.modules["uvloop"] = None
from jobs.sending.loop import run
async def which(): return type(asyncio.get_running_loop()).__module__
print(run(which()))
"""


@pytest.mark.parametrize(("without", "where"), [(False, "uvloop"), (True, "asyncio.unix_events")])
def test_it_is_asyncios_where_libuvs_is_not_installed(without: bool, where: str) -> None:
    words = [sys.executable, "-c", SCRIPT.format(without=without)]
    assert subprocess.check_output(words, text=True, timeout=60).strip() == where
