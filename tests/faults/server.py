"""A scripted SMTP or LMTP server on loopback, at the level of bytes, that knows what really happened.

It is an honest server (RFC 5321; 2033 for LMTP) as far as its script does not have it say or do something
else: what it says is what it does, so a RCPT answered with 550 has added no recipient, a second MAIL is
refused while a transaction is open, and only RSET or a whole message ends one. Each connection has a thread
with a blocking socket, since an event loop reads ahead: what it has not read is truly unread.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.conversation import Conversation
from tests.faults.plays import Script, Then, usual
from tests.faults.truth import Truth

EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10240000", "ENHANCEDSTATUSCODES")
STEP_BY_STEP = EXTENSIONS[1:]


@dataclass
class FaultyServer:
    """``script`` decides each answer; ``cut_off`` ends a connection once so many bytes were read on it.

    ``starttls`` is the server's side of TLS, offered if it is named among the ``extensions``; with ``tls``
    it is spoken from the first byte. A client that says nothing for ``idle`` seconds gets 421.
    """

    script: Script = usual
    extensions: tuple[str, ...] = EXTENSIONS
    lmtp: bool = False
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    cut_off: Mapping[int, tuple[int, Then]] = field(default_factory=dict)
    idle: float | None = None
    truth: Truth = field(default_factory=Truth)
    connections: int = 0
    # What went wrong in here: a fault of the tests, not of the client.
    errors: list[BaseException] = field(default_factory=list)
    _open: dict[int, Conversation] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def serve(self) -> Iterator[int]:
        """Serve on loopback while the block runs; give the port."""
        with _Listener((self.host, 0), self) as listener:
            thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield listener.server_address[1]
            finally:
                listener.shutdown()
                thread.join(10)
                for conversation in list(self._open.values()):
                    conversation.abandon()

    @property
    def open(self) -> int:
        """How many connections there are now."""
        return len(self._open)

    def mend(self) -> None:
        """Be without a fault from the next step on; the truth is kept."""
        self.script, self.cut_off, self.idle = usual, {}, None

    def settle(self, seconds: float = 20.0) -> None:
        """Return once every connection has ended, those that wait being let go: then the truth is complete.

        To be called when the client is done; what it left in the network is still read.
        """
        with self._change:
            for conversation in self._open.values():
                conversation.released.set()
            ended = self._change.wait_for(lambda: not self._open, seconds)
        assert ended, "the client left a connection open"
        if self.errors:
            raise self.errors[0]

    def talk(self, sock: socket.socket) -> None:
        """Talk on a new connection until it ends."""
        with self._change:
            self.connections += 1
            number = self.connections
            conversation = Conversation(self, number, sock)
            self._open[number] = conversation
        try:
            conversation.run()
        except Exception as error:
            self.errors.append(error)
        finally:
            with self._change:
                del self._open[number]
                self._change.notify_all()


class _Listener(socketserver.ThreadingTCPServer):
    """Gives every connection a thread; leaving its block waits for all of them."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], server: FaultyServer) -> None:
        super().__init__(address, _Handler)
        self.faulty = server


class _Handler(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        self.server.faulty.talk(self.request)
