"""The bytes of one connection: commands go out in groups, replies come in one at a time.

It knows how a reply is written (RFC 5321, 4.2) and how long to wait for one, nothing of what they mean.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from socket import SHUT_RDWR, fromfd
from typing import NamedTuple, Protocol, cast

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
# Nothing but whole replies of one line each, as almost always.
_PLAIN = re.compile(rb"(?:[2-5][0-9][0-9] [^\r\n]{0,500}\r\n)+")
_BUFFER = 16_384
# Servers have been seen to answer with a hundred KB; one that goes on and on shall not fill the memory.
_LONGEST_REPLY = 512_000
# A group of ours has five answers; who gives many more does not listen.
_MOST_REPLIES = 20
# What is kept of a line: nobody reads more, and it goes through regular expressions.
_KEPT_OF_LINE = 2_000
_KEPT_LINES = 100
# RFC 8446, 5.1 and 5.2: so much is in a record at the most, and so much longer it may be with its header.
_TLS_RECORD, _TLS_ADDS = 16_384, 261


class Log(Protocol):
    """Is told what goes over one connection, and masks what is nobody's business."""

    def sent(self, data: bytes, body: int) -> None:
        """``data`` was written, of which the first ``body`` bytes are a message."""

    def received(self, line: bytes) -> None:
        """A line of a reply came, without its line end."""

    def note(self, text: str) -> None:
        """Something happened to the connection itself: it was secured, or lost."""


class Reply(NamedTuple):
    """A whole reply: its code, and its lines as they came, of which the first hundred are kept."""

    code: int
    raw: tuple[bytes, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What the lines say behind the code. Seldom asked for: most answers are a plain yes."""
        return tuple(line[4:].decode("utf-8", "replace") for line in self.raw if len(line) > 3)

    @property
    def text(self) -> str:
        """The lines joined by spaces."""
        if len(self.raw) == 1:
            return self.raw[0][4:].decode("utf-8", "replace")
        return " ".join(self.lines)


class Lost(Exception):
    """The connection is of no use any more: closed, silent for too long, or no SMTP. Says why."""


class Wire(asyncio.BufferedProtocol):
    """One connection, once it is made by ``loop.create_connection``.

    Replies that nobody waits for yet are kept in order; those that came before the connection broke are
    still given out afterwards.
    """

    def __init__(self, log: Log | None = None) -> None:
        self._log = log
        self._transport: asyncio.Transport | None = None
        # A view: TLS takes slices of it to write into.
        self._buffer = memoryview(bytearray(_BUFFER))
        self._rest = b""
        self._begun: list[bytes] = []
        self._length = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        # When the reply that is waited for is too late, by the loop's clock, and what looks then.
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        # When it does. Not asked of the timer: libuv's has no time where it is due within the millisecond.
        self._looks_at = 0.0
        self._lost: str | None = None
        # So many bytes written, at least, the system had not taken yet when the connection was aborted.
        self.unsent = 0

    @property
    def usable(self) -> bool:
        """Whether commands can be written: the connection stands and the server has said nothing unasked."""
        return self._lost is None and not self._replies and not self._rest and not self._begun

    def write(self, data: bytes, *, body: int = 0) -> None:
        """Send bytes; where the connection broke they go nowhere, and ``reply`` says so.

        ``body`` is how many of them are a message, in front; a trace tells its size only.
        """
        if self._log is not None:
            self._log.sent(data, body)
        if self._transport is not None and self._lost is None:
            self._transport.write(data)

    @property
    def unread(self) -> Sequence[Reply]:
        """The replies that came and were not given out yet."""
        return self._replies

    def skip(self) -> None:
        """Take the unread replies for read."""
        self._replies.clear()

    async def reply(self, timeout: float) -> Reply:
        """Return the next reply, or raise Lost, also when it did not come within ``timeout`` seconds."""
        while not self._replies:
            if self._lost is not None:
                raise Lost(self._lost)
            await self._news(timeout)
        return self._replies.popleft()

    async def _news(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        self._deadline = loop.time() + timeout
        # One timer for many replies: setting and cancelling one for each would cost more than reading it.
        if self._timer is None or self._looks_at > self._deadline:
            self._look_at(self._deadline)
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS on the connection; raises Lost, or OSError of which ssl.SSLError is one.

        What was received before it is not to be trusted, so nothing may have been (RFC 3207, 6).
        """
        if not self.usable:
            self.abort("the server spoke before TLS was there")
            raise Lost("the server spoke before TLS was there")
        assert self._transport is not None
        secured = await asyncio.get_running_loop().start_tls(
            self._transport, self, context, server_hostname=host
        )
        if secured is None:
            raise Lost("the connection broke in the TLS handshake")
        self._transport = secured
        if self._log is not None:
            self._log.note("secured by TLS")

    def abort(self, why: str = "closed") -> None:
        """Close at once; what was not sent yet never is."""
        if self._transport is not None and self._lost is None:
            self.unsent = _shut(self._transport)
            self._transport.abort()
        self._lose(why)

    # What follows is called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes].tobytes()
        between = self._lost is None and not self._begun and not self._rest
        if between and self._log is None and _PLAIN.fullmatch(data):
            for line in data[:-2].split(b"\r\n"):
                self._replies.append(Reply(int(line[:3]), (line,)))
        else:
            self._read(data)
        if self._length + len(self._rest) > _LONGEST_REPLY:
            self.abort("the server's reply has no end")
        elif len(self._replies) > _MOST_REPLIES:
            self.abort("the server says what nobody asked for")
        if self._waiter is not None and self._replies and not self._waiter.done():
            self._waiter.set_result(None)

    def eof_received(self) -> None:
        self._lose("the server closed it")
        # With something left to write the loop would keep it open until the server has read all of it.
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(str(exc) if exc else "the server closed it")
        if self._timer is not None:
            self._timer.cancel()

    def _read(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            # What comes behind a line without sense would be taken for the answer that it stood for.
            if self._lost is None:
                self._line(line.removesuffix(b"\r"))

    def _line(self, line: bytes) -> None:
        if self._log is not None:
            self._log.received(line)
        found = _LINE.fullmatch(line)
        if found is None or (self._begun and not line.startswith(self._begun[0][:3])):
            self.abort(f"what came is no SMTP: {line[:200].decode('ascii', 'replace')}")
            return
        if found[2] == b"-":
            self._length += len(line)
            self._begun.append(line[:_KEPT_OF_LINE] if len(self._begun) < _KEPT_LINES else line[:3])
            return
        lines, self._begun, self._length = (*self._begun, line[:_KEPT_OF_LINE]), [], 0
        self._replies.append(Reply(int(found[1]), lines))

    def _look_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = moment
        self._timer = asyncio.get_running_loop().call_at(moment, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if asyncio.get_running_loop().time() >= self._deadline:
            self.abort("the server did not answer in time")
        else:
            self._look_at(self._deadline)

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = why
            if self._log is not None:
                self._log.note(why)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _shut(transport: asyncio.Transport) -> int:
    """Let nothing leave any more; return how many of the bytes written are still here for certain.

    Aborting alone is not enough: libuv goes on writing until the loop has taken the next turn.
    """
    found = transport.get_extra_info("socket")
    if found is None:
        return 0
    try:
        # What is found is no whole socket everywhere; another one of the same connection is.
        ours = fromfd(found.fileno(), found.family, found.type)
    except OSError:
        return 0
    with ours, suppress(OSError):
        ours.shutdown(SHUT_RDWR)
    waiting = transport.get_write_buffer_size()
    if transport.get_extra_info("ssl_object") is None:
        return waiting
    # Counted as TLS sends them, in records each of which may be so much longer than what is in it.
    return max(waiting - _TLS_ADDS * (1 + waiting // _TLS_RECORD), 0)
