"""A sender that can be killed: ``python -m tests.jobs.sender_process DATABASE PORT`` sends issue 1."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from digest.db import Database
from tests.jobs.mailing import Mailing


def start(mailing: Mailing, port: int) -> subprocess.Popen[bytes]:
    """Start a sender of this mailing in a process of its own."""
    words = ["-m", "tests.jobs.sender_process", str(mailing.database.url), str(port)]
    return subprocess.Popen([sys.executable, *words], cwd=Path(__file__).parents[2])


async def main(url: str, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Mailing(Database(url), issue_id=1).sending(port, stop=stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
