"""Connections that break: at every byte of the dialogue that matters, in both directions, or by silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.rendering.transparency import OnTheLine, on_the_line
from subscribers.store import Contact
from tests.faults.again import changed, play, start_again
from tests.faults.conftest import MOST_READERS, READERS
from tests.faults.plays import Play, Script, Step, Then, at, first_of
from tests.faults.server import FaultyServer
from tests.jobs.mailing import Mailing

VERBS = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "RSET", "QUIT"]
ENDS = [Then.CLOSE, Then.RESET, Then.HALF_CLOSE, Then.CLOSE_UNREAD]
# So much of an answer is written: nothing, a part of the code, the code, all but the last byte, all of it.
PARTS = [0, 2, 4, -1, None]
ONE = changed(connections=1)
# Too slow a machine loses a try, which none of these tests counts.
IMPATIENT = changed(connections=3, timeout=timedelta(seconds=0.5))


def broken(verb: str, play: Play, reader: int | None = None) -> Script:
    """Return a script that breaks once; what it takes for RSET to be sent comes with it."""
    script = at(verb, play, reader=reader, times=1)
    return first_of(script, at("RCPT", "550 5.1.1 nobody", reader=2)) if verb == "RSET" else script


@pytest.mark.parametrize("then", ENDS)
@pytest.mark.parametrize("verb", VERBS)
def test_an_answer_cut_off_at_any_byte_costs_at_most_one_reader_the_certainty(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, then: Then
) -> None:
    for part in PARTS:
        start_again(mailing, READERS)
        server = FaultyServer(broken(verb, Play(upto=part, then=then)), extensions)
        counts = play(mailing, server, ONE)
        assert counts.failed == (verb == "RSET")
        # Pipelined, the answer before may be lost with the one that is cut off.
        assert counts.unknown <= 1


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_connection_that_breaks_before_any_byte_of_the_client_is_read(
    mailing: Mailing, extensions: tuple[str, ...], then: Then
) -> None:
    boundaries = list(_boundaries(mailing, extensions))
    offsets = {edge + step for edge in boundaries for step in (-1, 0, 1)} | set(range(0, boundaries[-1], 37))
    for offset in sorted(offset for offset in offsets if offset >= 0):
        start_again(mailing, 2)
        counts = play(mailing, FaultyServer(extensions=extensions, cut_off={1: (offset, then)}), ONE)
        assert counts.failed == 0
        assert counts.unknown <= 1


def _boundaries(mailing: Mailing, extensions: tuple[str, ...]) -> list[int]:
    """Return after how many bytes a step of the client's ends when two readers are sent to."""
    start_again(mailing, 2)
    server = FaultyServer(extensions=extensions)
    play(mailing, server, ONE)
    return server.truth.boundaries


@pytest.mark.parametrize("then", [Then.SILENCE, Then.DEAF])
@pytest.mark.parametrize("verb", VERBS)
def test_silence_in_place_of_an_answer_is_waited_for_once(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, then: Then
) -> None:
    server = FaultyServer(broken(verb, Play(upto=0, then=then)), extensions)
    counts = play(mailing, server, IMPATIENT)
    assert counts.failed == (verb == "RSET")
    assert mailing.counts().sent >= READERS - 1 - IMPATIENT.connections


@pytest.mark.parametrize("verb", VERBS)
def test_silence_in_the_middle_of_an_answer_is_no_answer(
    mailing: Mailing, extensions: tuple[str, ...], verb: str
) -> None:
    server = FaultyServer(broken(verb, Play(upto=9, then=Then.SILENCE)), extensions)
    counts = play(mailing, server, IMPATIENT)
    assert counts.failed == (verb == "RSET")


def test_a_server_that_is_always_silent_is_given_up(mailing: Mailing, extensions: tuple[str, ...]) -> None:
    server = FaultyServer(lambda step: Play(upto=0, then=Then.DEAF), extensions)
    assert play(mailing, server, IMPATIENT).sent == READERS


def test_a_server_that_stops_reading_in_the_middle_of_a_message_is_not_waited_for_without_end(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        # More than the buffers of both sides hold.
        return on_the_line(contact.address.encode() + b"\r\n" + b"x" * 20_000_000 + b"\r\n")

    start_again(mailing, 2)
    boundless = tuple(word for word in extensions if not word.startswith("SIZE"))
    server = FaultyServer(at("DATA", Play(then=Then.DEAF), reader=1, times=1), boundless)
    counts = play(mailing, server, changed(connections=1, timeout=timedelta(seconds=1.5)), compose=compose)
    # As long as the end of a message has not left, nobody can have taken it.
    assert (counts.sent + counts.unknown, counts.failed) == (2, 0)


@pytest.mark.parametrize("then", ENDS)
def test_a_server_that_ends_the_connection_after_each_message(
    mailing: Mailing, extensions: tuple[str, ...], then: Then
) -> None:
    counts = play(mailing, FaultyServer(at("BODY", Play(then=then)), extensions), changed(connections=2))
    assert counts.failed == 0
    # Closed in good order after its answer, with nothing pipelined behind it, nobody's is in doubt.
    if then is Then.HALF_CLOSE:
        assert counts.sent == READERS


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_server_that_takes_so_many_messages_on_a_connection_costs_nobody_an_attempt(
    mailing: Mailing, extensions: tuple[str, ...], most: int
) -> None:
    def enough(step: Step) -> Play | None:
        full = step.verb == "MAIL" and step.transaction > most
        return Play(b"421 4.7.0 {mark} enough for one connection\r\n", then=Then.HALF_CLOSE) if full else None

    start_again(mailing, MOST_READERS)
    counts = play(mailing, FaultyServer(enough, extensions), changed(connections=2))
    assert counts.sent == MOST_READERS
    assert {mailing.row(reader).attempts for reader in range(1, MOST_READERS + 1)} == {1}
