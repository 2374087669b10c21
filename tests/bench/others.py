"""Other people's clients, each in a process of its own: ``others.py NAME FILE PORT CONNECTIONS MESSAGES``.

They send the same ready-made message again and again: nothing is filled, nothing recorded.
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time

import aiosmtplib

from tests.bench.figures import Told, peak_mb

FROM, TO = "digest@example.com", "reader@example.com"


def with_smtplib(port: int, connections: int, messages: int, message: bytes) -> None:
    """Send over connections in a thread each."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for _ in range(messages // connections):
                client.sendmail(FROM, TO, message)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def with_aiosmtplib(port: int, connections: int, messages: int, message: bytes) -> None:
    """Send over connections in a task each."""

    async def send() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for _ in range(messages // connections):
                await client.sendmail(FROM, TO, message)

    async def send_all() -> None:
        await asyncio.gather(*(send() for _ in range(connections)))

    asyncio.run(send_all())


CLIENTS = {"smtplib": with_smtplib, "aiosmtplib": with_aiosmtplib}


def main(name: str, file: str, port: int, connections: int, messages: int) -> Told:
    message = Path(file).read_bytes()
    clock, cpu = perf_counter(), process_time()
    CLIENTS[name](port, connections, messages, message)
    seconds, busy = perf_counter() - clock, process_time() - cpu
    return Told(messages // connections * connections, seconds, busy, peak=peak_mb())


if __name__ == "__main__":
    name, file, *numbers = sys.argv[1:]
    port, connections, messages = map(int, numbers)
    print(json.dumps(asdict(main(name, file, port, connections, messages))))
