"""The mail server's door: LMTP (RFC 2033) and SMTP (RFC 5321), for messages to our own addresses only.

A message is answered with 250 once its effect is committed. Until then whoever brought it keeps it and tries
again; a message that comes twice does no harm.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, AnyStr

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from jobs.mailin.router import Delivered, Router, say_failure

LARGEST = 1024 * 1024
# RFC 5321 says 998; bounces quote what others wrote, and a long line in them is no reason to lose one.
_LONGEST_LINE = 64 * 1024
_MOST_RECIPIENTS = 100
# SQLite lets one write at a time; more of them would only queue where we cannot see it.
_WRITERS = 4
# Seconds that messages under way are given when we are told to stop.
_GRACE = 4.0

_TAKEN = "250 2.0.0 done"
_LATER = "451 4.3.0 not possible just now; try again later"
_NOT_UNDERSTOOD = (
    "550 5.6.0 nobody reads mail to this address; as a subject it knows subscribe and unsubscribe"
)


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and what is spoken there."""

    socket: socket.socket
    lmtp: bool


@dataclass(frozen=True, slots=True)
class House:
    """How we present ourselves: our name, and at most so many connections, each with so long to speak."""

    name: str
    connections: int = 20
    timeout: timedelta = timedelta(seconds=60)


@contextmanager
def receiving(listeners: Sequence[Listener], router: Router, house: House) -> Iterator[None]:
    """Take mail while the block runs; messages under way when it ends are finished within seconds."""
    # aiosmtpd notes every command, and with it addresses (law 7).
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail-in")
    thread.start()

    def on_loop(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result()

    with ThreadPoolExecutor(_WRITERS, "mail-in") as pool:
        server = _Server(router, house, pool)
        try:
            on_loop(server.open(listeners))
            yield
        finally:
            on_loop(server.close())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


class _Connection(SMTP):
    """One connection. What is spoken on it is aiosmtpd's; here is only when it ends."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: _Handler, house: House, open_: set[_Connection]) -> None:
        super().__init__(
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=house.name,
            ident="Weekly Verdicts",
            timeout=house.timeout.total_seconds(),
            loop=asyncio.get_running_loop(),
        )
        self._open = open_
        self._leaving = False
        self.delivering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        if self._leaving and self.transport is not None:
            self.transport.close()

    def leave(self) -> None:
        """End the connection, with the answer that is being worked on if there is one."""
        self._leaving = True
        if not self.delivering and isinstance(self.transport, asyncio.Transport):
            self.transport.write(b"421 4.3.2 closing; try again later\r\n")
            self.transport.close()


class _LmtpConnection(_Connection, LMTP):
    """The same, over LMTP."""


class _Handler:
    """What is answered to RCPT and DATA."""

    def __init__(self, router: Router, pool: ThreadPoolExecutor) -> None:
        self._router = router
        self._pool = pool

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if not self._router.accepts(address):
            return "550 5.1.1 there is no such address here"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        assert isinstance(server, _Connection)
        assert isinstance(envelope.content, bytes)
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        server.delivering = True
        answers = [await self._deliver(sender, address, envelope.content) for address in envelope.rcpt_tos]
        server.delivering = False
        # RFC 2033, 4.2: one answer for each recipient, in their order.
        return "\r\n".join(answers) if isinstance(server, LMTP) else _for_all(answers)

    async def handle_exception(self, error: Exception) -> str:
        say_failure(error)
        return _LATER

    async def _deliver(self, sender: str | None, address: str, message: bytes) -> str:
        """Return the answer for one recipient; what goes wrong with one is not the others' loss."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self._router.deliver, sender, address, message)
        [outcome] = await asyncio.gather(work, return_exceptions=True)
        if isinstance(outcome, BaseException):
            say_failure(outcome)
            return _LATER
        return _TAKEN if outcome is Delivered.DONE else _NOT_UNDERSTOOD


def _for_all(answers: Sequence[str]) -> str:
    """Return SMTP's one answer. Another try is safe to ask for: what is done is not done a second time."""
    return next((answer for answer in (_LATER, _TAKEN) if answer in answers), _NOT_UNDERSTOOD)


class _TooMany(asyncio.Protocol):
    """Turns a connection away that would be one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 too many connections; try again later\r\n")
        transport.close()


class _Server:
    """Everything that is listening. Its methods run on one event loop."""

    def __init__(self, router: Router, house: House, pool: ThreadPoolExecutor) -> None:
        self._handler = _Handler(router, pool)
        self._house = house
        self._servers: list[asyncio.Server] = []
        self._open: set[_Connection] = set()

    async def open(self, listeners: Sequence[Listener]) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        for listener in listeners:
            serve = (
                loop.create_unix_server if listener.socket.family == socket.AF_UNIX else loop.create_server
            )
            factory = self._lmtp if listener.lmtp else self._smtp
            self._servers.append(await serve(factory, sock=listener.socket))

    async def close(self) -> None:
        """Listen no more, and end every connection once its message under way is answered."""
        for server in self._servers:
            server.close()
        for connection in list(self._open):
            connection.leave()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    def _lmtp(self) -> asyncio.Protocol:
        return self._connection(_LmtpConnection)

    def _smtp(self) -> asyncio.Protocol:
        return self._connection(_Connection)

    def _connection(self, kind: type[_Connection]) -> asyncio.Protocol:
        if len(self._open) >= self._house.connections:
            return _TooMany()
        return kind(self._handler, self._house, self._open)
