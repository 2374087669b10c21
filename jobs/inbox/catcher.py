"""Catches every message into a folder, one ``.eml`` file each, as it came, under its envelope's sender."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.errors import DigestError

_SIZE_LIMIT = 32 * 1024 * 1024


class Catcher:
    """An aiosmtpd handler that stores messages as ``0001-reader@example.com.eml``, numbered as they come.

    As a mailbox does (RFC 5321, 4.4), it puts the sender of the envelope, where bounces would go, on top as
    ``Return-Path``; below that line a file is the message byte for byte.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        numbers = [int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]*-*.eml")]
        self.count = max(numbers, default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        # The library gives the null sender as "<>".
        sender = (envelope.mail_from or "").strip("<>")
        trace = f"Return-Path: <{sender}>\r\n".encode()
        for recipient in envelope.rcpt_tos:
            self.count += 1
            # Only characters that are safe in a file's name, so that no address can leave the folder.
            name = re.sub(r"[^\w.@+-]", "_", recipient)[:80]
            (self.folder / f"{self.count:04d}-{name}.eml").write_bytes(trace + content)
        return "250 2.0.0 caught"


class _Controller(Controller):
    """Learns its port when it was asked for any free one; the original would knock at port 0."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        trigger: Callable[[], None] = super()._trigger_server
        trigger()


@contextmanager
def catching(folder: Path, port: int = 0) -> Iterator[int]:
    """Catch mail on loopback while the block runs; give the port (a free one for 0)."""
    controller = _Controller(
        Catcher(folder),
        hostname="127.0.0.1",
        port=port,
        data_size_limit=_SIZE_LIMIT,
        enable_SMTPUTF8=True,
        ready_timeout=10,
    )
    try:
        controller.start()
    except OSError as error:
        raise DigestError(f"port {port} cannot be used for SMTP: {error.strerror or error}") from None
    try:
        yield controller.port
    finally:
        controller.stop()
