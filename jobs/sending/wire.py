"""The bytes of one connection: commands go out in groups, replies come in one at a time.

It knows how a reply is written (RFC 5321, 4.2) and how long to wait for one, nothing of what they mean.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from typing import NamedTuple, cast

from jobs.sending.trace import Trace

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_BUFFER = 16_384
# Servers have been seen to answer with a hundred KB; one that goes on and on shall not fill the memory.
_LONGEST_REPLY = 512_000
# What is kept of a line: nobody reads more, and it goes through regular expressions.
_KEPT_OF_LINE = 2_000
_KEPT_LINES = 100


class Reply(NamedTuple):
    """A whole reply: its code and the text of its lines, of which the first hundred are kept."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines joined by spaces."""
        return " ".join(self.lines)


class Lost(Exception):
    """The connection is of no use any more: closed, silent for too long, or no SMTP. Says why."""


class Wire(asyncio.BufferedProtocol):
    """One connection, once it is made by ``loop.create_connection``.

    Replies that nobody waits for yet are kept in order; those that came before the connection broke are
    still given out afterwards.
    """

    def __init__(self, server: str, trace: Trace | None = None) -> None:
        self._trace = trace
        self._number = trace.opened(server) if trace else 0
        self._transport: asyncio.Transport | None = None
        # A view: TLS takes slices of it to write into.
        self._buffer = memoryview(bytearray(_BUFFER))
        self._rest = b""
        self._begun: list[bytes] = []
        self._length = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        # Bytes written that the system had not taken yet when the connection was aborted.
        self.unsent = 0

    @property
    def usable(self) -> bool:
        """Whether commands can be written: the connection stands and the server has said nothing unasked."""
        return self._lost is None and not self._replies and not self._rest and not self._begun

    def write(self, data: bytes, *, body: int = 0) -> None:
        """Send bytes; where the connection broke they go nowhere, and ``reply`` says so.

        ``body`` is how many of them are a message, in front; a trace tells its size only.
        """
        if self._trace is not None:
            self._tell(data, body)
        if self._transport is not None and self._lost is None:
            self._transport.write(data)

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
        timer = loop.call_later(timeout, self._silent)
        try:
            await self._waiter
        finally:
            timer.cancel()
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

    def abort(self, why: str = "closed") -> None:
        """Close at once; what was not sent yet never is."""
        if self._transport is not None and self._lost is None:
            self.unsent = self._transport.get_write_buffer_size()
            self._transport.abort()
        self._lose(why)

    # What follows is called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        *lines, self._rest = (self._rest + bytes(self._buffer[:nbytes])).split(b"\n")
        for line in lines:
            self._line(line.removesuffix(b"\r"))
        if self._length + len(self._rest) > _LONGEST_REPLY:
            self.abort("the server's reply has no end")
        if self._waiter is not None and self._replies and not self._waiter.done():
            self._waiter.set_result(None)

    def eof_received(self) -> None:
        self._lose("the server closed it")

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(str(exc) if exc else "the server closed it")

    def _line(self, line: bytes) -> None:
        if self._trace is not None:
            self._trace.received(self._number, line)
        found = _LINE.fullmatch(line)
        if found is None or (self._begun and not line.startswith(self._begun[0][:3])):
            self.abort(f"what came is no SMTP: {line[:200].decode('ascii', 'replace')}")
            return
        if found[2] == b"-":
            self._length += len(line)
            self._begun.append(line[:_KEPT_OF_LINE] if len(self._begun) < _KEPT_LINES else line[:3])
            return
        lines, self._begun, self._length = [*self._begun, line[:_KEPT_OF_LINE]], [], 0
        texts = tuple(one[4:].decode("utf-8", "replace") for one in lines if len(one) > 3)
        self._replies.append(Reply(int(found[1]), texts))

    def _silent(self) -> None:
        self.abort("the server did not answer in time")

    def _tell(self, data: bytes, body: int) -> None:
        assert self._trace is not None
        if body:
            self._trace.body(self._number, body)
        if data[body:]:
            self._trace.sent(self._number, data[body:])

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = why
            if self._trace is not None:
                self._trace.note(self._number, why)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
