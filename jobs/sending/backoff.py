"""Giving way to whoever asks for it: a hold that doubles, and a speed that is halved and grows again."""

from __future__ import annotations

from jobs.sending.buckets import Bucket
from jobs.sending.retry import spread

# Holds double from the first to the longest, in seconds, give or take a quarter.
FIRST, LONGEST = 2.0, 600.0
_MOST_STRIKES = 10
# Until as many messages were taken as there were put-offs, they go one by one, so many seconds apart.
STEP = 1.0
# So many put-offs in a row that may be one mailbox's each are taken for the domain's.
UNCLEAR = 10

# What a put-off leaves of the speed, and the part of it that a second of success adds.
_LEFT, _A_SECOND = 1 / 2, 1 / 50
# Not halved below that, in messages a second; holds do the rest.
_LEAST = 0.5


class BackOff:
    """How long one domain, or the relay, is left alone. ``name`` seeds the jitter.

    Each put-off is a strike and doubles the hold; each message taken afterwards takes one strike away.
    What was under way when a hold began tells nothing new, neither for the better nor for the worse.
    """

    __slots__ = ("_name", "_next", "_strikes", "_unclear", "_until")

    def __init__(self, name: str) -> None:
        self._name = name
        self._strikes = 0
        self._unclear = 0
        self._until = self._next = float("-inf")

    def held(self, now: float) -> float:
        """Return for how many more seconds it asked to be left alone; 0.0: it does not."""
        wait = self._until - now
        return wait if wait > 0.0 else 0.0

    def free_in(self, now: float) -> float:
        """Return in how many seconds a message for it may be taken; 0.0: now."""
        wait = (self._until if self._until > self._next else self._next) - now
        return wait if wait > 0.0 else 0.0

    def take(self, now: float) -> None:
        """Take one; while there are strikes the next has to wait a little."""
        if self._strikes:
            self._next = now + STEP

    def put_off(self, now: float) -> bool:
        """Hold it; False where a hold is on, and this answers something that was under way before it."""
        if now < self._until:
            return False
        self._strikes = min(self._strikes + 1, _MOST_STRIKES)
        self._unclear = 0
        hold = min(FIRST * 2.0 ** (self._strikes - 1), LONGEST)
        self._until = now + hold * spread(self._name, self._strikes)
        return True

    def put_off_perhaps(self, now: float) -> bool:
        """Hear a put-off that may be one mailbox's; return whether there were so many that it is held now."""
        self._unclear += 1
        return self._unclear >= UNCLEAR and self.put_off(now)

    def accepted(self, now: float) -> None:
        """A message was taken."""
        self._unclear = 0
        if self._strikes and now >= self._until:
            self._strikes -= 1
            if not self._strikes:
                self._next = self._until

    def idle(self, now: float) -> bool:
        """Whether nothing of it is left, or all of it long ago."""
        done = not self._strikes and not self._unclear
        return now >= self._until + (0.0 if done else LONGEST)


class Speed:
    """The speed of sending to a relay that asked to slow down: additive increase, multiplicative decrease.

    ``first`` is the speed, in messages a second, at which the trouble began.
    """

    __slots__ = ("_first", "_last", "bucket", "rate")

    def __init__(self, first: float) -> None:
        self._first = self._last = self.rate = first
        self.bucket = Bucket(1 / first)

    def put_off(self) -> None:
        """Halve it."""
        self._last = self.rate
        if self.rate > _LEAST:
            self._set(self.rate * _LEFT)

    def accepted(self) -> None:
        """Raise it a little: a second adds a part of the speed of the last put-off, and past that of its own.

        So it comes near to what was too much with care, and back from far below in a few minutes. Messages
        come ``rate`` a second, which a second's worth is split among.
        """
        self._set(self.rate + max(self._last, self.rate) * _A_SECOND / self.rate)

    def recovered(self) -> bool:
        """Whether it is again what it was before the trouble."""
        return self.rate >= self._first

    def _set(self, rate: float) -> None:
        self.rate = rate
        self.bucket.interval = 1 / rate
