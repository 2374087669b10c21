"""A sender that can be killed: ``python -m tests.jobs.sender_process DATABASE PORT SECONDS`` sends issue 1.

SECONDS is how long the server has for its answer to a whole message.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

from digest.db import Database
from jobs.sending.loop import run
from tests.forge import ROOT, Run, forge
from tests.jobs.mailing import QUICK, Mailing


def start(mailing: Mailing, port: int) -> Run:
    """Start a sender of this mailing in a process of its own."""
    words = [str(mailing.database.url), str(port), str(mailing.settings.final_timeout.total_seconds())]
    return forge().start("tests.jobs.sender_process", words, ROOT, os.environ)


async def main(url: str, port: int, final_timeout: timedelta) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = QUICK.model_copy(update={"final_timeout": final_timeout})
    await Mailing(Database(url), issue_id=1, settings=settings).sending(port, stop=stop)


if __name__ == "__main__":
    run(main(sys.argv[1], int(sys.argv[2]), timedelta(seconds=float(sys.argv[3]))))
