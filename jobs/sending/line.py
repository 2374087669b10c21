"""One of the engine's lines: a connection to one relay at a time, and after a turn perhaps to another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from digest.errors import TransportError
from jobs.sending.client import Client
from jobs.sending.relay import Relay
from jobs.sending.relays import Choice


class Line:
    """Holds the clients of one line; ``Choice``, shared by all lines, says whose turn it is."""

    def __init__(self, choice: Choice, open_to: Callable[[Relay], Client]) -> None:
        self._choice = choice
        self._open_to = open_to
        self._clients: dict[Relay, Client] = {}
        self._client: Client | None = None
        # Messages of the turn that are still to come, and those that left.
        self._left = self._gone = 0

    async def client(self) -> Client:
        """Return the client for the next mail, connected; raises TransportError when none can be."""
        if self._client is None or self._left <= 0:
            self.end_turn()
            relay = self._choice.next()
            self._left = self._choice.turn(relay)
            self._client = self._clients.setdefault(relay, self._open_to(relay))
        if await self._client.connect():
            self._choice.worked(self._client.relay)
        return self._client

    @property
    def connected(self) -> bool:
        """Whether a server let this line in, as far as we know."""
        return self._client is not None and self._client.connected

    @property
    def goes_on(self) -> bool:
        """Whether one more mail of this turn may follow the one that is about to go."""
        return self._left > 1

    def sent(self) -> None:
        """Count a message that left; the choice hears of it with the end of the turn."""
        self._left -= 1
        self._gone += 1

    def failed(self, error: TransportError) -> bool:
        """End the turn with trouble; tell whether another relay can be used at once."""
        client = self._client
        if client is not None:
            client.abandon()
        # A single one is not given a rest: how long to wait, and how often to try, is the engine's matter.
        if not self._choice.several:
            return False
        if client is not None:
            self._client = None
            self._tell(client)
            self._choice.failed(client.relay, error)
        return self._choice.all_down() is None

    def back_in(self) -> float:
        """Return in how many seconds it makes sense to try again: 0.0 where there is but one relay to try."""
        return self._choice.back_in() if self._choice.several else 0.0

    def end_turn(self) -> None:
        """Let another relay have the next mail."""
        client, self._client = self._client, None
        if client is not None:
            self._tell(client)
            self._choice.unsent(client.relay, max(self._left, 0))

    def _tell(self, client: Client) -> None:
        self._choice.sent(client.relay, self._gone)
        self._gone = 0

    def abandon(self) -> None:
        """Close the connection in use without a word."""
        if self._client is not None:
            self._client.abandon()

    async def close(self) -> None:
        """Take leave of all relays; the line can be used again."""
        self.end_turn()
        await asyncio.gather(*(client.close() for client in self._clients.values()))
