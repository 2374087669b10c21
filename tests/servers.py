"""Live SMTP servers for tests, on a free port of loopback, each in a thread with an event loop of its own.

``mail_server`` is aiosmtpd, a real server, with a handler that can refuse; ``Sink`` is a bare and fast one
whose behaviour at each step is scripted, for what a proper server never does.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@contextmanager
def serving(factory: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on 127.0.0.1 while the block runs; give the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def on_loop(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    server = on_loop(_listen(factory, tls))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        on_loop(_end_everything(server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(factory: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=tls)


async def _end_everything(server: asyncio.Server) -> None:
    # Closed on its own loop: from another thread it races with connections that end just then.
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@dataclass
class Mailbox:
    """What a server took, and what it says to whom: ``refuse`` maps a recipient to answers for each try."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: dict[str, list[str]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    secured: bool = False
    options: list[list[str]] = field(default_factory=list)

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.messages]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried.append(address)
        if self.refuse.get(address):
            return self.refuse[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.secured = session.ssl is not None
        self.senders.append(envelope.mail_from or "")
        self.options.append(envelope.mail_options)
        self.messages += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 taken"


@contextmanager
def mail_server(
    mailbox: Mailbox,
    *,
    password: str | None = None,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    utf8: bool = False,
) -> Iterator[int]:
    """Serve with aiosmtpd while the block runs; with ``password`` only after AUTH as user ``digest``.

    ``utf8`` says whether SMTPUTF8 is offered.
    """

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        mailbox.logins.append(data.login)
        good = data.login == b"digest" and data.password == (password or "").encode()
        return AuthResult(success=good, handled=False)

    def connection() -> asyncio.Protocol:
        server: asyncio.Protocol = SMTP(
            mailbox,
            hostname="mail.example.test",
            tls_context=starttls,
            authenticator=check if password is not None else None,
            auth_required=password is not None,
            auth_require_tls=False,
            enable_SMTPUTF8=utf8,
            loop=asyncio.get_event_loop(),
        )
        return server

    with serving(connection, tls) as port:
        yield port


HANG_UP = "hang up"
SILENCE = "silence"


@dataclass
class Sink:
    """A bare SMTP server that logs whom it took a message for, and misbehaves on request.

    ``accepted`` is the truth about who was mailed: a recipient enters it when the whole message is there,
    before the answer leaves; it enters ``begun`` before a body is asked for. ``script`` is asked at each step
    (CONNECT, EHLO, MAIL, RCPT, DATA, BODY, RSET) with the recipient, if there is one; it gives the answer,
    None for the usual one, HANG_UP or SILENCE. Who says nothing for ``patience`` seconds is hung up on.
    """

    script: Callable[[str, str], str | None] = lambda step, recipient: None
    delay: float = 0.0
    patience: float | None = None
    accepted: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def serve(self) -> Iterator[int]:
        def connection() -> asyncio.Protocol:
            # A whole message is read at once.
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=1 << 22), self._talk)

        with serving(connection) as port:
            yield port

    def wait_for(self, number: int, timeout: float = 20.0) -> bool:
        """Wait until this many messages were taken; tell whether they were."""
        with self.news:
            return self.news.wait_for(lambda: len(self.accepted) >= number, timeout)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        with suppress(_HungUp, ConnectionError, asyncio.IncompleteReadError):
            try:
                await self._dialogue(reader, writer)
            except TimeoutError:
                await self._say(writer, "421 4.4.2 you said nothing for too long")
        writer.close()
        self.open -= 1

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        await self._say(writer, self._answer("CONNECT", recipient))
        while line := await asyncio.wait_for(reader.readline(), self.patience):
            verb = line[:4].upper().decode()
            if verb == "RCPT":
                recipient = line.split(b"<")[1].split(b">")[0].decode()
            answer = self._answer(verb, recipient)
            if answer.startswith("354"):
                self.begun.append(recipient)
            await self._say(writer, answer)
            if answer.startswith("354"):
                await asyncio.wait_for(reader.readuntil(b"\r\n.\r\n"), self.patience)
                await asyncio.sleep(self.delay)
                answer = self._answer("BODY", recipient)
                if not answer.startswith(("4", "5")):
                    self._take(recipient)
                await self._say(writer, answer)

    def _answer(self, step: str, recipient: str) -> str:
        usual = {"CONNECT": "220 sink", "DATA": "354 go on", "QUIT": "221 bye"}
        return self.script(step, recipient) or usual.get(step, "250 fine")

    async def _say(self, writer: asyncio.StreamWriter, answer: str) -> None:
        if answer == HANG_UP:
            raise _HungUp
        if answer == SILENCE:
            await asyncio.Event().wait()
        writer.write(answer.encode() + b"\r\n")

    def _take(self, recipient: str) -> None:
        with self.news:
            self.accepted.append(recipient)
            self.news.notify_all()


class _HungUp(Exception):
    pass
