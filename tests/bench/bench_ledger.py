"""What the ledger costs: claims, marks and results, by how many connections wait for it at once.

Nothing is sent; every connection takes a letter, has it marked, says it was sent, and takes the next. The CPU
is that of this process, user and system, with both its threads; PostgreSQL's own is printed beside it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy import delete, insert

from digest.clock import SystemClock
from digest.db import Database
from digest.issues.rows import IssueRow
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Delivery, Result, State
from jobs.migrations import upgrade
from jobs.sending.ledger import Ledger, Letter
from jobs.sending.loop import run
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from tests.jobs.mailing import RELAY
from tests.postgres import own_postgres

READERS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
CONNECTIONS = (1, 4, 10, 20)
BATCH, ROUNDS = 500, 3


def fill(database: Database) -> int:
    """Store the readers and an issue; return its id."""
    upgrade(database)
    now = datetime.now(UTC)
    with database.writing() as session:
        session.execute(insert(SubscriberRow), [reader(number, now) for number in range(READERS)])
        issue = IssueRow(newsletter="weekly", week="2026-W47", status="sending", seed=1, built_at=now)
        session.add(issue)
        session.flush()
        return issue.id


def reader(number: int, now: datetime) -> dict[str, object]:
    address = f"reader{number}@example.com"
    return {
        "public_id": f"r{number:025}",
        "address": address,
        "address_key": address,
        "name": f"Reader {number}",
        "status": "confirmed",
        "joined_at": now,
    }


def freeze(database: Database, issue_id: int) -> None:
    now = datetime.now(UTC)
    with database.writing() as session:
        session.execute(delete(DeliveryRow))
        assert freeze_audience(session, issue_id, audience_select(now), now) == READERS


def result(delivery: Delivery) -> Result:
    now = datetime.now(UTC)
    answer = "2.0.0 Ok: queued as 4F8Zq12nXz9"
    return Result(delivery.id, State.SENT, delivery.attempts + 1, now, delivery.next_try_at, 250, answer)


async def work(ledger: Ledger, letters: deque[Letter]) -> None:
    while letters:
        delivery = letters.popleft().delivery
        assert await ledger.about_to_send(delivery, RELAY)
        ledger.record(result(delivery))


async def send(database: Database, issue_id: int, connections: int) -> tuple[float, float, float]:
    """Return the seconds of CPU for claims, for marks and results, and the seconds these took."""
    async with Ledger(database, issue_id, SystemClock(), lambda counts, note: None) as ledger:
        start = process_time()
        letters: deque[Letter] = deque()
        while batch := await ledger.claim(BATCH):
            letters += batch
        claimed, began = process_time(), perf_counter()
        await asyncio.gather(*(work(ledger, letters) for _ in range(connections)))
        await ledger.flush()
        return claimed - start, process_time() - claimed, perf_counter() - began


def measure(database: Database, server: Callable[[], float]) -> None:
    issue_id = fill(database)
    name = "SQLite" if database.is_sqlite else "PostgreSQL"
    print(f"{name}, {READERS:,} readers, the best of {ROUNDS}; µs of CPU a message, ours (the server's)")
    for connections in CONNECTIONS:
        rounds = []
        for _ in range(ROUNDS):
            freeze(database, issue_id)
            before = server()
            spent = run(send(database, issue_id, connections))
            rounds.append([1e6 * part / READERS for part in (*spent, server() - before)])
        claim, write, took, other = min(rounds, key=lambda parts: parts[0] + parts[1])
        print(
            f"  {connections:>2} connections: claim {claim:5.1f}, mark and record {write:6.1f}, "
            f"in all {claim + write:6.1f} ({other:.0f}); {1e6 / took:,.0f} a second"
        )


@contextmanager
def postgres() -> Iterator[tuple[Database, Callable[[], float]]]:
    """Give a database on a server of our own, and what tells the seconds of CPU that server has used."""
    with own_postgres() as url:
        database = Database(url)
        folder = Path(str(database.url.query["host"]))
        master = int((folder / "data/postmaster.pid").read_text().split()[0])

        def used() -> float:
            # proc(5), stat: utime and stime of each process, and of those it has waited for already.
            ticks = sum(int(field) for field in stat(master)[13:17])
            for children in Path(f"/proc/{master}/task").glob("*/children"):
                ticks += sum(int(field) for pid in children.read_text().split() for field in stat(pid)[13:15])
            return ticks / os.sysconf("SC_CLK_TCK")

        yield database, used
        database.close()


def stat(pid: int | str) -> list[str]:
    # The name of the program, in brackets, may have spaces.
    before, _, after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    return [before, "", *after.split()]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        measure(Database(f"sqlite:///{Path(folder, 'bench.db')}"), lambda: 0.0)
    with postgres() as (database, used):
        measure(database, used)
