"""One SMTP or LMTP connection, as the engine sees it: ``begin`` an envelope, ``finish`` it with a message.

Three kinds of ending are told apart, because the ledger treats them differently: the server's answer about
this reader (``Accepted``, ``Refused``); trouble with the server itself before anything of the message left
(``TransportError``); and a connection that broke after the message began (``OutcomeUnknown``).

The dialogue is aiosmtplib's, but for the message itself: its ``data()`` cannot tell a break before the
message from one after, and runs two regular expressions over every message.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from aiosmtplib import SMTP, SMTPException, SMTPResponse

from digest.errors import TransportError
from digest.rendering.transparency import OnTheLine
from jobs.sending.connect import connect
from jobs.sending.relay import Relay
from jobs.sending.replies import Accepted, OutcomeUnknown, Refused, fit_to_keep

# What can stand between < and > of a command: printable ASCII without the brackets and spaces, and with
# SMTPUTF8 (RFC 6531, 3.3) what lies beyond ASCII before the @, but for controls and separators.
_MAILBOX = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_INTERNATIONAL = re.compile(r"(?:[!-;=?-~]|[^\x00-\x9f\s\ud800-\udfff])+@[!-;=?-~]+")
_OK = (250, 251)
_START_INPUT = 354
CLOSING = 421
_MUST_AUTHENTICATE = 530
_GOODBYE = 2.0


class HungUp(TransportError):
    """The server closed a working connection when this recipient, or the message for it, was announced."""


class Client:
    """A connection that opens itself when it is needed, and again when the server has closed it."""

    def __init__(self, relay: Relay, timeout: timedelta) -> None:
        self._relay = relay
        self._timeout = timeout.total_seconds()
        self._smtp: SMTP | None = None

    async def begin(self, sender: str, recipient: str) -> Accepted | Refused:
        """Open an envelope (MAIL, RCPT) and return what the server says to this recipient.

        Raises TransportError when the server cannot be used: unreachable, closing (421), or refusing the
        sender, which is the same for every reader; HungUp when it may be this recipient's doing.
        """
        if not _MAILBOX.fullmatch(sender):
            raise self._trouble("not a plain address to send from; check [mail] from_address", permanent=True)
        utf8 = not recipient.isascii()
        if not (_INTERNATIONAL if utf8 else _MAILBOX).fullmatch(recipient):
            return Refused(553, "5.1.3 not an address that can be sent to")
        smtp, fresh = await self._connected()
        if utf8 and not smtp.supports_extension("smtputf8"):
            return Refused(
                553, "5.6.7 the mail server does not offer SMTPUTF8 (RFC 6531), which this address needs"
            )
        try:
            refused = await self._mail(smtp, sender, utf8=utf8)
        except TransportError as error:
            if fresh or error.permanent:
                raise
            # Servers close connections that were idle; that is nobody's failure.
            smtp, _ = await self._connected()
            refused = await self._mail(smtp, sender, utf8=utf8)
        if refused is not None:
            return refused
        answer = await self._command(smtp, b"RCPT", f"TO:<{recipient}>".encode())
        return await self._judge(smtp, answer, recipient, "RCPT")

    async def finish(self, message: OnTheLine, recipient: str) -> Accepted | Refused:
        """Send the message (DATA) in the envelope ``begin`` opened, and return the server's answer.

        ``message`` comes from ``on_the_line`` and goes out as it is. Raises TransportError when the
        connection broke before any of it left, OutcomeUnknown when it broke after.
        """
        smtp = self._smtp
        if smtp is None:
            raise self._trouble("the connection was closed")
        answer = await self._command(smtp, b"DATA")
        if answer.code != _START_INPUT:
            refused = await self._judge(smtp, answer, recipient, "DATA")
            if isinstance(refused, Accepted):
                raise self._drop(f"unexpected answer to DATA: {refused.code} {refused.text}")
            return refused
        return await self._body(smtp, message, recipient)

    async def reset(self) -> None:
        """Take back the envelope that ``begin`` opened."""
        if self._smtp is not None:
            await self._reset(self._smtp)

    async def close(self) -> None:
        """Say QUIT if the server listens, and close."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            await smtp.quit(timeout=_GOODBYE)
        except (SMTPException, OSError):
            smtp.close()

    async def _connected(self) -> tuple[SMTP, bool]:
        """Return an open connection, and whether it was opened just now."""
        if self._smtp is not None and self._smtp.is_connected:
            return self._smtp, False
        self._smtp = await connect(self._relay, self._timeout)
        return self._smtp, True

    async def _mail(self, smtp: SMTP, sender: str, *, utf8: bool) -> Refused | None:
        """Announce the sender; return a refusal that is due to SMTPUTF8, which only this reader needs."""
        words = [f"FROM:<{sender}>".encode("ascii")]
        if utf8:
            # RFC 6531, 3.4: asked for only where it is needed, since the next server may not have it.
            words.append(b"SMTPUTF8")
        answer = await self._command(smtp, b"MAIL", *words)
        if answer.code in _OK:
            return None
        if 500 <= answer.code < 600:
            await self._reset(smtp)
            if utf8:
                return Refused(answer.code, fit_to_keep(f"{answer.message} (asked for SMTPUTF8)"))
            raise self._trouble(
                f"the sender is refused: {answer.code} {answer.message}; check [mail] from_address",
                permanent=True,
            )
        raise self._drop(f"no mail is taken now: {answer.code} {answer.message}")

    async def _command(self, smtp: SMTP, *words: bytes) -> SMTPResponse:
        try:
            answer = await smtp.execute_command(*words)
        except (SMTPException, OSError) as error:
            raise self._drop(f"the connection broke: {error}", words[0]) from None
        except asyncio.CancelledError:
            # An answer nobody waits for would be taken for the next command's.
            smtp.close()
            raise
        if answer.code == CLOSING:
            raise self._drop(f"{answer.code} {answer.message}", words[0])
        return answer

    async def _judge(
        self, smtp: SMTP, answer: SMTPResponse, recipient: str, command: str
    ) -> Accepted | Refused:
        text = fit_to_keep(answer.message, recipient)
        if answer.code in _OK:
            return Accepted(answer.code, text)
        if answer.code == _MUST_AUTHENTICATE:
            raise self._trouble(f"{answer.code} {text}; give user and password in [smtp] url", permanent=True)
        if not 400 <= answer.code < 600:
            raise self._drop(f"unexpected answer to {command}: {answer.code} {text}")
        await self._reset(smtp)
        return Refused(answer.code, text)

    async def _body(self, smtp: SMTP, message: OnTheLine, recipient: str) -> Accepted | Refused:
        protocol = smtp.protocol
        if protocol is None or not protocol.is_connected:
            raise self._drop("the connection broke")
        protocol.write(message)
        try:
            answer = await protocol.read_response(timeout=self._timeout)
        except (SMTPException, OSError) as error:
            smtp.close()
            reason = fit_to_keep(str(error), recipient)
            raise OutcomeUnknown(f"no answer to the message: {reason}") from None
        except asyncio.CancelledError:
            smtp.close()
            raise
        if answer.code == CLOSING:
            smtp.close()
        text = fit_to_keep(answer.message, recipient)
        if answer.code in _OK:
            return Accepted(answer.code, text)
        if 400 <= answer.code < 600:
            return Refused(answer.code, text)
        smtp.close()
        raise OutcomeUnknown(f"unexpected answer to the message: {answer.code} {text}")

    async def _reset(self, smtp: SMTP) -> None:
        """Leave no half-open envelope that the next message could fall into; failing costs the connection."""
        try:
            await smtp.rset()
        except (SMTPException, OSError):
            smtp.close()

    def _drop(self, what: str, command: bytes = b"") -> TransportError:
        """Close the connection and return the error to raise."""
        if self._smtp is not None:
            self._smtp.close()
        trouble = self._trouble(what)
        return HungUp(str(trouble), permanent=False) if command in (b"RCPT", b"DATA") else trouble

    def _trouble(self, what: str, *, permanent: bool = False) -> TransportError:
        return TransportError(f"{self._relay.name}: {fit_to_keep(what)}", permanent=permanent)
