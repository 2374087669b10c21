"""How much trouble with the server is too much."""

from __future__ import annotations

from digest.errors import TransportError

# Rounds of trouble in a row before a send-out gives up for now; a round is one failure of every connection.
MOST = 4
_FIRST = 0.25
_LONGEST = 8.0


class Breaker:
    """Counts what went wrong on any of the connections since the server last answered a whole message."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._failures = 0

    def passed(self) -> None:
        """The server answered a message; whatever was wrong is over."""
        self._failures = 0

    def failed(self, error: TransportError, *, grave: bool = False) -> float:
        """Return how many seconds to wait before trying again; raise ``error`` if there is no sense in it.

        A ``grave`` failure, one that cost a reader, counts as a whole round.
        """
        self._failures += self._connections if grave else 1
        if error.permanent or self._failures > MOST * self._connections:
            raise error
        return min(_FIRST * 2.0 ** ((self._failures - 1) // self._connections), _LONGEST)
