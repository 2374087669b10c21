"""A sender that is killed at random moments (kill -9), hundreds of times: who is lost, who is mailed twice?

The log of a sink, which outlives every sender, is the truth. ``bench_kill.py [KILLS] [--seed N]`` shares the
kills out between both databases and one to twenty connections, and some more to the real command.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from digest.db import Database
from jobs.migrations import upgrade
from jobs.sending.loop import run
from tests.acceptance.desk import Desk
from tests.acceptance.sending import prepared, sending
from tests.bench.contestants import an_edition
from tests.bench.lists import start_issue
from tests.bench.sender import Asked, send
from tests.bench.sinks import compiler, fast_sink
from tests.jobs.mailing import Mailing
from tests.postgres import Postgres, own_postgres

KILLS, CONNECTIONS = 200, (1, 2, 4, 10, 20)
# The real command takes longer to start, so it is killed less often, on each database and over so many.
BY_COMMAND, COMMANDED = 10, 4
# Milliseconds from a complete body to its answer: the moment in which nobody can know.
ANSWER = 2
# A kill comes after so many further messages at the most, and then somewhere within so many seconds.
MESSAGES, WITHIN = 60, 0.01
FORKING = multiprocessing.get_context("forkserver")


@dataclass(slots=True)
class Log:
    """What the sink saw: ``begun`` has everybody for whom a body was asked, ``taken`` whose bodies came."""

    path: Path
    begun: set[str] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    _read: int = 0

    def look(self) -> int:
        """Read what is new; return how many messages were taken."""
        with self.path.open() as log:
            log.seek(self._read)
            while (line := log.readline()).endswith("\n"):
                self._read = log.tell()
                word, address = line.split()
                if word == "taken":
                    self.taken[address] += 1
                else:
                    self.begun.add(address)
        return self.taken.total()


@dataclass(frozen=True, slots=True)
class Killable:
    """A sender that runs: how it is killed, waited for, and whether it still runs."""

    kill: Callable[[], None]
    wait: Callable[[], object]
    runs: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Ordeal:
    """One list that is sent by senders which are killed, and by a last one which is not.

    ``early`` is about how many seconds a sender takes to its first message.
    """

    name: str
    database: Database
    connections: int
    kills: int
    log: Log
    start: Callable[[], Killable]
    early: float

    def endure(self, chance: random.Random) -> Verdict:
        """Kill so many times, send the rest in peace, and say what came of it."""
        mailing, most, kills = Mailing(self.database, 1), 0, 0
        for _ in range(self.kills):
            before = mailing.counts()
            if before.settled and before.audience:
                break
            kills += self._kill_one(chance)
            after = mailing.counts()
            most = max(most, after.sending + after.unknown - before.unknown - before.sending)
        last = self.start()
        last.wait()
        self.log.look()
        return Verdict.of(self, kills, most, mailing.states())

    def _kill_one(self, chance: random.Random) -> bool:
        """Start a sender and kill it at some moment; tell whether it still ran then."""
        wanted = self.log.look() + chance.randrange(MESSAGES)
        sender, end = self.start(), monotonic() + self.early * chance.random()
        if chance.randrange(4):
            while sender.runs() and self.log.look() < wanted:
                sleep(0.0005)
            end = monotonic() + WITHIN * chance.random()
        sleep(max(0.0, end - monotonic()))
        ran = sender.runs()
        sender.kill()
        sender.wait()
        return ran


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an ordeal. ``most`` is how many became unknown with one kill at the most.

    ``lost``: the ledger says sent or still waiting, and no message was taken. ``astray``: unknown, and yet no
    body was ever asked for. ``again``: taken, and the ledger would have it sent again.
    """

    name: str
    connections: int
    kills: int
    sent: int
    unknown: int
    arrived: int
    most: int
    lost: int
    twice: int
    astray: int
    again: int

    @classmethod
    def of(cls, ordeal: Ordeal, kills: int, most: int, states: dict[str, str]) -> Verdict:
        log, unknown = ordeal.log, {who for who, state in states.items() if state == "unknown"}
        settled = Counter(states.values())
        return cls(
            ordeal.name,
            ordeal.connections,
            kills,
            settled["sent"],
            len(unknown),
            len(unknown & log.taken.keys()),
            most,
            sum(who not in log.taken for who in states.keys() - unknown),
            sum(times > 1 for times in log.taken.values()),
            len(unknown - log.begun),
            sum(states[who] not in ("sent", "unknown") for who in log.taken),
        )

    @property
    def good(self) -> bool:
        """Whether law 4 held."""
        return self.most <= self.connections and not (self.lost or self.twice or self.astray or self.again)


def main(kills: int, seed: int) -> bool:
    """Print a line for each ordeal; tell whether law 4 held in all of them."""
    chance = random.Random(seed)
    head = f"{'most':>6}{'lost':>6}{'twice':>7}{'astray':>8}{'again':>7}"
    print(f"{'sender':24}{'conn.':>6}{'kills':>7}{'sent':>8}{'unknown':>9}{'arrived':>9}{head}")
    verdicts = []
    for ordeal in ordeals(kills):
        one = ordeal.endure(chance)
        verdicts.append(one)
        counts = f"{one.connections:6}{one.kills:7}{one.sent:8}{one.unknown:9}{one.arrived:9}{one.most:6}"
        faults = f"{one.lost:6}{one.twice:7}{one.astray:8}{one.again:7}"
        print(f"{one.name:24}{counts}{faults}{'' if one.good else '  BROKEN'}", flush=True)
    done = sum(one.kills for one in verdicts)
    print(
        f"{done} kills of running senders, {sum(one.unknown for one in verdicts)} unknown in all; seed {seed}"
    )
    return all(one.good for one in verdicts)


def ordeals(kills: int) -> Iterator[Ordeal]:
    """Yield them one after the other; each has its own database, sink and log."""
    each = -(-kills // (2 * len(CONNECTIONS)))
    with TemporaryDirectory(prefix="bench-") as name, ExitStack() as end:
        folder = Path(name)
        edition, _ = an_edition(folder)
        postgres = Postgres(end.enter_context(own_postgres()))
        for kind in ("SQLite", "PostgreSQL"):
            for connections in CONNECTIONS:
                with a_database(kind, postgres) as database, a_sink() as (log, port):
                    start_issue(database, 200 + 70 * each)
                    url = database.url.render_as_string(hide_password=False)
                    asked = Asked(url, str(edition), port, connections, messages=sys.maxsize)
                    yield Ordeal(kind, database, connections, each, log, forked(asked), early=0.2)
            with a_database(kind, postgres) as database, a_sink() as (log, port):
                start = commanded(a_desk(database, port, folder / kind))
                yield Ordeal(f"{kind}, command", database, COMMANDED, BY_COMMAND, log, start, early=2.0)


@contextmanager
def a_database(kind: str, postgres: Postgres) -> Iterator[Database]:
    """Give an empty migrated database that is gone at the end."""
    if kind == "PostgreSQL":
        with postgres.fresh() as database:
            yield database
        return
    with TemporaryDirectory(prefix="bench-") as folder:
        database = Database(f"sqlite:///{folder}/digest.db")
        upgrade(database)
        yield database
        database.close()


@contextmanager
def a_sink() -> Iterator[tuple[Log, int]]:
    """Run a sink while the block runs; give its log and its port."""
    with TemporaryDirectory(prefix="bench-") as folder:
        log = Log(Path(folder) / "log")
        with fast_sink(log.path, ANSWER) as server:
            yield log, server.port


def forked(asked: Asked) -> Callable[[], Killable]:
    """Return what starts the engine in a process that has everything imported already."""

    def start() -> Killable:
        process: ForkServerProcess = FORKING.Process(target=send_it, args=(asked,))
        process.start()
        return Killable(process.kill, process.join, process.is_alive)

    return start


def send_it(asked: Asked) -> None:
    """Send: what a forked process does."""
    run(send(asked))


def a_desk(database: Database, port: int, folder: Path) -> Desk:
    """Return an installation in a new folder, on this database, with an issue that is ready to be sent."""
    folder.mkdir()
    desk = Desk(folder, port)
    desk.environment |= {
        "DIGEST_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "DIGEST_SENDING__CONNECTIONS": str(COMMANDED),
    }
    prepared(desk, readers=600)
    return desk


def commanded(desk: Desk) -> Callable[[], Killable]:
    """Return what starts ``digest issue send``."""

    def start() -> Killable:
        process = sending(desk)
        return Killable(process.kill, process.communicate, lambda: process.poll() is None)

    return start


def how_often(about: str, what: str, times: int) -> tuple[int, int]:
    """Return how often, and with which seed, by the command line; end where there can be no sink."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(what, nargs="?", type=int, default=times)
    parser.add_argument("--seed", type=int, default=6)
    given = vars(parser.parse_args())
    if compiler() is None:
        sys.exit("there is no C compiler (Debian packages gcc, libc6-dev), and so no sink")
    return given[what], given["seed"]


if __name__ == "__main__":
    kills, seed = how_often(__doc__, "kills", KILLS)
    FORKING.set_forkserver_preload(["tests.bench.sender"])
    sys.exit(not main(kills, seed))
