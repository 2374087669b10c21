"""A sender that can be killed: ``python -m tests.jobs.sender_process DATABASE PORT SECONDS`` sends issue 1.

SECONDS is how long the server has for its answer to a whole message.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from digest.db import Database
from tests.jobs.mailing import QUICK, Mailing


def start(mailing: Mailing, port: int) -> subprocess.Popen[bytes]:
    """Start a sender of this mailing in a process of its own."""
    seconds = str(mailing.settings.final_timeout.total_seconds())
    words = ["-m", "tests.jobs.sender_process", str(mailing.database.url), str(port), seconds]
    return subprocess.Popen([sys.executable, *words], cwd=Path(__file__).parents[2])


async def main(url: str, port: int, final_timeout: timedelta) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = QUICK.model_copy(update={"final_timeout": final_timeout})
    await Mailing(Database(url), issue_id=1, settings=settings).sending(port, stop=stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), timedelta(seconds=float(sys.argv[3]))))
