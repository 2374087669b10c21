"""The letters that are claimed and wait for their turn: in order, past the domains that must wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from jobs.sending.ledger import Letter
from jobs.sending.pace import Pace

# With fewer in line another batch may be claimed, so that nobody waits for the database; with more than
# so many parked none, or the slowest domain would gather its whole audience in memory.
_IN_LINE, _PARKED = 250, 5_000


def domain_of(address: str) -> str:
    """Return what stands behind the @, in lower case: what ``Pace`` knows a domain by."""
    return address.rpartition("@")[2].lower()


class Waiting:
    """A line of letters, and for every domain that must wait a place to park at.

    A letter is looked at once when it comes to the front and once when its domain is free again, so one
    costs O(log domains), however many wait. ``clock`` is the pace's: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._line: deque[Letter] = deque()
        self._parked: dict[str, deque[Letter]] = {}
        self._parked_letters = 0
        # Every domain that is parked, by when it is worth asking for it again.
        self._due: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._line) + self._parked_letters

    @property
    def wants_more(self) -> bool:
        """Whether another batch may be claimed."""
        return len(self._line) < _IN_LINE and self._parked_letters <= _PARKED

    def add(self, letters: Iterable[Letter]) -> None:
        """Let these letters stand in line."""
        self._line.extend(letters)

    def put_back(self, letters: Iterable[Letter]) -> None:
        """Let these letters stand before all others, in their order; none was taken with the pace."""
        self._line.extendleft(reversed([*letters]))

    def next(self, pace: Pace) -> Letter | float | None:
        """Return the next letter that may be taken now, or in how many seconds one may be; None for nobody.

        The letter leaves the line, and its reader is taken (``Pace.take``), so that no two connections take
        the same place: without a body it has to be given back (``Pace.give_back``). One whose contact is
        None goes past every bound, since nothing is sent to it, and takes nothing.
        """
        if pace.boundless and not self._parked:
            # As below, where there is nothing to ask.
            return self._line.popleft() if self._line else None
        if not self:
            return None
        if (wait := pace.open_in()) > 0.0:
            return wait
        letter = self._from_parked(pace) or self._from_line(pace)
        return max(self._due[0][0] - self._clock(), 0.0) if letter is None else letter

    def _from_parked(self, pace: Pace) -> Letter | None:
        """Return the first letter of a domain that need not wait any longer."""
        while self._due and self._due[0][0] <= (now := self._clock()):
            _, domain = heappop(self._due)
            if (wait := pace.free_in(domain)) > 0.0:
                heappush(self._due, (now + wait, domain))
                continue
            letters = self._parked[domain]
            letter = letters.popleft()
            self._parked_letters -= 1
            pace.take(domain)
            if letters:
                heappush(self._due, (now + pace.free_in(domain), domain))
            else:
                del self._parked[domain]
            return letter
        return None

    def _from_line(self, pace: Pace) -> Letter | None:
        """Return the first letter in line whose domain is free, and park those before it."""
        while self._line:
            letter = self._line.popleft()
            if letter.contact is None:
                return letter
            domain = domain_of(letter.contact.address)
            if domain not in self._parked:
                if (wait := pace.free_in(domain)) <= 0.0:
                    pace.take(domain)
                    return letter
                self._parked[domain] = deque()
                heappush(self._due, (self._clock() + wait, domain))
            self._parked[domain].append(letter)
            self._parked_letters += 1
        return None
