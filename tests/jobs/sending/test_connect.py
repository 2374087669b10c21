"""What a server says before it takes mail, as it reaches a terminal and a log."""

from __future__ import annotations

import asyncio
import random

import pytest

from digest.errors import TransportError
from jobs.sending.connect import connect
from jobs.sending.loop import run
from jobs.sending.relay import Relay
from tests.servers import Sink, serving


def refusal(port: int) -> str:
    with pytest.raises(TransportError) as raised:
        run(connect(Relay.parse(f"smtp://127.0.0.1:{port}"), 2.0))
    return str(raised.value)


def test_a_banner_of_random_bytes_is_one_short_printable_line() -> None:
    noise = random.Random(5).randbytes(5_000)

    class Noisy(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(noise + b"\r\n")

    with serving(Noisy) as port:
        message = refusal(port)
    assert message.startswith(f"smtp://127.0.0.1:{port} cannot be reached: what came is no SMTP: ")
    assert message.isprintable()
    assert len(message) < 500


def test_a_refusal_reaches_nobody_with_escapes_addresses_or_at_full_length() -> None:
    answer = "554 \x1b[31mno mail from ann@example.com " + "x" * 400
    with Sink(lambda step, recipient: answer if step == "CONNECT" else None).serve() as port:
        message = refusal(port)
    assert "refuses us: 554 [31mno mail from …@… xxx" in message
    assert message.isprintable()
    assert len(message) < 400
