"""The bench's own servers: what they say can be believed."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from tests.bench.sinks import compiled, compiler, delayed, fast_sink
from tests.processes import require, until

TWO = (
    b"EHLO here\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\nDATA\r\n"
    b"Subject: x\r\n\r\n..\r\n.\rno end\r\n.\n\r\n.\r\nMAIL FROM:<a@x.example>\r\n"
    b"RCPT TO:<d@x.example>\r\nDATA\r\n.\r\nQUIT\r\n"
)
LOGGED = ["data b@x.example", "data c@x.example", "taken b@x.example", "taken c@x.example"]
LOGGED += ["data d@x.example", "taken d@x.example"]


@pytest.fixture(autouse=True)
def with_compiler() -> None:
    require(Path(compiler() or "/usr/bin/cc"), "gcc")


def conversation(port: int, *pieces: bytes) -> bytes:
    """Send the pieces, each in a packet of its own; return everything that was said until the end."""
    with socket.create_connection(("127.0.0.1", port), 10) as talk:
        talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            talk.sendall(piece)
        return b"".join(iter(lambda: talk.recv(65536), b""))


@pytest.mark.parametrize("cut", range(1, len(TWO), 7))
def test_a_dialogue_cut_anywhere_is_the_same_dialogue(tmp_path: Path, cut: int) -> None:
    log = tmp_path / "log"
    with fast_sink(log) as server:
        said = conversation(server.port, TWO[:cut], TWO[cut:])
    codes = [line[:3] for line in said.splitlines() if line[3:4] == b" "]
    assert codes == b"220 250 250 250 250 354 250 250 250 354 250 221".split()
    assert log.read_text().splitlines() == LOGGED


def test_a_dialogue_in_single_bytes_is_the_same_dialogue(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with fast_sink(log) as server:
        conversation(server.port, *(TWO[at : at + 1] for at in range(len(TWO))))
    assert log.read_text().splitlines() == LOGGED


def test_commands_out_of_order_are_refused_and_take_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with fast_sink(log) as server:
        said = conversation(
            server.port,
            b"DATA\r\nRCPT TO:<b@x.example>\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nWHAT\r\nQUIT\r\n",
        )
    assert [line[:3] for line in said.splitlines()] == b"220 503 503 250 503 503 502 221".split()
    assert log.read_text() == ""


def test_pipelining_is_offered_unless_it_is_asked_not_to(tmp_path: Path) -> None:
    with fast_sink() as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        client.ehlo()
        assert {"pipelining", "8bitmime", "smtputf8", "size", "enhancedstatuscodes"} <= set(
            client.esmtp_features
        )
    with fast_sink(pipelining=False) as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        client.ehlo()
        assert "pipelining" not in client.esmtp_features


def test_a_message_is_logged_before_its_delayed_answer_leaves(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with fast_sink(log, delay_ms=60_000) as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        client.docmd("EHLO", "here")
        client.docmd("MAIL", "FROM:<a@x.example>")
        client.docmd("RCPT", "TO:<b@x.example>")
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\nbody\r\n.\r\n")
        until(lambda: "taken b@x.example\n" in log.read_text())
        client.close()


def test_it_tells_at_its_end_what_it_took() -> None:
    with subprocess.Popen([compiled("fastsink")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().split()[1])
        conversation(port, TWO)
        process.send_signal(signal.SIGTERM)
        told = json.loads(process.stdout.readline())
    assert (told["messages"], told["recipients"], told["connections"]) == (2, 3, 1)


def test_the_proxy_passes_everything_on_and_takes_its_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    body = b"x" * 998 + b"\r\n"
    start = monotonic()
    with fast_sink(log) as near, delayed(near, 50) as server:
        said = conversation(server.port, TWO.replace(b"Subject: x\r\n", body * 5000))
    # There and back at least once: that it takes long enough holds on every machine.
    assert monotonic() - start >= 0.1
    assert said.startswith(b"220") and b"221" in said
    assert log.read_text().splitlines() == LOGGED


def test_a_connection_that_breaks_is_broken_on_the_other_side_too() -> None:
    with fast_sink() as near, delayed(near, 1) as server:
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", server.port), 10) as talk:
                talk.sendall(TWO[:100])
        assert conversation(server.port, b"QUIT\r\n").endswith(b"221 2.0.0 bye\r\n")
