"""A send-out in simulated time: connections that ask the pace as the engine does, on a loop that is late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random

from digest.settings import SendingSettings
from jobs.deliveries.values import Delivery
from jobs.sending.buckets import MARGIN
from jobs.sending.ledger import Letter
from jobs.sending.pace import Pace
from jobs.sending.waiting import Waiting, domain_of
from subscribers.store import Contact
from subscribers.values import Status

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
# The server's answer to a reader: code and text.
Answer = tuple[int, str]
Server = Callable[[float, str], Answer]
TAKEN: Answer = (250, "2.0.0 taken")


def letter(number: int, domain: str | None) -> Letter:
    """A letter to a reader at ``domain``; None: one who left."""
    delivery = Delivery(number, number, 0, None, NOW)
    if domain is None:
        return Letter(delivery, None)
    return Letter(delivery, Contact(number, f"r{number}", f"R{number}@{domain}", None, Status.CONFIRMED))


def letters(domains: Iterable[str | None]) -> list[Letter]:
    """Letters in this order, numbered from 1."""
    return [letter(number, domain) for number, domain in enumerate(domains, start=1)]


@dataclass
class World:
    """Where time passes only when nobody has anything to do.

    Every wake-up is up to ``late`` seconds late, one in a hundred holds everything up for ``stall`` seconds.
    """

    settings: SendingSettings
    seed: int = 0
    late: float = 0.0
    stall: float = 0.0
    round_trip: float = 0.04
    margin: float = MARGIN
    # A share of readers is refused before the body.
    refused: float = 0.0
    server: Server = lambda now, domain: TAKEN
    now: float = 1000.0
    # Who came out of the line, by number and domain; when bodies began and to which domain; the answers.
    taken: list[tuple[int, str | None]] = field(default_factory=list)
    begun: list[tuple[float, str]] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.pace = Pace(self.settings, self.clock, margin=self.margin)
        self.waiting = Waiting(self.clock)

    def clock(self) -> float:
        """The time, in seconds."""
        return self.now

    def run(self, letters: Sequence[Letter], *, seconds: float) -> None:
        """Send them over all connections for so long, or until nobody waits."""
        self.waiting.add(letters)
        end = self.now + seconds
        connections = [self._connection() for _ in range(self.settings.connections)]
        due = [(self.now, number) for number in range(len(connections))]
        while due and due[0][0] < end:
            when, number = heappop(due)
            self.now = max(self.now, when)
            if self.stall and self.random.random() < 0.01:
                self.now += self.stall
            wait = next(connections[number], None)
            if wait is not None:
                heappush(due, (self.now + wait + self.random.uniform(0, self.late), number))

    def _connection(self) -> Generator[float, None, None]:
        while (found := self.waiting.next(self.pace)) is not None:
            if isinstance(found, float):
                yield found
                continue
            domain = domain_of(found.contact.address) if found.contact is not None else None
            self.taken.append((found.delivery.id, domain))
            if domain is None:
                continue
            yield self._way()
            if self.random.random() < self.refused:
                self.pace.give_back(domain)
                continue
            while (wait := self.pace.body_in(domain)) > 0.0:
                yield wait
            self.pace.body(domain)
            self.begun.append((self.now, domain))
            yield self._way()
            code, text = self.server(self.now, domain)
            self.answers[code] += 1
            self.pace.answered(domain, code, text)

    def _way(self) -> float:
        return self.random.uniform(0.5, 1.5) * self.round_trip

    def moments(self, domain: str | None = None) -> list[float]:
        """When bodies began here: all, or those to one domain."""
        return [at for at, whose in self.begun if domain in (None, whose)]

    def arrivals(self, domain: str | None = None, *, jitter: float) -> list[float]:
        """When they reached the server, each up to ``jitter`` seconds later than the quickest way."""
        return sorted(at + self.random.choice((0.0, self.random.random(), 1.0)) * jitter
                      for at in self.moments(domain))  # fmt: skip


def fullest(moments: Sequence[float], span: float = 1.0) -> int:
    """Return how many of these sorted moments lie within one half-open window of ``span`` seconds."""
    most = first = 0
    for last, moment in enumerate(moments):
        # What floats lose of a difference is no message too many.
        while moment - moments[first] >= span - 1e-9:
            first += 1
        most = max(most, last - first + 1)
    return most
