"""One SMTP or LMTP connection, as the engine sees it: ``announce`` a mail, ``send`` it, go on with the next.

Where the server offers PIPELINING (RFC 2920) a mail costs one round trip: the end of one and the envelope of
the next leave in one write. Where it does not, the same calls talk step by step.

Three kinds of ending are told apart, because the ledger treats them differently: the server's answer about
this reader (``Accepted``, ``Refused``); trouble with the server before the message was there
(``TransportError``); and a connection that broke when it may have been (``OutcomeUnknown``).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from time import monotonic

from digest.errors import TransportError
from digest.rendering.transparency import END, OnTheLine
from digest.settings import SendingSettings
from jobs.sending.connect import Connection, connect
from jobs.sending.envelope import DATA, RSET, Envelope, Opening, opening
from jobs.sending.habits import Habits
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, OutcomeUnknown, PutOff, Refused, fit_to_keep, is_positive
from jobs.sending.trace import Trace
from jobs.sending.wire import Lost, Reply

CLOSING = 421
_START_INPUT = 354
_BAD_SEQUENCE = 503
_MUST_AUTHENTICATE = 530
_GOODBYE = 2.0
# RFC 3463, 3.8: something about us, such as how much we send.
_POLICY = re.compile(r"\b4\.7\.\d")


class HungUp(TransportError):
    """The server closed a working connection, or made no sense, when this recipient was announced."""


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
        self._settings = settings
        self._timeout = settings.timeout.total_seconds()
        self._final_timeout = settings.final_timeout.total_seconds()
        self._habits = habits or Habits()
        self._trace = trace
        self._connection: Connection | None = None
        self._sent = 0
        self._born = 0.0
        # What the server may still believe of an envelope that came to nothing.
        self._unclean = False
        self._following: Opening | None = None

    @property
    def tired(self) -> bool:
        """Whether the connection has lived long enough."""
        settings = self._settings
        return (
            self._sent >= settings.connection_messages
            or monotonic() - self._born >= settings.connection_life.total_seconds()
        )

    @property
    def connected(self) -> bool:
        """Whether the server let us in, as far as we know."""
        return self._connection is not None

    async def connect(self) -> bool:
        """Open the connection if there is none, and tell whether it was opened; raises TransportError."""
        _, fresh = await self._connected()
        return fresh

    async def announce(self, envelope: Envelope) -> Refused | None:
        """Open an envelope (MAIL, RCPT, DATA); return None once the server waits for the message.

        Raises TransportError when the server cannot be used: unreachable, closing (421), or refusing the
        sender, which is the same for every reader; HungUp when it may be this recipient's doing.
        """
        connection, fresh = await self._connected()
        try:
            return await self._announce(connection, envelope)
        except _NoReply:
            if fresh:
                raise
        # Servers close connections that were idle; that is nobody's failure.
        connection, _ = await self._connected()
        return await self._announce(connection, envelope)

    async def send(
        self, message: OnTheLine, recipient: str, following: Envelope | None = None
    ) -> Accepted | Refused:
        """Send the message that ``announce`` opened the way for, and return the server's answer.

        ``following`` is announced in the same breath where the server bears that; ``announced`` tells the
        answer in any case. Raises TransportError when the message did not leave whole, OutcomeUnknown when
        nobody can tell whether the server took it.
        """
        connection = self._connection
        if connection is None or not connection.wire.usable:
            raise self._drop("the connection broke before the message")
        self._following = self._behind(connection, following)
        group = self._following.whole if self._following else b""
        connection.wire.write(message + group, body=len(message))
        self._sent += 1
        try:
            reply = await connection.wire.reply(self._final_timeout)
        except Lost as error:
            raise self._cut_off(connection, str(error), len(group)) from None
        except asyncio.CancelledError:
            stopped = "sending was stopped before the server answered"
            raise self._cut_off(connection, stopped, len(group)) from None
        return self._judge_message(reply, recipient)

    async def announced(self, following: Envelope) -> Refused | None:
        """Return what the server says to the envelope that ``send`` was given; otherwise as ``announce``."""
        commands, self._following = self._following, None
        connection = self._connection
        if commands is not None and connection is not None:
            try:
                return await self._talk(
                    connection, commands, following.recipient, written=True, following=True
                )
            except _NoReply:
                # It took one message and closed, as some do.
                pass
        return await self.announce(following)

    def abandon(self) -> None:
        """Close without a word: the only way back once the server waits for the message."""
        if self._connection is not None:
            self._connection.wire.abort()
        self._connection = self._following = None

    async def close(self) -> None:
        """Say QUIT if the server listens, and close."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.wire.usable:
            connection.wire.write(b"QUIT\r\n")
            with suppress(Lost):
                await connection.wire.reply(_GOODBYE)
        connection.wire.abort()

    async def _connected(self) -> tuple[Connection, bool]:
        """Return an open connection, and whether it was opened just now."""
        if self._connection is not None and self._connection.wire.usable and not self.tired:
            return self._connection, False
        await self.close()
        self._connection = await connect(self.relay, self._timeout, self._trace)
        self._sent, self._born, self._unclean = 0, monotonic(), False
        return self._connection, True

    def _pipelines(self, connection: Connection, *, following: bool) -> bool:
        return connection.offer.pipelining and not self._habits.hates_pipelining(
            self.relay, following=following
        )

    def _behind(self, connection: Connection, following: Envelope | None) -> Opening | None:
        """Return the commands that may go out behind a message, if any may."""
        if following is None or self.tired or not self._pipelines(connection, following=True):
            return None
        try:
            commands = opening(following, connection.offer, self.relay.name)
        except TransportError:
            return None  # said again, and heard, when it is announced by itself
        return commands if isinstance(commands, Opening) else None

    async def _announce(self, connection: Connection, envelope: Envelope) -> Refused | None:
        commands = opening(envelope, connection.offer, self.relay.name)
        if isinstance(commands, Refused):
            return commands
        written = self._pipelines(connection, following=False)
        if written:
            connection.wire.write((RSET if self._unclean else b"") + commands.whole)
        return await self._talk(connection, commands, envelope.recipient, written=written, following=False)

    async def _talk(
        self, connection: Connection, commands: Opening, recipient: str, *, written: bool, following: bool
    ) -> Refused | None:
        """Open an envelope, command by command; those that were ``written`` already are only answered.

        Every answer is held against its own command: after a refusal the server may still be in the envelope
        before, and would take the next message for that one's reader.
        """
        ask = partial(self._ask, connection, written=written)
        first = RSET if self._unclean else commands.mail
        try:
            reply = await ask(first)
        except Lost as error:
            if written:
                self._habits.dropped(self.relay, following=following)
            raise self._drop(f"the connection broke: {error}", _NoReply) from None
        if written:
            self._habits.answered(self.relay, following=following)
        try:
            if self._unclean:
                self._must_be_positive(reply, "RSET")
                self._unclean = False
                reply = await ask(commands.mail)
            refused = self._judge_mail(reply, utf8=not recipient.isascii())
            if refused is None:
                reply = await self._asked_of(commands.rcpt, ask)
                refused = self._judge(reply, recipient, "RCPT", is_positive(reply.code))
                if refused is None:
                    reply = await self._asked_of(DATA, ask)
                    return self._judge(reply, recipient, "DATA", reply.code == _START_INPUT)
                if written:
                    await self._withdraw(connection)
                return refused
            if written:
                await self._withdraw(connection, commands=2)
            return refused
        except Lost as error:
            raise self._drop(f"the connection broke: {error}", HungUp) from None

    async def _asked_of(self, command: bytes, ask: Callable[[bytes], Awaitable[Reply]]) -> Reply:
        """Ask what names this recipient: a server that closes then may mean them, and nobody else."""
        try:
            return await ask(command)
        except PutOff as error:
            raise HungUp(str(error), permanent=False) from None

    async def _ask(self, connection: Connection, command: bytes, *, written: bool) -> Reply:
        if not written:
            connection.wire.write(command)
        reply = await connection.wire.reply(self._timeout)
        if reply.code == CLOSING:
            raise self._put_off(f"{reply.code} {reply.text}")
        return reply

    async def _withdraw(self, connection: Connection, commands: int = 1) -> None:
        """Read the answers to what was written behind a refusal, DATA last.

        A server that waits for a message all the same gets a lone dot (RFC 2920, 3.1), or where it may mean
        another envelope than ours, nothing. The refusal stands, whatever becomes of the connection.
        """
        try:
            for _ in range(commands):
                reply = await self._ask(connection, DATA, written=True)
            if reply.code != _START_INPUT:
                return
            if commands == 1 and not self.relay.lmtp:
                connection.wire.write(END)
                if not is_positive((await connection.wire.reply(self._final_timeout)).code):
                    return
        except (Lost, TransportError):
            pass
        self.abandon()

    def _judge_mail(self, reply: Reply, *, utf8: bool) -> Refused | None:
        """Return a refusal that is due to SMTPUTF8, which only this reader needs; raise for every other."""
        if is_positive(reply.code):
            return None
        said = f"{reply.code} {reply.text}"
        if reply.code == _BAD_SEQUENCE or not 400 <= reply.code < 600:
            raise self._drop(f"no mail is taken now: {said}")
        if reply.code < 500:
            raise self._put_off(f"no mail is taken now: {said}")
        self._unclean = True
        if utf8:
            return Refused(reply.code, fit_to_keep(f"{reply.text} (asked for SMTPUTF8)"))
        self.abandon()
        raise self._trouble(f"the sender is refused: {said}; check [mail] from_address", permanent=True)

    def _judge(self, reply: Reply, recipient: str, command: str, right: bool) -> Refused | None:
        """Return None for the ``right`` answer, a refusal of this reader, or raise."""
        if right:
            return None
        text = fit_to_keep(reply.text, recipient)
        if reply.code == _MUST_AUTHENTICATE:
            raise self._drop(f"{reply.code} {text}; give user and password in [smtp] url", HungUp)
        if not 400 <= reply.code < 600:
            raise self._drop(f"unexpected answer to {command}: {reply.code} {text}", HungUp)
        self._unclean = True
        return Refused(reply.code, text)

    def _judge_message(self, reply: Reply, recipient: str) -> Accepted | Refused:
        text = fit_to_keep(reply.text, recipient)
        if is_positive(reply.code):
            return Accepted(reply.code, text)
        if 400 <= reply.code < 600:
            return Refused(reply.code, text)
        self.abandon()
        raise OutcomeUnknown(f"unexpected answer to the message: {reply.code} {text}")

    def _must_be_positive(self, reply: Reply, command: str) -> None:
        if not is_positive(reply.code):
            raise self._drop(f"unexpected answer to {command}: {reply.code} {reply.text}")

    def _cut_off(self, connection: Connection, why: str, behind: int) -> Exception:
        """Close after a message without an answer, and return what is to be said of it.

        ``behind`` is how many bytes were written after the message. As long as its last ones are still here,
        the server has not seen its end, so it cannot have taken it.
        """
        connection.wire.abort(why)
        self.abandon()
        if connection.wire.unsent > behind:
            return self._trouble(f"the connection broke: {why}")
        return OutcomeUnknown(fit_to_keep(f"no answer to the message: {why}"))

    def _drop(self, what: str, kind: type[TransportError] = TransportError) -> TransportError:
        """Close the connection and return the error to raise."""
        self.abandon()
        return kind(f"{self.relay.name}: {fit_to_keep(what)}", permanent=False)

    def _put_off(self, what: str) -> TransportError:
        """Close the connection that is refused, and return the error to raise.

        Many servers say so to end a connection that had its share of messages; that asks for nothing but a
        new one.
        """
        asks = self._sent == 0 or _POLICY.search(what)
        return self._drop(what, PutOff if asks else _NoReply)

    def _trouble(self, what: str, *, permanent: bool = False) -> TransportError:
        return TransportError(f"{self.relay.name}: {fit_to_keep(what)}", permanent=permanent)


class _NoReply(HungUp):
    """The connection ended before an envelope had an answer; the next one may take it."""
