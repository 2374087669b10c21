"""How fast an issue goes out, beside Postfix's load generator and Python's clients; what a message costs,
where the processor's time goes, and whether a long list makes it dearer.

Everything in one run, the contestants by turns, medians of three rounds. The engine fills a real edition with
tokens and envelope senders of each reader's own and keeps its ledger on disk; the others send one ready-made
message and remember nothing. ``bench_send.py [READERS] [--quick] [--only speed far size]``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy.engine import make_url

from digest.clock import SystemClock
from digest.db import Database
from jobs.sending.ledger import Ledger
from jobs.sending.loop import run
from tests.bench.contestants import Contestant, Ours, Row, an_edition, contestants
from tests.bench.figures import Told
from tests.bench.lists import start_issue, unsend
from tests.bench.sinks import (
    SMTP_SINK,
    SMTP_SOURCE,
    Server,
    compiler,
    cpu_of_family,
    delayed,
    fast_sink,
    smtp_sink,
)
from tests.postgres import own_postgres

READERS, ROUNDS, CONNECTIONS = 20_000, 3, 10
SIZES, OF_EACH = (10_000, 100_000, 1_000_000), 10_000
# Milliseconds one way.
FAR = 20


Rows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    readers: int
    rounds: int = ROUNDS
    sizes: Sequence[int] = SIZES
    far: Sequence[int] = (1, CONNECTIONS)
    connections: int = CONNECTIONS


@dataclass(slots=True)
class Bars:
    """What is asked of the engine, and whether this run shows it."""

    lines: list[str] = field(default_factory=list)

    def at_least(self, what: str, figure: float, bar: float) -> None:
        self._note(what, figure, f"≥ {bar:g}", figure >= bar)

    def at_most(self, what: str, figure: float, bar: float) -> None:
        self._note(what, figure, f"≤ {bar:g}", figure <= bar)

    def _note(self, what: str, figure: float, bar: str, met: bool) -> None:
        self.lines.append(f"{what:62}{figure:9.2f}{bar:>9}  {'met' if met else 'MISSED'}")


def by_turns(
    running: Sequence[Contestant],
    server: Server,
    connections: int,
    messages: Callable[[Contestant, int], int],
    rounds: int,
) -> Rows:
    """Measure everybody by turns; return their rows by name, one a round.

    ``messages`` says how many one sends over so many connections.
    """
    rows = defaultdict[str, list[Row]](list)
    for _ in range(rounds):
        for one in running:
            rows[one.name].append(one.measured(server, connections, messages(one, connections)))
    return rows


def middle(rows: Sequence[Row], figure: str) -> float:
    """Return the median of one column."""
    column: list[float] = [getattr(row, figure) for row in rows]
    return median(column)


def ratio(rows: Rows, name: str) -> float:
    """Return how fast one was beside smtp-source: the median of the rounds' ratios."""
    return median(one.rate / other.rate for one, other in zip(rows[name], rows["smtp-source"], strict=True))


def measure_speed(bars: Bars, running: Sequence[Contestant], ours: Sequence[Ours], scale: Scale) -> None:
    """Measure with the server next door, one after the other."""
    for sink in (smtp_sink, fast_sink):
        if sink is fast_sink and compiler() is None:
            print("\nno C compiler (Debian packages gcc, libc6-dev): fastsink and the distance are left out")
            continue
        with sink() as server:
            rows = by_turns(
                running,
                server,
                scale.connections,
                lambda one, _: int(scale.readers * one.share),
                scale.rounds,
            )
            show_speed(server, scale.connections, rows)
            show_parts(ours, rows)
            if sink is smtp_sink:
                bars.at_least("SQLite: speed × smtp-source, to smtp-sink", ratio(rows, ours[0].name), 1)
            for one, bar in zip(ours, (150, 250), strict=False):
                bars.at_most(
                    f"{one.kind}: CPU µs a message, to {server.name}", middle(rows[one.name], "cpu"), bar
                )


def show_speed(server: Server, connections: int, rows: Rows) -> None:
    head = f"{'msg/s':>9}{'ratio':>8}{'CPU µs':>9}{'database':>10}{'sink':>7}{'peak MB':>9}"
    print(f"\n{f'{server.name}, {connections} connections':28}{head}")
    for name, each in rows.items():
        speed = f"{middle(each, 'rate'):9,.0f}{ratio(rows, name):8.2f}{middle(each, 'cpu'):9.0f}"
        beside = f"{middle(each, 'database'):10.0f}{middle(each, 'sink'):7.0f}"
        peak = middle(each, "peak")
        print(f"{name:28}{speed}{beside}{f'{peak:.0f}' if peak else '–':>9}", flush=True)


def show_parts(ours: Sequence[Ours], rows: Rows) -> None:
    """Print where the processor's time of a message goes."""
    print(f"\n{'CPU µs of a message':28}{'claim':>9}{'fill':>8}{'record':>9}{'send':>8}{'all':>8}")
    for one in ours:
        each, claim = rows[one.name], claiming(one)
        fill, record, cpu = (middle(each, figure) for figure in ("fill", "record", "cpu"))
        parts = f"{claim:9.0f}{fill:8.0f}{record:9.0f}{cpu - claim - fill - record:8.0f}{cpu:8.0f}"
        print(f"{one.name:28}{parts}", flush=True)


def claiming(one: Ours) -> float:
    """Return what claiming a letter takes, in µs of the processor: all who wait are claimed, none is sent."""
    database = Database(one.url)
    unsend(database)

    async def claim_all() -> float:
        async with Ledger(database, 1, SystemClock(), lambda counts, note: None) as ledger:
            start, claimed = process_time(), 0
            while letters := await ledger.claim(500):
                claimed += len(letters)
            return 1e6 * (process_time() - start) / claimed

    cost = run(claim_all())
    database.close()
    return cost


def measure_distance(bars: Bars, running: Sequence[Contestant], ours: Sequence[Ours], scale: Scale) -> None:
    """Measure with the server far away, over one connection beside the server next door, and over several."""
    with fast_sink() as near, delayed(near, FAR) as server:
        for connections in scale.far:
            rows = by_turns(running, server, connections, few, scale.rounds)
            beside = by_turns(running, near, 1, few, scale.rounds) if connections == 1 else None
            show_distance(server, connections, rows, beside)
            if beside:
                for one in ours:
                    trips = round_trips(rows[one.name], beside[one.name])
                    bars.at_most(f"{one.kind}: round trips a message", trips, 1.1)


def few(one: Contestant, connections: int) -> int:
    """Return how many messages one sends to a server far away."""
    return connections * one.far


def show_distance(server: Server, connections: int, rows: Rows, beside: Rows | None) -> None:
    where = f"{server.name}, {2 * FAR} ms, {connections} conn."
    print(f"\n{where:28}{'msg/s':>9}{'ratio':>8}{'round trips a message':>24}")
    for name, each in rows.items():
        trips = f"{round_trips(each, beside[name]):.2f}" if beside else ""
        print(f"{name:28}{middle(each, 'rate'):9.1f}{ratio(rows, name):8.2f}{trips:>24}", flush=True)


def round_trips(far: Sequence[Row], near: Sequence[Row]) -> float:
    """Return how many round trips a message takes over one connection: what the way alone adds to its time.

    Getting to know each other is shared out among a run's messages: four round trips, at times five.
    """
    return (1 / middle(far, "rate") - 1 / middle(near, "rate")) * 1000 / (2 * FAR)


def measure_size(bars: Bars, ours: Sequence[Ours], scale: Scale) -> None:
    """Measure what a reader costs at the beginning and at the end of lists short and long."""
    columns = f"{'msg/s':>9}{'at end':>9}{'CPU µs':>9}{'at end':>9}{'around ms':>11}{'peak MB':>9}"
    print(f"\n{'list':12}{'readers':>11}{'made s':>8}{columns}")
    with smtp_sink() if compiler() is None else fast_sink() as server:
        for one in ours:
            measured = [sized(one, readers, server.port) for readers in scale.sizes]
            costs = [told.cpu / told.messages for both in measured for told in both]
            peaks = [max(told.peak for told in both) for both in measured]
            bars.at_most(f"{one.kind}: most memory, MB", max(peaks), 120)
            bars.at_most(f"{one.kind}: memory, longest list × shortest", peaks[-1] / peaks[0], 1.1)
            bars.at_most(
                f"{one.kind}: CPU, end of the longest × begin of the shortest", costs[-1] / costs[0], 1.15
            )


def sized(one: Ours, readers: int, port: int) -> tuple[Told, Told]:
    """Send to the first and to the last of a list of so many; print and return what it took."""
    with a_database_like(one) as url:
        start = perf_counter()
        start_issue(Database(url), readers)
        made, on_it = perf_counter() - start, Ours(one.kind, url, one.edition)
        first = on_it.go_on(port, CONNECTIONS, OF_EACH)
        unsend(Database(url), but_last=OF_EACH)
        last = on_it.go_on(port, CONNECTIONS, OF_EACH)
    both = (first, last)
    rates = "".join(f"{told.messages / told.seconds:9,.0f}" for told in both)
    costs = "".join(f"{1e6 * told.cpu / told.messages:9.0f}" for told in both)
    around, peak = (max(getattr(told, figure) for told in both) for figure in ("around", "peak"))
    print(f"{one.kind:12}{readers:11,}{made:8.1f}{rates}{costs}{1000 * around:11.0f}{peak:9.0f}", flush=True)
    return both


@contextmanager
def a_database_like(one: Ours) -> Iterator[str]:
    """Give the URL of an empty database beside this one's; it is gone at the end."""
    beside = make_url(one.url)
    if one.kind == "SQLite":
        with TemporaryDirectory(prefix="bench-", dir=Path(beside.database or "").parent) as folder:
            yield f"sqlite:///{folder}/digest.db"
        return
    server = Database(one.url)
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE DATABASE long TEMPLATE template0")
        yield beside.set(database="long").render_as_string(hide_password=False)
        connection.exec_driver_sql("DROP DATABASE long WITH (FORCE)")
    server.close()


def postgres_beside(url: str) -> Callable[[], float]:
    """Return what tells the seconds of the processor that the server at ``url`` took so far."""
    folder = make_url(url).query["host"]
    pid = int((Path(str(folder)) / "data" / "postmaster.pid").read_text().split()[0])
    return lambda: cpu_of_family(pid)


def the_engine(folder: Path, edition: Path, readers: int, end: ExitStack) -> list[Ours]:
    """Return the engine on SQLite and, if it is there, on PostgreSQL, each with a list of so many readers."""
    ours = [Ours("SQLite", f"sqlite:///{folder}/digest.db", edition)]
    if Path("/usr/lib/postgresql").exists():
        url = end.enter_context(own_postgres())
        ours.append(Ours("PostgreSQL", url, edition, postgres_beside(url)))
    else:
        print("PostgreSQL is missing (Debian package postgresql)")
    for one in ours:
        start_issue(Database(one.url), readers)
    return ours


def main(scale: Scale, parts: Collection[str]) -> None:
    bars = Bars()
    with TemporaryDirectory(prefix="bench-") as name, ExitStack() as end:
        folder = Path(name)
        edition, message = an_edition(folder)
        ours = the_engine(folder, edition, scale.readers, end)
        running = contestants(ours, message)
        print(f"{scale.readers:,} readers, {message.stat().st_size:,} bytes a message, {scale.rounds} rounds")
        if "speed" in parts:
            measure_speed(bars, running, ours, scale)
        if "far" in parts and compiler() is not None:
            measure_distance(bars, running, ours, scale)
        if "size" in parts:
            measure_size(bars, ours, scale)
    print("", *bars.lines, sep="\n")


PARTS = ("speed", "far", "size")
QUICK = Scale(2000, rounds=1, sizes=SIZES[:2], far=(1,))

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="?", type=int)
    parser.add_argument("--quick", action="store_true", help="one round of fewer messages, shorter lists")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="leave the other parts out")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="with the server next door")
    asked = parser.parse_args()
    scale = QUICK if asked.quick else Scale(READERS)
    if SMTP_SOURCE.exists() and SMTP_SINK.exists():
        readers = asked.readers or scale.readers
        main(replace(scale, readers=readers, connections=asked.connections), asked.only)
    else:
        print("smtp-source and smtp-sink are missing (Debian package postfix), so nothing was measured")
