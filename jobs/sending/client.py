"""A client of one relay, as the engine sees it: ``announce`` a mail, ``send`` it, go on with the next.

Three kinds of ending are told apart, because the ledger treats them differently: the server's answer about
this reader (``Accepted``, ``Refused``); trouble with the server before the message was there
(``TransportError``); and a connection that broke when it may have been (``OutcomeUnknown``).
"""

from __future__ import annotations

from digest.errors import TransportError
from digest.rendering.transparency import OnTheLine
from digest.settings import SendingSettings
from jobs.sending.connect import connect
from jobs.sending.dialogue import CLOSING, Dialogue, HungUp, NoReply
from jobs.sending.envelope import Envelope
from jobs.sending.habits import Habits
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, Refused
from jobs.sending.trace import Trace

__all__ = ["CLOSING", "Client", "HungUp"]


class Client:
    """A connection that opens itself when it is needed, and again when the server has closed it.

    ``announce``, and once that returned None ``send``; where ``send`` was given the next mail's envelope,
    ``announced`` takes the place of the next ``announce``.
    """

    def __init__(
        self,
        relay: Relay,
        settings: SendingSettings,
        habits: Habits | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.relay = relay
        self.name = relay.name
        self._settings = settings
        self._habits = habits or Habits()
        self._trace = trace
        self._dialogue: Dialogue | None = None

    @property
    def connected(self) -> bool:
        """Whether the server let us in, as far as we know."""
        return self._dialogue is not None and not self._dialogue.ended

    async def connect(self) -> bool:
        """Open the connection if there is none, and tell whether it was opened; raises TransportError."""
        _, fresh = await self._open()
        return fresh

    async def announce(self, envelope: Envelope) -> Refused | None:
        """Open an envelope (MAIL, RCPT, DATA); return None once the server waits for the message.

        Raises TransportError when the server cannot be used: unreachable, closing (421), or refusing the
        sender, which is the same for every reader; HungUp when it may be this recipient's doing.
        """
        dialogue, fresh = await self._open()
        try:
            return await dialogue.announce(envelope)
        except NoReply:
            if fresh:
                raise
        # Servers close connections that were idle; that is nobody's failure.
        dialogue, _ = await self._open()
        return await dialogue.announce(envelope)

    async def send(
        self, message: OnTheLine, recipient: str, following: Envelope | None = None
    ) -> Accepted | Refused:
        """Send the message that ``announce`` opened the way for, and return the server's answer.

        ``following`` is announced in the same breath where the server bears that; ``announced`` tells the
        answer in any case. Raises TransportError when the message did not leave whole, OutcomeUnknown when
        nobody can tell whether the server took it.
        """
        if self._dialogue is None:
            raise TransportError(f"{self.name}: the connection broke before the message", permanent=False)
        return await self._dialogue.send(message, recipient, following)

    async def announced(self, following: Envelope) -> Refused | None:
        """Return what the server says to the envelope that ``send`` was given; otherwise as ``announce``."""
        if self._dialogue is not None and self._dialogue.announcing:
            try:
                return await self._dialogue.announced(following.recipient)
            except NoReply:
                # It took one message and closed, as some do.
                pass
        return await self.announce(following)

    def abandon(self) -> None:
        """Close without a word: the only way back once the server waits for the message."""
        if self._dialogue is not None:
            self._dialogue.abandon()

    async def close(self) -> None:
        """Say QUIT if the server listens, and close."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue is not None:
            await dialogue.close()

    async def _open(self) -> tuple[Dialogue, bool]:
        """Return an open connection's dialogue, and whether it was opened just now."""
        if self._dialogue is not None and self._dialogue.usable:
            return self._dialogue, False
        await self.close()
        connection = await connect(self.relay, self._settings.timeout.total_seconds(), self._trace)
        self._dialogue = Dialogue(connection, self.relay, self.name, self._settings, self._habits)
        return self._dialogue, True
