"""A rate that is kept: a bucket that spreads messages out, and a window that none of them may break.

The bucket is asked before a reader is taken, one round trip before the body goes, so it can only aim. The
window is asked right before the body, knows the moments bodies really began, and is exact. Moments are
seconds of a monotonic clock.
"""

from __future__ import annotations

from collections import deque

# How much later, in seconds, one message may reach the server than the next: of two bodies that begin a whole
# window apart the first may come so late and the second in time, so nothing smaller holds there. An even way
# needs 20 ms; on two busy cores, server and all, 45 ms were seen (tests/bench/bench_pace.py).
MARGIN = 0.05
# So many seconds of what a late event loop missed are made good, and so much may go at once at the start.
DEPTH = 0.1


class Bucket:
    """Lets one through every ``interval`` seconds, and ``DEPTH`` seconds' worth at once after a lull.

    It is a token bucket kept as one number, the moment at which it will be full again (GCRA, ITU-T I.371).
    """

    __slots__ = ("_full_at", "interval")

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._full_at = float("-inf")

    def free_in(self, now: float) -> float:
        """Return in how many seconds one may be taken; 0.0: now."""
        wait = self._full_at - DEPTH - now
        return wait if wait > 0.0 else 0.0

    def take(self, now: float) -> None:
        """Take one."""
        full_at = self._full_at
        self._full_at = (full_at if full_at > now else now) + self.interval

    def give_back(self) -> None:
        """Put one back that was taken in vain."""
        self._full_at -= self.interval

    def idle(self, now: float) -> bool:
        """Whether it is full, so that a new one would do the same."""
        return self._full_at <= now


class Window:
    """At most ``most`` moments in any ``span`` seconds, begin included and end not."""

    __slots__ = ("_moments", "_most", "_span")

    def __init__(self, most: int, span: float) -> None:
        self._most = most
        self._span = span
        self._moments: deque[float] = deque(maxlen=most)

    def free_in(self, now: float) -> float:
        """Return in how many seconds there is room for one more; 0.0: now."""
        if len(self._moments) < self._most:
            return 0.0
        wait = self._moments[0] + self._span - now
        return wait if wait > 0.0 else 0.0

    def note(self, now: float) -> None:
        """Note one that is there now."""
        self._moments.append(now)

    def idle(self, now: float) -> bool:
        """Whether all it knows is too long ago to matter."""
        return not self._moments or self._moments[-1] + self._span <= now


class Quota:
    """So many messages a second and no more, seen from here as from the server.

    ``rate`` is in messages a second. No second has more than its whole number: 2.5 sends 2 in each. Below 1
    it is one message in every 1/``rate`` seconds. ``margin`` lengthens the second (or the wait): by that many
    seconds the way may delay one message more than another.
    """

    __slots__ = ("bucket", "window")

    def __init__(self, rate: float, margin: float = MARGIN) -> None:
        most, span = (int(rate), 1.0 + margin) if rate >= 1 else (1, 1 / rate + margin)
        self.bucket = Bucket(span / most)
        self.window = Window(most, span)

    def idle(self, now: float) -> bool:
        """Whether it may be forgotten: a new one would do the same."""
        return self.bucket.idle(now) and self.window.idle(now)
