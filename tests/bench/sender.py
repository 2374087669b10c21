"""The engine in a process of its own, as the benchmarks start it: ``sender.py < asked > told``, both JSON.

The only place of the benchmarks that calls ``send_issue``. It sees what a real send-out sees: the rendered
edition, tokens signed for each reader, sealed envelope senders, a way to leave by mail.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from itertools import count
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import ParamSpec, TypeVar

from digest.clock import SystemClock
from digest.db import Database
from digest.libpq import Question
from digest.rendering.transparency import OnTheLine
from digest.rendering.values import RenderedEmail
from digest.settings import SendingSettings
from jobs.deliveries.barrier import Barrier
from jobs.deliveries.values import Counts
from jobs.envelopes import Envelopes
from jobs.outgoing import by_edition, composer
from jobs.sending.engine import send_issue
from jobs.sending.loop import run
from jobs.sending.relays import Relays
from subscribers.bounces.verp import BounceTokens
from subscribers.mailin.doors import Doors
from subscribers.store import Contact
from subscribers.tokens import Tokens
from tests.bench.figures import Told, peak_mb
from tests.bench.lists import NOW
from tests.digest.rendering.samples import IDENTITY, WEEK

KEYS = ("a secret for benchmarks only",)
_Given = ParamSpec("_Given")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be sent: so many ``messages`` of issue 1; ``edition`` is a file with a pickled e-mail."""

    database: str
    edition: str
    port: int
    connections: int
    messages: int


# Of so many messages that are filled one is measured: looking at the clock is dear itself.
SAMPLE = 16


class Spent:
    """Adds up the seconds of the processor that some functions take; one call in so many is looked at."""

    def __init__(self, one_in: int = 1) -> None:
        self._one_in = one_in
        self.seconds = 0.0

    def on(self, work: Callable[_Given, _Value]) -> Callable[_Given, _Value]:
        """Return ``work`` so that what it takes is counted."""
        turns = count()

        @wraps(work)
        def timed(*given: _Given.args, **named: _Given.kwargs) -> _Value:
            if next(turns) % self._one_in:
                return work(*given, **named)
            start = thread_time()
            try:
                return work(*given, **named)
            finally:
                self.seconds += self._one_in * (thread_time() - start)

        return timed


class Watch:
    """Looks at the clocks at every commit; asks the engine to stop after so many messages."""

    def __init__(self, messages: int) -> None:
        self._wanted = messages
        self.stop = asyncio.Event()
        self.fill = Spent(SAMPLE)
        self.record = Spent()
        self._first: tuple[int, float, float] | None = None
        self._last = (0, 0.0, 0.0)

    def progress(self, counts: Counts, note: str | None) -> None:
        del note
        done = counts.sent + counts.failed + counts.unknown
        self._last = (done, perf_counter(), process_time())
        if self._first is None:
            self._first = self._last
        if done - self._first[0] >= self._wanted:
            self.stop.set()

    def told(self, around: float) -> Told:
        assert self._first is not None
        done, clock, cpu = (last - first for last, first in zip(self._last, self._first, strict=True))
        fill, record = self.fill.seconds, self.record.seconds
        return Told(int(done), clock, cpu, fill, record, around - cpu, peak_mb())


def message_maker(edition: str) -> Callable[[Contact, int | None], OnTheLine]:
    """Return what fills the pickled edition for a reader."""
    email: RenderedEmail = pickle.loads(Path(edition).read_bytes())
    tokens = Tokens(KEYS)
    leave_at = Doors(IDENTITY.from_address, unsubscribe="leave@digest.example.com").leave_at(KEYS)
    return by_edition(lambda number: composer(email, WEEK, NOW, IDENTITY, tokens, leave_at=leave_at))


def sender_maker() -> Callable[[Contact], str]:
    """Return what makes a reader's envelope sender."""
    envelopes = Envelopes(IDENTITY.from_address, "bounces@digest.example.com", BounceTokens(KEYS))
    return envelopes.of_issue(WEEK, NOW.date())


async def send(asked: Asked) -> Told:
    """Send, and return what it took."""
    watch = Watch(asked.messages)
    compose, sender = message_maker(asked.edition), sender_maker()
    database = Database(asked.database)
    # Be it in the event loop's thread or beside it.
    for owner, way in (
        (Barrier, Barrier.write),
        (Barrier, Barrier.write_if_free),
        (Barrier, Barrier.ask),
        (Question, Question.hear),
    ):
        setattr(owner, way.__name__, watch.record.on(way))
    start = process_time()
    await send_issue(
        database,
        1,
        compose=watch.fill.on(compose),
        sender=watch.fill.on(sender),
        relays=Relays.parse(f"smtp://127.0.0.1:{asked.port}"),
        settings=SendingSettings(connections=asked.connections),
        clock=SystemClock(),
        progress=watch.progress,
        stop=watch.stop,
    )
    return watch.told(process_time() - start)


if __name__ == "__main__":
    print(json.dumps(asdict(run(send(Asked(**json.load(sys.stdin)))))))
