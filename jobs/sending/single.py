"""Single mails: a confirmation, a notice, a test; and a look whether a relay is there at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from digest.errors import TransportError
from digest.rendering.transparency import on_the_line
from digest.settings import SendingSettings
from jobs.sending.client import Client
from jobs.sending.envelope import Envelope
from jobs.sending.loop import run
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, Refused
from jobs.sending.trace import Trace

# Seconds between two looks whether we were told to stop.
_LOOK = 0.2
_Value = TypeVar("_Value")


class Courier:
    """Carries single mails through the first relay that can be used, the heaviest first, standbys last.

    An async context manager: the connection stays open from one mail to the next, until it is left.
    """

    def __init__(
        self, relays: Sequence[Relay], settings: SendingSettings, trace: Trace | None = None
    ) -> None:
        in_order = sorted(relays, key=lambda relay: -relay.weight)
        self._clients = [Client(relay, settings, trace=trace) for relay in in_order]

    async def __aenter__(self) -> Courier:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))

    async def connect(self) -> None:
        """Connect to the first relay that can be used; raises TransportError when none can be."""
        await self._first(Client.connect)

    async def send(self, sender: str, recipient: str, message: bytes) -> Accepted | Refused:
        """Send ``message`` and return the server's answer.

        Raises BadInput for a bare CR or LF, TransportError when no relay can be used, OutcomeUnknown.
        """
        ready, envelope = on_the_line(message), Envelope(sender, recipient, len(message))

        async def through(client: Client) -> Accepted | Refused:
            return await client.announce(envelope) or await client.send(ready, recipient)

        # Whatever a TransportError says, the message is not there: another relay may take it.
        return await self._first(through)

    async def _first(self, use: Callable[[Client], Awaitable[_Value]]) -> _Value:
        """Return what comes of the first relay that can be used, or raise the trouble of the very first."""
        first: TransportError | None = None
        for client in self._clients:
            try:
                return await use(client)
            except TransportError as error:
                first = first or error
        assert first is not None
        raise first


def knock(relays: Sequence[Relay], settings: SendingSettings, stop: threading.Event | None = None) -> None:
    """Connect, log in and leave; raises TransportError when no relay can be used, or on ``stop``."""

    async def look() -> None:
        async with Courier(relays, settings) as courier:
            await courier.connect()

    run(_until(stop, look()))


def send_one(
    relays: Sequence[Relay],
    settings: SendingSettings,
    sender: str,
    recipient: str,
    message: bytes,
    stop: threading.Event | None = None,
    trace: Trace | None = None,
) -> Accepted | Refused:
    """Send one message as ``Courier.send`` does; it is cut off on ``stop``."""

    async def send() -> Accepted | Refused:
        async with Courier(relays, settings, trace) as courier:
            return await courier.send(sender, recipient, message)

    return run(_until(stop, send()))


async def _until(stop: threading.Event | None, work: Coroutine[None, None, _Value]) -> _Value:
    """Do ``work``, or raise TransportError soon after ``stop`` where the server keeps us waiting."""
    doing = asyncio.create_task(work)
    while not doing.done():
        await asyncio.wait({doing}, timeout=_LOOK)
        if stop is not None and stop.is_set() and doing.cancel():
            with suppress(asyncio.CancelledError):
                return await doing
            raise TransportError("stopped before the mail server answered", permanent=False)
    return await doing
