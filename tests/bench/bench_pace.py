"""What a message's pace costs, how exact it is, and what a relay's own limit is used to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, process_time
from typing import ClassVar
from unittest.mock import patch

from digest.settings import SendingSettings
from jobs.sending.buckets import MARGIN
from jobs.sending.ledger import Letter
from jobs.sending.pace import Pace
from jobs.sending.refusals import Refusals
from jobs.sending.waiting import Waiting
from tests.jobs.mailing import QUICK, new_mailing
from tests.jobs.sending.simulating import TAKEN, Answer, World, fullest, letters
from tests.servers import Sink

MESSAGES = 200_000
DOMAINS = [f"d{at}.example" for at in range(1_000)]
THROTTLED: Answer = (454, "Throttling failure: Maximum sending rate exceeded.")
SLOW_DOWN: Answer = (421, "4.7.28 slow down")


def microseconds(work: Callable[[], object]) -> float:
    """Return what the quickest of five runs costs a message, in microseconds of CPU."""
    best = float("inf")
    for _ in range(5):
        started = process_time()
        work()
        best = min(best, process_time() - started)
    return best / MESSAGES * 1e6


def costs() -> None:
    names = list(islice(cycle(DOMAINS), MESSAGES))
    free = SendingSettings()
    bound = SendingSettings(rate_per_second=100_000, per_domain={"d1.example": 100_000, "*": 100_000})
    troubled = Pace(bound, monotonic)
    troubled.relay_put_off()
    troubled.answered("d1.example", *SLOW_DOWN)
    paces = {
        "nothing configured": Pace(free, monotonic),
        "a rate": Pace(SendingSettings(rate_per_second=100_000), monotonic),
        "a rate, and one for every domain": Pace(bound, monotonic),
        "the same, somebody asked to slow down": troubled,
    }
    print(f"{'µs a message':40}{'bar':>6}")
    for name, pace in paces.items():
        cost = microseconds(lambda pace=pace: go_through(pace, names))  # type: ignore[misc]
        print(f"{name:40}{cost:6.2f}{'   < 1' if name == 'nothing configured' else '   < 5'}")
    batch = letters(names)
    lining_up = microseconds(lambda: line_up(batch, Pace(free, monotonic)))
    print(f"{'the line, nothing configured':40}{lining_up:6.2f}")
    print(f"{'the line, 1,000 domains parked':40}{microseconds(lambda: park(batch)):6.2f}")
    refusals = Refusals(0.3)
    print(f"{'refusals':40}{microseconds(lambda: count(refusals)):6.2f}", flush=True)


def go_through(pace: Pace, names: list[str]) -> None:
    for domain in names:
        pace.free_in(domain)
        pace.take(domain)
        pace.body_in(domain)
        pace.body(domain)
        pace.answered(domain, *TAKEN)


def line_up(batch: list[Letter], pace: Pace) -> None:
    line = Waiting(monotonic)
    line.add(batch)
    while line.next(pace) is not None:
        pass


def park(batch: list[Letter]) -> None:
    """Park every letter once and let it go again, its domain having been asked for."""
    now = 0.0
    pace, line = Pace(SendingSettings(per_domain={"*": 50}), lambda: now), Waiting(lambda: now)
    line.add(batch)
    while (found := line.next(pace)) is not None:
        if isinstance(found, float):
            now += found


def count(refusals: Refusals) -> None:
    for at in range(MESSAGES):
        if at % 20:
            refusals.accepted()
        else:
            refusals.refused(550, "5.1.1 no such user")
        refusals.too_many()


def exactness() -> None:
    """Print the fullest second of ten minutes at 14 a second, here and at a server 20 ms of jitter away."""
    print(f"\n{'14 a second, margin':22}{'fullest here':>14}{'at the server':>15}{'of the rate':>13}")
    for margin in (0.0, 0.01, 0.02, MARGIN, 0.25):
        seconds, most_here, most_there, bodies = 600, 0, 0, 0
        for seed in range(5):
            world = World(SendingSettings(rate_per_second=14), seed, late=0.02, margin=margin)
            world.run(letters(["a.example"] * 14 * seconds), seconds=seconds)
            most_here = max(most_here, fullest(world.moments()))
            most_there = max(most_there, *(fullest(world.arrivals(jitter=0.02)) for _ in range(5)))
            bodies += len(world.begun)
        share = bodies / 5 / seconds / 14
        print(f"{f'{margin * 1000:.0f} ms':22}{most_here:14}{most_there:15}{share:13.1%}", flush=True)


class Noting(Pace):
    """A pace that tells when bodies began."""

    begun: ClassVar[list[float]] = []

    def body(self, domain: str) -> None:
        super().body(domain)
        self.begun.append(self._bodies[-1])


def at_a_server() -> None:
    """Print the fullest second of a real run, here and at a server in a process of its own."""
    print(f"\n{'real':22}{'messages':>10}{'here':>6}{'there':>7}{'of the rate':>13}{'uneven by':>12}")
    for rate, messages in ((14.0, 300), (200.0, 3_000)):
        Noting.begun.clear()
        command = [sys.executable, "-m", "tests.bench.bench_pace", "--sink"]
        with (
            patch("jobs.sending.engine.Pace", Noting),
            TemporaryDirectory() as folder,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink,
        ):
            assert sink.stdout is not None
            port = int(sink.stdout.readline())
            mailing = new_mailing(Path(folder) / "bench.db", readers=messages)
            mailing.settings = QUICK.model_copy(update={"rate_per_second": rate, "connections": 10})
            started = perf_counter()
            mailing.send(port)
            share = messages / (perf_counter() - started) / rate
            arrived = json.loads(sink.communicate("that is all\n")[0])
        ways = [there - here for here, there in zip(Noting.begun, arrived, strict=True)]
        print(
            f"{f'{rate:.0f} a second':22}{messages:10,}{fullest(Noting.begun):6}{fullest(arrived):7}"
            f"{share:13.1%}{(max(ways) - min(ways)) * 1000:9.0f} ms",
            flush=True,
        )


def be_a_sink() -> None:
    """Take messages until a line comes in, and print when each was there."""
    arrived: list[float] = []

    def note(step: str, recipient: str) -> None:
        if step == "BODY":
            arrived.append(monotonic())

    with Sink(note).serve() as port:
        print(port, flush=True)
        sys.stdin.readline()
    print(json.dumps(arrived))


def giving_way() -> None:
    """Print how well a limit is used that only the relay knows."""
    print(f"\n{'limit of the relay':22}{'connections':>12}{'of the limit':>14}{'put off':>10}")
    for limit, connections in ((14, 1), (14, 10), (14, 50), (50, 10)):
        accepted: list[float] = []

        def relay(now: float, domain: str, limit: int = limit, accepted: list[float] = accepted) -> Answer:
            if sum(at > now - 1 for at in accepted[-limit:]) == limit:
                return THROTTLED
            accepted.append(now)
            return TAKEN

        world = World(SendingSettings(connections=connections), server=relay)
        world.run(letters(["a.example", "b.example"] * 60_000), seconds=600)
        taken, put_off = world.answers[TAKEN[0]], world.answers[THROTTLED[0]]
        share = put_off / (taken + put_off)
        print(f"{f'{limit} a second':22}{connections:12}{taken / 600 / limit:14.0%}{share:10.2%}", flush=True)


def main() -> None:
    if sys.argv[1:] == ["--sink"]:
        be_a_sink()
        return
    costs()
    exactness()
    at_a_server()
    giving_way()


if __name__ == "__main__":
    main()
