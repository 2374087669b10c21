"""The bytes of one connection, over a real socket whose other end the test holds."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from jobs.sending.loop import run
from jobs.sending.wire import Lost, Wire
from tests.conftest import Certificate

pytestmark = pytest.mark.usefixtures("either_loop")

Talk = Callable[[Wire, socket.socket], Awaitable[None]]
# Seconds; whoever waits so long has met a bug, not a slow machine.
LONG = 60.0
REPLY = b"250-mail.example.test\r\n250-SIZE 1000\r\n250 2.0.0 all of it\r\n"


def talking(talk: Talk) -> None:
    """Give ``talk`` a wire and the server's end of its connection."""

    async def inside() -> None:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with theirs:
            transport, wire = await asyncio.get_running_loop().create_connection(Wire, sock=ours)
            try:
                await asyncio.wait_for(talk(wire, theirs), LONG)
            finally:
                transport.abort()

    run(inside())


async def say(server: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(server, data)


async def when_usable_is(wire: Wire, usable: bool) -> None:
    """Let the loop read until the wire knows of what was said."""
    while wire.usable is not usable:
        await asyncio.sleep(0)


@pytest.mark.parametrize("first", range(1, len(REPLY)))
def test_a_reply_is_whole_wherever_it_is_split(first: int) -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        waiting = asyncio.create_task(wire.reply(LONG))
        await say(server, REPLY[:first])
        await when_usable_is(wire, usable=False)
        assert not waiting.done()
        await say(server, REPLY[first:])
        reply = await waiting
        assert (reply.code, reply.lines) == (250, ("mail.example.test", "SIZE 1000", "2.0.0 all of it"))
        assert wire.usable

    talking(talk)


def test_replies_in_one_packet_are_given_out_one_by_one_and_nothing_is_written_before() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        await say(server, b"250 one\r\n250 two\n354\r\n")
        assert (await wire.reply(LONG)).text == "one"
        assert not wire.usable
        assert (await wire.reply(LONG)).text == "two"
        assert await wire.reply(LONG) == (354, (b"354",))
        assert wire.usable

    talking(talk)


def test_each_wait_has_a_deadline_of_its_own() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        patient = asyncio.create_task(wire.reply(LONG))
        await say(server, b"250 one\r\n")
        assert (await patient).text == "one"
        # The timer of the first wait would still be asleep for a minute.
        with pytest.raises(Lost, match="did not answer in time"):
            await wire.reply(0.01)

    talking(talk)


def test_a_later_deadline_is_not_cut_short_by_the_timer_of_an_earlier_one() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        await say(server, b"250 one\r\n")
        # The first wait sets a timer that goes off during the second.
        await wire.reply(1.0)
        waiting = asyncio.create_task(wire.reply(LONG))
        passed = asyncio.Event()
        asyncio.get_running_loop().call_later(1.1, passed.set)
        await passed.wait()
        assert not waiting.done()
        await say(server, b"250 two\r\n")
        assert (await waiting).text == "two"

    talking(talk)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"2500 x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
        b"\x00\r\n",
        b"250-one\r\n550 two\r\n",
        "２５０ wide\r\n".encode(),
    ],
)
def test_what_is_no_smtp_ends_it_and_nothing_behind_it_is_taken_for_an_answer(garbage: bytes) -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        await say(server, b"220 first\r\n" + garbage + b"250 a lie\r\n")
        assert (await wire.reply(LONG)).code == 220
        with pytest.raises(Lost, match="what came is no SMTP"):
            await wire.reply(LONG)
        assert not wire.usable

    talking(talk)


@pytest.mark.parametrize("piece", [b"x" * 8192, b"250-" + b"x" * 8186 + b"\r\n"])
def test_a_reply_without_an_end_ends_it(piece: bytes) -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        waiting = asyncio.create_task(wire.reply(LONG))
        for _ in range(64):
            try:
                await say(server, piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        with pytest.raises(Lost, match="has no end"):
            await waiting

    talking(talk)


def test_of_a_reply_with_very_many_lines_the_first_hundred_are_kept() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        await say(server, b"".join(b"250-%d\r\n" % line for line in range(500)) + b"250 end\r\n")
        lines = (await wire.reply(LONG)).lines
        assert (lines[:2], lines[-2:]) == (("0", "1"), ("99", "end"))

    talking(talk)


def test_what_came_before_the_server_closed_is_still_given_out() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        await say(server, b"250 taken\r\n421 bye\r\n")
        server.shutdown(socket.SHUT_WR)
        assert (await wire.reply(LONG)).text == "taken"
        assert (await wire.reply(LONG)).code == 421
        with pytest.raises(Lost, match="the server closed it"):
            await wire.reply(LONG)

    talking(talk)


def test_who_waits_when_the_connection_is_aborted_hears_why() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        waiting = asyncio.create_task(wire.reply(LONG))
        await asyncio.sleep(0)
        wire.abort("a test's reason")
        with pytest.raises(Lost, match="a test's reason"):
            await waiting

    talking(talk)


def test_an_aborted_connection_says_how_much_never_left() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        message = b"x" * 8_000_000
        wire.write(message)
        wire.abort()
        # What makes room before the loop has taken another turn shall make it for nothing more.
        arrived = 0
        with suppress(BlockingIOError):
            while data := server.recv(1 << 20):
                arrived += len(data)
        while data := await asyncio.get_running_loop().sock_recv(server, 1 << 20):
            arrived += len(data)
        assert 0 < wire.unsent < len(message)
        assert arrived == len(message) - wire.unsent
        # Gone is gone, and the count stays.
        wire.write(message)
        wire.abort()
        assert arrived == len(message) - wire.unsent

    talking(talk)


def test_a_reply_is_waited_for_also_when_a_look_at_the_clock_is_due_at_once() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        wire._look_at(asyncio.get_running_loop().time())
        waiting = wire.reply(LONG)
        waiting.send(None)
        waiting.close()
        await say(server, b"250 taken\r\n")
        assert (await wire.reply(LONG)).text == "taken"

    talking(talk)


def test_to_a_server_that_closed_its_side_nothing_more_is_sent() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        message = b"x" * 8_000_000
        wire.write(message)
        server.shutdown(socket.SHUT_WR)
        with pytest.raises(Lost, match="the server closed it"):
            await wire.reply(LONG)
        arrived = 0
        while data := await asyncio.get_running_loop().sock_recv(server, 1 << 20):
            arrived += len(data)
        assert arrived < len(message)

    talking(talk)


def test_over_tls_no_more_is_said_to_have_stayed_than_did(certificate: Certificate) -> None:
    written, arrived = 8_000_000, 0

    def behind_tls(server: socket.socket, ready: threading.Event) -> None:
        nonlocal arrived
        server.setblocking(True)
        with certificate.server.wrap_socket(server, server_side=True) as secured:
            ready.wait(LONG)
            # The end is no orderly one.
            with suppress(OSError):
                while data := secured.recv(1 << 20):
                    arrived += len(data)

    async def talk(wire: Wire, server: socket.socket) -> None:
        ready = threading.Event()
        reading = asyncio.create_task(asyncio.to_thread(behind_tls, server, ready))
        await wire.secure(ssl.create_default_context(cafile=certificate.file), "localhost")
        # The second one waits: TLS has given the first one away, all of it, and nobody takes it.
        for _ in range(2):
            wire.write(b"x" * (written // 2))
        wire.abort()
        ready.set()
        await reading
        assert 0 < wire.unsent <= written - arrived

    talking(talk)


def test_of_a_message_that_left_whole_nothing_is_unsent() -> None:
    async def talk(wire: Wire, server: socket.socket) -> None:
        wire.write(b"NOOP\r\n")
        wire.abort()
        assert wire.unsent == 0
        assert await asyncio.get_running_loop().sock_recv(server, 100) == b"NOOP\r\n"

    talking(talk)
