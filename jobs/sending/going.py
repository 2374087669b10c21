"""What a running send-out tells of itself, for ``digest status``: how far it is, how fast, that it lives."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from jobs.deliveries.values import Progress, Result, State

# Seconds: how often it is written down at the most, and the stretch its speed is taken over.
OFTEN, STRETCH = 1.0, 10.0


class Going:
    """Counts the results of one run. ``monotonic`` gives seconds: a clock set right must not make us fast."""

    def __init__(self, issue_id: int, began_at: datetime, monotonic: Callable[[], float]) -> None:
        self._issue_id = issue_id
        self._began_at = began_at
        self._monotonic = monotonic
        self._sent = self._answered = self._settled = 0
        self._written: float | None = None
        # (moment, how many were settled by then); the first one is as old as the stretch, or the run.
        self._seen: deque[tuple[float, int]] = deque([(monotonic(), 0)])

    def count(self, results: Sequence[Result]) -> None:
        """Take what is about to be recorded."""
        for result in results:
            self._sent += result.state is State.SENT
            self._answered += result.code is not None
            self._settled += result.state is not State.PENDING

    def due(self) -> bool:
        """Tell whether it is time to write down how it goes."""
        return self._written is None or self._monotonic() - self._written >= OFTEN

    def told(self, at: datetime, note: str | None = None, *, ended: bool = False) -> Progress:
        """Return how it goes; ``at`` is the time of this sign of life, ``note`` what it waits for."""
        moment, seen = self._monotonic(), self._seen
        while len(seen) > 1 and moment - seen[1][0] >= STRETCH:
            seen.popleft()
        since, before = seen[0]
        speed = (self._settled - before) / (moment - since) if moment > since else 0.0
        seen.append((moment, self._settled))
        self._written = moment
        ended_at = at if ended else None
        return Progress(self._issue_id, self._began_at, at, ended_at, self._sent, self._answered, speed, note)
