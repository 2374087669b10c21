"""What is said on one open connection: an envelope, its message, the next ones, and what the answers mean.

Where the server offers PIPELINING (RFC 2920) a mail costs one round trip: the end of one and the envelope of
the next leave in one write. Where it does not, the same calls talk step by step. Every answer is held against
its own command.
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
from jobs.sending.connect import Connection
from jobs.sending.envelope import DATA, RSET, Envelope, Opening, opening
from jobs.sending.habits import Habits
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, OutcomeUnknown, PutOff, Refused, fit_to_keep, is_positive
from jobs.sending.wire import Lost, Reply

CLOSING = 421
_START_INPUT = 354
# Answers to a group: to MAIL, RCPT and DATA.
_OF_GROUP = 3
_BAD_SEQUENCE = 503
_MUST_AUTHENTICATE = 530
_GOODBYE = 2.0
# RFC 3463, 3.8: something about us, such as how much we send.
_POLICY = re.compile(r"\b4\.7\.\d")


class HungUp(TransportError):
    """The server closed a working connection, or made no sense, when this recipient was announced."""


class NoReply(HungUp):
    """The connection ended before an envelope had an answer; the next one may take it."""


class Dialogue:
    """One connection from its first envelope to QUIT. Whatever goes wrong ends it.

    ``announce``, and once that returned None ``send``; where that left with the next mail's envelope,
    ``announced`` tells its answer. ``name`` is the server's, for what is raised.
    """

    def __init__(
        self, connection: Connection, relay: Relay, name: str, settings: SendingSettings, habits: Habits
    ) -> None:
        self._wire = connection.wire
        self._offer = connection.offer
        self._relay = relay
        self._name = name
        self._habits = habits
        self._timeout = settings.timeout.total_seconds()
        self._final_timeout = settings.final_timeout.total_seconds()
        # How many messages the connection may carry, and until when, in monotonic seconds.
        self._most = settings.connection_messages
        self._old_at = monotonic() + settings.connection_life.total_seconds()
        self._sent = 0
        # What the server may still believe of an envelope that came to nothing.
        self._unclean = False
        self._following: Opening | None = None
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether it was ended, by us or by what went wrong."""
        return self._ended

    @property
    def usable(self) -> bool:
        """Whether another envelope can be announced on it."""
        return not self._ended and self._wire.usable and not self._tired

    @property
    def announcing(self) -> bool:
        """Whether an envelope left with the last message, and its answers are still to be heard."""
        return self._following is not None

    async def announce(self, envelope: Envelope) -> Refused | None:
        """Open an envelope (MAIL, RCPT, DATA); return None once the server waits for the message.

        Raises TransportError when the server cannot be used: closing (421), or refusing the sender, which is
        the same for every reader; HungUp when it may be this recipient's doing.
        """
        commands = opening(envelope, self._offer, self._name)
        if isinstance(commands, Refused):
            return commands
        written = self._pipelines(following=False)
        if written:
            self._wire.write((RSET if self._unclean else b"") + commands.whole)
        return await self._talk(commands, envelope.recipient, written=written, following=False)

    async def send(
        self, message: OnTheLine, recipient: str, following: Envelope | None = None
    ) -> Accepted | Refused:
        """Send the message that ``announce`` opened the way for, and return the server's answer.

        ``following`` is announced in the same breath where the server bears that. Raises TransportError when
        the message did not leave whole, OutcomeUnknown when nobody can tell whether the server took it.
        """
        if self._ended or not self._wire.usable:
            raise self._drop("the connection broke before the message")
        self._following = self._behind(following)
        group = self._following.whole if self._following else b""
        self._wire.write(message + group, body=len(message))
        self._sent += 1
        try:
            reply = await self._wire.reply(self._final_timeout)
        except Lost as error:
            raise self._cut_off(str(error), len(group)) from None
        except asyncio.CancelledError:
            stopped = "sending was stopped before the server answered"
            raise self._cut_off(stopped, len(group)) from None
        return self._judge_message(reply, recipient)

    async def announced(self, recipient: str) -> Refused | None:
        """Return what the server says to the envelope that left with the last message; raises likewise."""
        commands, self._following = self._following, None
        assert commands is not None
        if self._let_through():
            return None
        return await self._talk(commands, recipient, written=True, following=True)

    def abandon(self) -> None:
        """Close without a word: the only way back once the server waits for the message."""
        self._wire.abort()
        self._following, self._ended = None, True

    async def close(self) -> None:
        """Say QUIT if the server listens, and close."""
        if not self._ended and self._wire.usable:
            self._wire.write(b"QUIT\r\n")
            with suppress(Lost):
                await self._wire.reply(_GOODBYE)
        self.abandon()

    @property
    def _tired(self) -> bool:
        """Whether the connection has lived long enough."""
        return self._sent >= self._most or monotonic() >= self._old_at

    def _pipelines(self, *, following: bool) -> bool:
        return self._offer.pipelining and not self._habits.hates_pipelining(self._relay, following=following)

    def _behind(self, following: Envelope | None) -> Opening | None:
        """Return the commands that may go out behind a message, if any may."""
        if following is None or self._tired or not self._pipelines(following=True):
            return None
        try:
            commands = opening(following, self._offer, self._name)
        except TransportError:
            return None  # said again, and heard, when it is announced by itself
        return commands if isinstance(commands, Opening) else None

    def _let_through(self) -> bool:
        """Tell whether all three answers to the envelope behind a message are there and right.

        So it nearly always is, since a group is answered in one piece; everything else is for ``_talk``.
        """
        if len(self._wire.unread) != _OF_GROUP or self._unclean:
            return False
        mail, rcpt, data = self._wire.unread
        if not (is_positive(mail.code) and is_positive(rcpt.code) and data.code == _START_INPUT):
            return False
        self._wire.skip()
        self._habits.answered(self._relay, following=True)
        return True

    async def _talk(
        self, commands: Opening, recipient: str, *, written: bool, following: bool
    ) -> Refused | None:
        """Open an envelope, command by command; those that were ``written`` already are only answered.

        Every answer is held against its own command: after a refusal the server may still be in the envelope
        before, and would take the next message for that one's reader.
        """
        ask = partial(self._ask, written=written)
        first = RSET if self._unclean else commands.mail
        try:
            reply = await ask(first)
        except Lost as error:
            if written:
                self._habits.dropped(self._relay, following=following)
            raise self._drop(f"the connection broke: {error}", NoReply) from None
        if written:
            self._habits.answered(self._relay, following=following)
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
                    await self._withdraw()
                return refused
            if written:
                await self._withdraw(commands=2)
            return refused
        except Lost as error:
            raise self._drop(f"the connection broke: {error}", HungUp) from None

    async def _asked_of(self, command: bytes, ask: Callable[[bytes], Awaitable[Reply]]) -> Reply:
        """Ask what names this recipient: a server that closes then may mean them, and nobody else."""
        try:
            return await ask(command)
        except PutOff as error:
            raise HungUp(str(error), permanent=False) from None

    async def _ask(self, command: bytes, *, written: bool) -> Reply:
        if not written:
            self._wire.write(command)
        reply = await self._wire.reply(self._timeout)
        if reply.code == CLOSING:
            raise self._put_off(f"{reply.code} {reply.text}")
        return reply

    async def _withdraw(self, commands: int = 1) -> None:
        """Read the answers to what was written behind a refusal, DATA last.

        A server that waits for a message all the same gets a lone dot (RFC 2920, 3.1), or where it may mean
        another envelope than ours, nothing. The refusal stands, whatever becomes of the connection.
        """
        try:
            for _ in range(commands):
                reply = await self._ask(DATA, written=True)
            if reply.code != _START_INPUT:
                return
            if commands == 1 and not self._relay.lmtp:
                self._wire.write(END)
                if not is_positive((await self._wire.reply(self._final_timeout)).code):
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

    def _cut_off(self, why: str, behind: int) -> Exception:
        """Close after a message without an answer, and return what is to be said of it.

        ``behind`` is how many bytes were written after the message. As long as its last ones are still here,
        the server has not seen its end, so it cannot have taken it.
        """
        self._wire.abort(why)
        self.abandon()
        if self._wire.unsent > behind:
            return self._trouble(f"the connection broke: {why}")
        return OutcomeUnknown(fit_to_keep(f"no answer to the message: {why}"))

    def _drop(self, what: str, kind: type[TransportError] = TransportError) -> TransportError:
        """Close the connection and return the error to raise."""
        self.abandon()
        return kind(f"{self._name}: {fit_to_keep(what)}", permanent=False)

    def _put_off(self, what: str) -> TransportError:
        """Close the connection that is refused, and return the error to raise.

        Many servers say so to end a connection that had its share of messages; that asks for nothing but a
        new one.
        """
        asks = self._sent == 0 or _POLICY.search(what)
        return self._drop(what, PutOff if asks else NoReply)

    def _trouble(self, what: str, *, permanent: bool = False) -> TransportError:
        return TransportError(f"{self._name}: {fit_to_keep(what)}", permanent=permanent)
