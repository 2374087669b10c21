"""One line and its relays: turns, what comes of trouble, and connections kept from turn to turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from digest.errors import TransportError
from jobs.sending.client import Client
from jobs.sending.line import Line
from jobs.sending.loop import run
from jobs.sending.relays import FIRST_REST, Choice, Relays
from tests.jobs.mailing import QUICK
from tests.servers import HANG_UP, Sink

TROUBLE = TransportError("it broke", permanent=False)


def line_to(*urls: str, turn: int = 2) -> Line:
    # No time passes: however slow the machine, a relay that is given a rest has it.
    return Line(Choice(Relays.parse(" ".join(urls)), lambda: 0.0, turn), lambda relay: Client(relay, QUICK))


def at(port: int, weight: int = 1) -> str:
    return f"smtp://127.0.0.1:{port}?weight={weight}"


def using(line: Line, work: Callable[[Line], Awaitable[None]]) -> None:
    async def inside() -> None:
        try:
            await work(line)
        finally:
            await line.close()

    run(inside())


def test_a_single_relay_is_connected_to_once_for_all_turns() -> None:
    async def work(line: Line) -> None:
        assert not line.connected
        first = await line.client()
        assert line.connected
        for _ in range(5):
            line.sent()
            assert await line.client() is first

    sink = Sink()
    with sink.serve() as port:
        using(line_to(at(port)), work)
    assert sink.connections == 1


def test_a_turn_says_when_its_last_mail_is_about_to_go() -> None:
    async def work(line: Line) -> None:
        await line.client()
        assert line.goes_on
        line.sent()
        await line.client()
        assert not line.goes_on

    with Sink().serve() as port:
        using(line_to(at(port), at(1, weight=0)), work)


def test_a_single_relay_has_no_turns_after_which_an_envelope_goes_by_itself() -> None:
    async def work(line: Line) -> None:
        await line.client()
        for _ in range(100):
            line.sent()
            assert line.goes_on

    with Sink().serve() as port:
        using(line_to(at(port)), work)


def test_turns_go_to_and_fro_and_each_relay_keeps_its_connection() -> None:
    ports: list[int] = []

    async def work(line: Line) -> None:
        for _ in range(8):
            client = await line.client()
            ports.append(client.relay.port)
            line.sent()

    one, other = Sink(), Sink()
    with one.serve() as first, other.serve() as second:
        using(line_to(at(first), at(second)), work)
    assert ports == [first, first, second, second] * 2
    assert (one.connections, other.connections) == (1, 1)


def test_trouble_with_one_of_two_hands_the_turn_to_the_other_at_once() -> None:
    async def work(line: Line) -> None:
        before = await line.client()
        assert line.failed(TROUBLE)
        assert not line.connected
        assert (await line.client()).relay.port != before.relay.port

    with Sink().serve() as one, Sink().serve() as other:
        using(line_to(at(one), at(other)), work)


def test_trouble_with_all_of_them_leaves_nothing_to_use_at_once_and_says_for_how_long() -> None:
    async def work(line: Line) -> None:
        for more in (True, False):
            with pytest.raises(TransportError):
                await line.client()
            assert line.failed(TROUBLE) is more
        assert line.back_in() == FIRST_REST
        with pytest.raises(TransportError, match="it broke"):
            await line.client()

    closed = Sink(lambda step, recipient: HANG_UP)
    with closed.serve() as one, closed.serve() as other:
        using(line_to(at(one), at(other)), work)


def test_trouble_with_a_single_relay_gives_it_no_rest_for_that_is_the_engines_matter() -> None:
    async def work(line: Line) -> None:
        client = await line.client()
        assert not line.failed(TROUBLE)
        assert not line.connected
        assert line.back_in() == 0.0
        assert await line.client() is client

    sink = Sink()
    with sink.serve() as port:
        using(line_to(at(port)), work)
    assert sink.connections == 2


def test_a_line_that_was_closed_can_be_used_again() -> None:
    async def work(line: Line) -> None:
        await line.client()
        await line.close()
        assert not line.connected
        await line.client()

    sink = Sink()
    with sink.serve() as port:
        using(line_to(at(port)), work)
    assert sink.connections == 2
