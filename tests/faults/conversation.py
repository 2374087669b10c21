"""One connection of a faulty server: commands in, scripted answers out, and the state of an honest server."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.plays import MARK, Play, Shape, Step, Then
from tests.faults.truth import Body, reader_of

if TYPE_CHECKING:
    from tests.faults.server import FaultyServer

# Longest command line that a server has to take, with CRLF (RFC 5321, 4.5.3.1.4), and room for parameters.
_LINE = 2_000
_END = b"\r\n.\r\n"
_HELLOS = ("EHLO", "HELO", "LHLO")
# Whose answer is waited for, PIPELINING or not (RFC 2920, 3.1; RFC 3207, 4; RFC 4954, 4; RFC 5321, 3.1).
_LAST = ("CONNECT", *_HELLOS, "STARTTLS", "AUTH", "DATA", "QUIT")
# The linger time of a socket that is reset: on, 0 seconds.
_AT_ONCE = struct.pack("ii", 1, 0)
# Seconds that a server which closes on unread data waits for some.
_UNREAD_WITHIN = 0.1


class _Over(Exception):
    """The connection has ended, by whomever."""


@dataclass
class _Transaction:
    sender: str
    recipients: list[str] = field(default_factory=list)


class Conversation:
    """A client's connection. ``released`` cuts every wait short."""

    def __init__(self, server: FaultyServer, number: int, sock: socket.socket) -> None:
        self.released = threading.Event()
        self._server, self._truth = server, server.truth
        self._number = number
        self._sock = sock
        # Pieces are to leave as they are written (Nagle's algorithm would join them).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._received = self._answers = self._transactions = 0
        self._transaction: _Transaction | None = None
        self._last = ""
        # Whom MAIL, DATA and what follows are for.
        self._reader = 0
        self._secured = server.tls is not None
        self._lying = self._pipelining = False
        self._unproven: list[Body] = []

    def run(self) -> None:
        """Talk until the connection ends."""
        # Whatever breaks on the way is the network's or the client's doing.
        with suppress(_Over, OSError):
            if self._server.tls is not None:
                self._sock = self._server.tls.wrap_socket(self._sock, server_side=True)
            hello = "faults.example.test LMTP" if self._server.lmtp else "faults.example.test ESMTP"
            if self._answer("CONNECT", f"220 {hello}").kind in (4, 5):
                # A server that greets so waits for QUIT (RFC 5321, 3.1), and so does ours.
                while (verb := self._line()[0]) != "QUIT":
                    self._answer(verb, "503 5.5.1 no service here")
                self._quit()
            while True:
                self._command(*self._line())
        self._note("ended")
        self._sock.close()

    def abandon(self) -> None:
        """End the connection from outside, wherever it stands."""
        self.released.set()
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    # Reading.

    def _line(self) -> tuple[str, str]:
        """Return the verb, in capitals, and the argument of the next command."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LINE:
                self._offend("a command without an end")
            if self._server.idle is not None and not self._comes(self._server.idle):
                self._answer("IDLE", "421 4.4.2 you say nothing")
                self._end(Then.CLOSE)
            self._receive()
        line = self._take(end + 1).decode("utf-8", "surrogateescape")
        self._note(f"< {line!r}")
        if not line.endswith("\r\n"):
            self._offend("a command that does not end in CRLF")
        verb, _, argument = line.strip().partition(" ")
        return verb.upper(), argument

    def _comes(self, seconds: float) -> bool:
        """Tell whether there is something to read, or the end, within so many seconds."""
        return bool(select.select([self._sock], [], [], seconds)[0])

    def _is_ahead(self) -> bool:
        """Tell whether the client has sent more than what is being answered."""
        if self._buffer or isinstance(self._sock, ssl.SSLSocket):
            return bool(self._buffer)
        return self._comes(0) and bool(self._sock.recv(1, socket.MSG_PEEK))

    def _receive(self) -> None:
        limit, then = self._server.cut_off.get(self._number, (None, Then.GO_ON))
        if limit is not None and self._received >= limit:
            self._end(then)
        room = 1 << 16 if limit is None else limit - self._received
        data = self._sock.recv(room)
        if not data:
            raise _Over
        self._received += len(data)
        self._buffer += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._truth.boundaries.append(self._received - len(self._buffer))
        return taken

    # Answering.

    def _answer(self, verb: str, usual: str) -> Shape:
        """Play what the script has for this step, else the usual answer; return what was meant."""
        return Shape.of(self._say(verb, usual))

    def _say(self, verb: str, usual: str, body: Body | None = None) -> bytes:
        self._answers += 1
        tries = self._truth.tried(verb, self._reader)
        ahead = self._is_ahead()
        step = Step(self._number, self._transactions, self._answers, verb, self._reader, tries, ahead)
        scripted = self._server.script(step)
        play = scripted if isinstance(scripted, Play) else Play()
        words = scripted if isinstance(scripted, str) else usual
        if play.data is None:
            data = (words if "{mark}" in words else f"{words} {{mark}}").encode() + b"\r\n"
        else:
            data = play.data
        mark, shape = self._truth.answered(verb, self._reader, data)
        data = data.replace(MARK, str(mark).encode())
        if body is not None:
            body.mark, body.shape = mark, shape
        self._note(f"> {data[:200]!r}{'' if play == Play() else f' ({play.upto}, {play.then})'}")
        self.released.wait(play.delay)
        hasty = verb in _LAST or not self._pipelining
        if hasty and self._is_ahead() and not self._lying:
            self._offend(f"something was sent behind {verb} before its answer")
        self._write(play, data)
        if body is not None:
            body.written = play.upto is None or play.upto >= len(data)
            body.lying |= shape.ambiguous
        # Had it been cut short, the connection could only go on with a lie.
        self._lying |= not shape.plain or play.upto is not None
        self._end(play.then)
        return data

    def _write(self, play: Play, data: bytes) -> None:
        for number, piece in enumerate(play.pieces(data)):
            if number:
                self.released.wait(play.pause)
            self._sock.sendall(piece)

    def _end(self, then: Then) -> None:
        """Do to the connection what is to be done; return only if it goes on."""
        if then is Then.GO_ON:
            return
        self._note(then)
        if then is Then.HALF_CLOSE:
            self._sock.shutdown(socket.SHUT_WR)
        if then in (Then.HALF_CLOSE, Then.SILENCE):
            while self._sock.recv(1 << 16):
                pass
        if then is Then.DEAF:
            self.released.wait()
        if then is Then.CLOSE_UNREAD:
            self._comes(_UNREAD_WITHIN)
        if then is Then.RESET:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        raise _Over

    # The dialogue.

    def _command(self, verb: str, argument: str) -> None:
        self._do(verb, argument)
        self._last = verb

    def _do(self, verb: str, argument: str) -> None:
        if verb in _HELLOS:
            self._hello(verb)
        elif verb == "MAIL":
            self._mail(argument)
        elif verb == "RCPT":
            self._rcpt(argument)
        elif verb == "DATA":
            self._data()
        elif verb == "STARTTLS" and self._server.starttls is not None and not self._secured:
            self._start_tls(self._server.starttls)
        elif verb == "AUTH":
            self._auth(argument)
        elif verb == "RSET":
            if self._answer(verb, "250 2.0.0 reset").kind == 2:
                self._transaction = None
        elif verb == "QUIT":
            self._quit()
        else:
            self._offend(f"an unknown command: {verb} {argument}")
            self._answer("OTHER", "500 5.5.2 what")

    def _hello(self, verb: str) -> None:
        if (verb == "LHLO") != self._server.lmtp:
            self._answer(verb, "500 5.5.1 another protocol")
            return
        self._pipelining = False
        lines = ["faults.example.test {mark}"]
        if verb != "HELO":
            lines += self._server.extensions
        usual = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}"
        said = self._say(verb, usual)
        if Shape.of(said).kind == 2:
            self._transaction = None
            self._pipelining = b"PIPELINING" in said.upper()

    def _mail(self, argument: str) -> None:
        sender = _path(argument)
        self._transactions += 1
        self._reader = reader_of(sender)
        if self._transaction is not None and not self._lying and self._last != "RSET":
            # What follows RSET may be on its way already when that is refused.
            self._offend(f"MAIL in an open transaction: {argument}")
        usual = "250 2.1.0 sender"
        if self._transaction is not None:
            usual = "503 5.5.1 nested MAIL"
        elif "SMTPUTF8" in argument and "SMTPUTF8" not in self._server.extensions:
            usual = "555 5.5.4 no such parameter"
        elif _announced(argument) > self._most:
            usual = "552 5.3.4 too big"
        if self._answer("MAIL", usual).kind == 2:
            self._transaction = _Transaction(sender)

    def _rcpt(self, argument: str) -> None:
        recipient = _path(argument)
        self._reader = reader_of(recipient)
        usual = "503 5.5.1 MAIL first" if self._transaction is None else "250 2.1.5 recipient"
        if self._answer("RCPT", usual).kind == 2 and self._transaction is not None:
            self._transaction.recipients.append(recipient)

    def _data(self) -> None:
        ready = self._transaction is not None and self._transaction.recipients
        usual = "354 go on" if ready else "503 5.5.1 RCPT first"
        transaction = self._transaction or _Transaction("")
        if ready:
            # Before the answer leaves: afterwards the client may act on it at any moment.
            self._truth.promised.update(map(reader_of, transaction.recipients))
        if self._answer("DATA", usual).code != 354:
            return
        content = self._content()
        self._prove()
        self._transaction = None
        recipients = tuple(transaction.recipients)
        if content and not recipients:
            self._offend(f"a body without an accepted recipient, for reader {self._reader}")
        lying = self._lying
        # One answer, or with LMTP one for each recipient (RFC 2033, 4.2).
        for one in [recipients] if not self._server.lmtp else [(recipient,) for recipient in recipients]:
            body = Body(self._number, self._transactions, transaction.sender, one, content, lying)
            if content:
                self._truth.bodies.append(body)
                self._unproven.append(body)
            usual = "250 2.0.0 taken" if one else "554 5.5.1 no valid recipients"
            if len(content) > self._most:
                usual = "552 5.3.4 too big"
            self._say("BODY", usual, body)

    def _content(self) -> bytes:
        """Return what comes before the lone dot, as it came."""
        # The line end of DATA itself is the first of the end mark when nothing comes before the dot.
        self._buffer[:0] = b"\r\n"
        looked = 0
        while (end := self._buffer.find(_END, looked)) < 0:
            looked = max(0, len(self._buffer) - len(_END))
            self._receive()
        content = self._take(end + len(_END))[2 : -len(_END) + 2]
        self._note(f"< {len(content)} bytes and a dot")
        return content

    def _start_tls(self, context: ssl.SSLContext) -> None:
        if self._buffer:
            self._offend("something was sent behind STARTTLS")
        if self._answer("STARTTLS", "220 2.0.0 go ahead").kind == 2:
            self._sock = context.wrap_socket(self._sock, server_side=True)
            self._secured, self._lying = True, False
            self._transaction = None
            self._buffer.clear()

    def _auth(self, argument: str) -> None:
        """Take any password, sent with the command or asked for (RFC 4954, 4)."""
        if " " not in argument and self._answer("AUTH", "334 ").code == 334:
            self._line()
        self._answer("AUTH", "235 2.7.0 come in")

    def _quit(self) -> None:
        self._prove()
        self._answer("QUIT", "221 2.0.0 bye")
        self._end(Then.CLOSE)

    def _prove(self) -> None:
        for body in self._unproven:
            body.proven = True
        self._unproven.clear()

    @property
    def _most(self) -> int:
        sizes = [word.split()[1] for word in self._server.extensions if word.startswith("SIZE ")]
        return int(sizes[0]) if sizes else 1 << 30

    def _offend(self, what: str) -> None:
        self._truth.offences.append(f"connection {self._number}: {what}")

    def _note(self, what: str) -> None:
        self._truth.log.append(f"{self._number} {what}")


def _path(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


def _announced(argument: str) -> int:
    """Return the size that MAIL announces (RFC 1870), 0 if it does not."""
    sizes = [word[5:] for word in argument.upper().split() if word.startswith("SIZE=")]
    return int(sizes[0]) if sizes else 0
