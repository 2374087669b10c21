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

from jobs.mailin.router import Router, say_failure
from subscribers.abuse.clients import IpAddress, client_address, client_part

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
# Of the connections one SMTP client may hold; over LMTP our own mail server is the only one.
_SHARE = 4
# Lines of answers without a message in between: enough for every recipient, not for an endless NOOP.
_MOST_ANSWERS = 2 * _MOST_RECIPIENTS


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and what is spoken there."""

    socket: socket.socket
    lmtp: bool


@dataclass(frozen=True, slots=True)
class House:
    """How we present ourselves: our name, and what a connection may take.

    At most so many ``connections`` over LMTP, and as many over SMTP, one client a quarter of those. Each has
    ``timeout`` for its next word and ends after ``lifetime``.
    """

    name: str
    connections: int = 20
    timeout: timedelta = timedelta(seconds=60)
    lifetime: timedelta = timedelta(minutes=10)


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

    def __init__(self, handler: _Handler, house: House, open_: dict[_Connection, str | None]) -> None:
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
        self._lifetime = house.lifetime.total_seconds()
        self._end: asyncio.TimerHandle | None = None
        self._answers = 0
        self._leaving = False
        self.delivering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open[self] = _client(transport)
        self._end = asyncio.get_running_loop().call_later(self._lifetime, self.leave)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        assert self._end is not None
        self._end.cancel()
        del self._open[self]
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        self._answers += 1
        if self._answers > _MOST_ANSWERS:
            self.leave()
        if self._leaving and self.transport is not None:
            self.transport.close()

    def message_done(self) -> None:
        """Begin to count anew: whoever brings messages may go on."""
        self._answers = 0

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
        assert isinstance(server, _Connection)
        assert isinstance(envelope.content, bytes)
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        # Over LMTP, and from a network of our own, a mail server of ours brings everybody's mail.
        client = None if isinstance(server, LMTP) else _address(session.peer)
        client = client if client is not None and client.is_global else None
        server.delivering = True
        answers = [
            await self._deliver(sender, address, envelope.content, client) for address in envelope.rcpt_tos
        ]
        server.delivering = False
        server.message_done()
        # RFC 2033, 4.2: one answer for each recipient, in their order.
        return "\r\n".join(answers) if isinstance(server, LMTP) else _for_all(answers)

    async def handle_exception(self, error: Exception) -> str:
        say_failure(error)
        return _LATER

    async def _deliver(
        self, sender: str | None, address: str, message: bytes, client: IpAddress | None
    ) -> str:
        """Return the answer for one recipient; what goes wrong with one is not the others' loss."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self._router.deliver, sender, address, message, client)
        [outcome] = await asyncio.gather(work, return_exceptions=True)
        if isinstance(outcome, BaseException):
            say_failure(outcome)
            return _LATER
        # What was not understood is taken too: after a refusal now, the mail server that brought it would
        # write to a sender who may be forged.
        return _TAKEN


def _for_all(answers: Sequence[str]) -> str:
    """Return SMTP's one answer. Another try is safe to ask for: what is done is not done a second time."""
    return _LATER if _LATER in answers else _TAKEN


class _Room:
    """One way in and the connections it has, each with its client.

    Each way has a room of its own, so that strangers cannot shut our own mail server out.
    """

    def __init__(self, kind: type[_Connection], handler: _Handler, house: House, share: int) -> None:
        self._kind = kind
        self._handler = handler
        self._house = house
        self._share = share
        self.open: dict[_Connection, str | None] = {}

    def protocol(self) -> asyncio.Protocol:
        """Return what meets a new connection, of which nothing is known yet."""
        return _Doorkeeper(self)

    def enter(self, transport: asyncio.Transport) -> None:
        """Let a connection in, or turn it away if it is one too many, of all or of its client."""
        client = _client(transport)
        theirs = 0 if client is None else list(self.open.values()).count(client)
        if len(self.open) >= self._house.connections or theirs >= self._share:
            transport.write(b"421 4.3.2 too many connections; try again later\r\n")
            transport.close()
            return
        connection = self._kind(self._handler, self._house, self.open)
        transport.set_protocol(connection)
        connection.connection_made(transport)


class _Doorkeeper(asyncio.Protocol):
    """Looks who comes before anything is said."""

    def __init__(self, room: _Room) -> None:
        self._room = room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._room.enter(transport)


def _client(transport: asyncio.BaseTransport) -> str | None:
    """Return what the other end is counted by, None on a Unix socket."""
    address = _address(transport.get_extra_info("peername"))
    return None if address is None else client_part(address)


def _address(peer: object) -> IpAddress | None:
    """Return the address in what a socket calls its other end, None on a Unix socket."""
    return client_address(str(peer[0]), ()) if isinstance(peer, tuple) else None


class _Server:
    """Everything that is listening. Its methods run on one event loop."""

    def __init__(self, router: Router, house: House, pool: ThreadPoolExecutor) -> None:
        handler, most = _Handler(router, pool), house.connections
        self._lmtp = _Room(_LmtpConnection, handler, house, share=most)
        self._smtp = _Room(_Connection, handler, house, share=max(1, most // _SHARE))
        self._servers: list[asyncio.Server] = []

    async def open(self, listeners: Sequence[Listener]) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        for listener in listeners:
            serve = (
                loop.create_unix_server if listener.socket.family == socket.AF_UNIX else loop.create_server
            )
            room = self._lmtp if listener.lmtp else self._smtp
            self._servers.append(await serve(room.protocol, sock=listener.socket))

    async def close(self) -> None:
        """Listen no more, and end every connection once its message under way is answered."""
        for server in self._servers:
            server.close()
        for connection in [*self._lmtp.open, *self._smtp.open]:
            connection.leave()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
