"""A PostgreSQL that is struck in mid send, again and again: who is lost, who is mailed twice, what hangs?

The log of a sink is the truth. ``bench_blows.py [BLOWS] [--seed N]`` shares the blows out between one and
twenty connections. The sender itself is left alone, so not even one delivery may end as unknown.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from digest.db import Database
from tests.bench.bench_kill import Killable, Log, a_sink, forked, how_often
from tests.bench.contestants import an_edition
from tests.bench.lists import start_issue
from tests.bench.sender import Asked
from tests.jobs.mailing import Mailing
from tests.postgres import OTHERS_END, Cluster, Postgres, frozen, other_backends, own_cluster
from tests.processes import until

BLOWS, CONNECTIONS = 100, (1, 2, 4, 10, 20)
# A blow comes after so many further messages at the most, and then somewhere within so many seconds.
MESSAGES, WITHIN = 300, 0.01
# More than go out while a blow lasts, so that there is somebody left for the next one.
READERS_A_BLOW = 1_500
# A sender that takes longer than so many seconds for all that is left waits for ever.
PATIENCE = 180.0
Blow = Callable[[Cluster, Database, random.Random], None]


def restart(cluster: Cluster, database: Database, chance: random.Random) -> None:
    """Stop the server at once, and start it a moment later."""
    cluster.stop()
    sleep(chance.random())
    cluster.start()


def terminate(cluster: Cluster, database: Database, chance: random.Random) -> None:
    """End every connection, as an administrator may."""
    with database.writing() as session:
        session.execute(text(OTHERS_END))


def kill(cluster: Cluster, database: Database, chance: random.Random) -> None:
    """Kill what serves the sender, as a machine without memory does; the server starts itself anew."""
    for process in other_backends(database):
        os.kill(process, signal.SIGKILL)


def last_words(cluster: Cluster, database: Database, chance: random.Random) -> None:
    """Let it say that it ends while a question lies before it unread."""
    with frozen(database) as processes:
        sleep(chance.random() / 2)
        for process in processes:
            os.kill(process, signal.SIGQUIT)


def freeze(cluster: Cluster, database: Database, chance: random.Random) -> None:
    """Have it stand still for a moment, as a machine that is moved does."""
    with frozen(database):
        sleep(chance.random())


KINDS: Mapping[str, Blow] = {
    "restarted": restart,
    "connections ended": terminate,
    "backends killed": kill,
    "last words": last_words,
    "frozen": freeze,
}


def main(blows: int, seed: int) -> bool:
    """Print a line for each list; tell whether everybody got one message and every sender came to an end."""
    chance, struck, good = random.Random(seed), Counter[str](), True
    each = -(-blows // len(CONNECTIONS))
    readers = READERS_A_BLOW * each
    print(f"{'conn.':>5}{'blows':>7}{'sent':>8}{'unknown':>9}{'lost':>6}{'twice':>7}{'seconds':>9}")
    with own_cluster() as cluster, TemporaryDirectory(prefix="bench-") as name:
        edition, _ = an_edition(Path(name))
        postgres = Postgres(cluster.url)
        for connections in CONNECTIONS:
            with postgres.fresh() as database, a_sink() as (log, port):
                start_issue(database, readers)
                url = database.url.render_as_string(hide_password=False)
                asked, start = Asked(url, str(edition), port, connections, sys.maxsize), monotonic()
                kinds, hung = endure(cluster, database, asked, log, each, chance)
                struck.update(kinds)
                took = monotonic() - start
                until(lambda: answers(database))
                counts, lost = Mailing(database, 1).counts(), readers - len(log.taken)
                twice = sum(times > 1 for times in log.taken.values())
                right = counts.sent == readers and not (lost or twice or hung)
                good = good and right
                told = f"{counts.sent:8}{counts.unknown:9}{lost:6}{twice:7}{took:9.1f}"
                fault = "" if right else "  HUNG" if hung else "  BROKEN"
                print(f"{connections:5}{len(kinds):7}{told}{fault}", flush=True)
    print(f"{struck.total()} blows: {', '.join(f'{struck[kind]} {kind}' for kind in KINDS)}; seed {seed}")
    return good


def endure(
    cluster: Cluster, database: Database, asked: Asked, log: Log, blows: int, chance: random.Random
) -> tuple[Sequence[str], bool]:
    """Send while the database is struck; return the blows, and whether the sender never came to an end."""
    kinds: list[str] = []
    sender = forked(asked)()
    for _ in range(blows):
        goes_on = came(partial(far_enough, log, log.look() + chance.randrange(MESSAGES), sender))
        sleep(WITHIN * chance.random())
        if not (goes_on and sender.runs()):
            break
        until(lambda: answers(database))
        kinds.append(chance.choice(list(KINDS)))
        # The blow before may still be felt, and a process may end of it under our hands.
        with suppress(DBAPIError, ProcessLookupError):
            KINDS[kinds[-1]](cluster, database, chance)
    hung = not came(lambda: not sender.runs())
    sender.kill()
    sender.wait()
    log.look()
    return kinds, hung


def far_enough(log: Log, messages: int, sender: Killable) -> bool:
    """Tell whether so many messages were taken, or none will be any more."""
    return log.look() >= messages or not sender.runs()


def came(happened: Callable[[], bool]) -> bool:
    """Wait until something happened, with patience; tell whether it did."""
    end = monotonic() + PATIENCE
    while not happened():
        if monotonic() > end:
            return False
        sleep(0.0005)
    return True


def answers(database: Database) -> bool:
    """Tell whether the server takes questions, and goes on doing so."""
    try:
        for _ in range(5):
            other_backends(database)
            sleep(0.05)
    except DBAPIError:
        database.engine.dispose()
        return False
    return True


if __name__ == "__main__":
    sys.exit(not main(*how_often(__doc__, "blows", BLOWS)))
