"""Single mails: a confirmation, a notice, a test; and a look whether a relay is there at all."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from digest.errors import TransportError
from digest.rendering.transparency import on_the_line
from digest.settings import SendingSettings
from jobs.sending.client import Client
from jobs.sending.envelope import Envelope
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, Refused


class Courier:
    """Carries single mails through the first relay that can be used, the heaviest first, standbys last.

    An async context manager: the connection stays open from one mail to the next, until it is left.
    """

    def __init__(self, relays: Sequence[Relay], settings: SendingSettings) -> None:
        in_order = sorted(relays, key=lambda relay: -relay.weight)
        self._clients = [Client(relay, settings) for relay in in_order]

    async def __aenter__(self) -> Courier:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.close()

    async def connect(self) -> Client:
        """Return the client of the first relay that can be used, connected.

        Raises TransportError, the first relay's, when none can be.
        """
        first: TransportError | None = None
        for client in self._clients:
            try:
                await client.connect()
            except TransportError as error:
                first = first or error
            else:
                return client
        assert first is not None
        raise first

    async def send(self, sender: str, recipient: str, message: bytes) -> Accepted | Refused:
        """Send ``message`` and return the server's answer.

        Raises BadInput for a bare CR or LF, TransportError when no relay can be used, OutcomeUnknown.
        """
        ready = on_the_line(message)
        client = await self.connect()
        refused = await client.announce(Envelope(sender, recipient, len(message)))
        return refused or await client.send(ready, recipient)


async def knock(relays: Sequence[Relay], settings: SendingSettings) -> None:
    """Open a connection, log in and leave; raises TransportError when no relay can be used."""
    async with Courier(relays, settings) as courier:
        await courier.connect()


async def send_one(
    relays: Sequence[Relay], settings: SendingSettings, sender: str, recipient: str, message: bytes
) -> Accepted | Refused:
    """Send one message as ``Courier.send`` does."""
    async with Courier(relays, settings) as courier:
        return await courier.send(sender, recipient, message)
