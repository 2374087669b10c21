"""Refusals, for now and for good, at each step; servers that offer little, and servers that take little."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from digest.errors import TransportError
from digest.rendering.transparency import OnTheLine, on_the_line
from subscribers.rows import SubscriberRow
from subscribers.store import Contact
from tests.faults.accounting import accounted, sender_of
from tests.faults.again import changed, play
from tests.faults.conftest import READERS
from tests.faults.plays import Play, Step, Then, at, first_of
from tests.faults.server import STEP_BY_STEP, FaultyServer
from tests.jobs.mailing import Mailing, message_for, new_mailing

ONE = changed(connections=1)
OF_A_READER = ["RCPT", "DATA", "BODY"]
OF_THE_SERVER = ["CONNECT", "EHLO", "MAIL"]
THENS = [Then.GO_ON, Then.HALF_CLOSE, Then.CLOSE]


@pytest.mark.parametrize("code", [500, 501, 503, 521, 550, 552, 553, 554, 555, 599])
@pytest.mark.parametrize("verb", OF_A_READER)
def test_5xx_at_a_readers_step_fails_that_reader_with_this_answer(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, code: int
) -> None:
    server = FaultyServer(at(verb, f"{code} 5.7.1 no", reader=3), extensions)
    counts = play(mailing, server, ONE)
    assert (counts.sent, counts.failed) == (READERS - 1, 1)
    assert (mailing.row(3).state, mailing.row(3).code, mailing.row(3).attempts) == ("failed", code, 1)


@pytest.mark.parametrize("code", [400, 420, 431, 450, 451, 452, 454, 499])
@pytest.mark.parametrize("verb", OF_A_READER)
def test_4xx_at_a_readers_step_puts_that_reader_off(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, code: int
) -> None:
    server = FaultyServer(at(verb, f"{code} 4.2.0 later", reader=3, times=2), extensions)
    counts = play(mailing, server, ONE)
    assert counts.sent == READERS
    assert [mailing.row(reader).attempts for reader in range(1, READERS + 1)] == [1, 1, 3, 1, 1, 1]


def test_a_greylister_gets_every_message_at_the_second_try(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(
        lambda step: "451 4.7.1 greylisted" if (step.verb, step.tries) == ("RCPT", 1) else None, extensions
    )
    assert play(mailing, server, changed(connections=3)).sent == READERS
    assert {mailing.row(reader).attempts for reader in range(1, READERS + 1)} == {2}


@pytest.mark.parametrize("code", [421, 450, 451, 500, 502, 535, 550, 554])
@pytest.mark.parametrize("verb", OF_THE_SERVER)
def test_a_server_that_refuses_everybody_costs_nobody_an_attempt(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, code: int
) -> None:
    # HELO is what may come after a refused EHLO.
    server = FaultyServer(
        lambda step: f"{code} 5.3.2 nobody" if step.verb in (verb, "HELO") else None, extensions
    )
    mailing.settings = ONE
    with server.serve() as port:
        with pytest.raises(TransportError) as raised:
            mailing.send(port, sender=sender_of)
        accounted(mailing, server)
    assert raised.value.permanent is (code >= 500)
    assert not server.truth.promised
    assert mailing.counts().pending == READERS
    assert {mailing.row(reader).attempts for reader in range(1, READERS + 1)} == {0}


@pytest.mark.parametrize("then", THENS)
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "RSET", "QUIT"])
def test_421_at_any_step_with_and_without_a_close_is_tried_again(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, then: Then
) -> None:
    closing = at(verb, Play(b"421 4.3.2 {mark} closing\r\n", then=then), times=1)
    refusal = at("RCPT", "550 5.1.1 nobody", reader=2)
    counts = play(mailing, FaultyServer(first_of(closing, refusal), extensions), ONE)
    # Closed with a pipelined envelope unread it may be a reset, and the answer to the message be lost.
    assert counts.unknown <= (then is Then.CLOSE)
    assert (counts.sent + counts.unknown, counts.failed) == (READERS - 1, 1)


@pytest.mark.parametrize("verb", ["RSET", "QUIT"])
@pytest.mark.parametrize("code", [450, 500, 502, 550])
def test_refused_commands_of_courtesy_cost_nobody_anything(
    mailing: Mailing, extensions: tuple[str, ...], verb: str, code: int
) -> None:
    refusal = at("RCPT", "550 5.1.1 nobody", reader=2)
    server = FaultyServer(first_of(at(verb, f"{code} no", times=1), refusal), extensions)
    counts = play(mailing, server, ONE)
    assert (counts.sent, counts.failed) == (READERS - 1, 1)


@pytest.mark.parametrize("code", [500, 502, 504, 550])
def test_a_server_without_ehlo_is_greeted_with_helo(mailing: Mailing, code: int) -> None:
    server = FaultyServer(at("EHLO", f"{code} what"))
    assert play(mailing, server, ONE).sent == READERS
    assert server.truth.tries["HELO", 0] == 1


def test_a_server_that_takes_one_connection_gets_all_over_that(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(extensions=extensions)

    def alone(step: Step) -> Play | None:
        crowded = step.verb == "CONNECT" and server.open > 1
        return Play(b"421 4.7.0 {mark} too many connections\r\n", then=Then.CLOSE) if crowded else None

    server.script = alone
    mailing.settings = changed(connections=4)
    with server.serve() as port:
        assert mailing.send(port, sender=sender_of).counts.sent == READERS
        accounted(mailing, server)


def test_a_message_above_the_servers_size_is_never_taken(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    def compose(contact: Contact, edition: int | None) -> OnTheLine:
        if contact.id != 4:
            return message_for(contact)
        return on_the_line(b"Subject: x\r\n\r\n" + b"y" * 500 + b"\r\n")

    small = tuple("SIZE 300" if word.startswith("SIZE") else word for word in extensions)
    server = FaultyServer(extensions=small)
    mailing.settings = ONE
    with server.serve() as port:
        # A matter of the whole issue for one engine, of one reader for another.
        with suppress(TransportError):
            mailing.send(port, sender=sender_of, compose=compose)
        accounted(mailing, server, compose)
    assert mailing.row(4).state in ("pending", "failed")
    assert [mailing.row(reader).state for reader in (1, 2, 3)] == ["sent"] * 3


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        ("PIPELINING",),
        ("SIZE",),
        ("SIZE 0",),
        ("SIZE nothing",),
        ("pipelining", "smtputf8"),
        ("X-UNHEARD OF", "AUTH", "AUTH="),
    ],
)
def test_whatever_a_server_offers_it_gets_what_it_can_take(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    hello = "".join(f"250-{line}\r\n" for line in ("{mark}", *extensions)) + "250 HELP\r\n"
    server = FaultyServer(at("EHLO", Play(hello.encode())), STEP_BY_STEP)
    assert play(mailing, server, ONE).sent == READERS


@pytest.mark.parametrize("offered", [True, False])
def test_an_address_beyond_ascii_goes_only_where_smtputf8_is_offered(
    tmp_path: Path, extensions: tuple[str, ...], offered: bool
) -> None:
    mailing = new_mailing(tmp_path / "digest.db", 3)
    address = "łukasz-reader00002@example.com"
    with mailing.database.writing() as session:
        reader = session.get_one(SubscriberRow, 2)
        reader.address = reader.address_key = address
    words = tuple(word for word in extensions if offered or word != "SMTPUTF8")
    server = FaultyServer(extensions=words)
    with server.serve() as port:
        counts = mailing.send(port, sender=sender_of).counts
        server.settle()
    assert (counts.sent, counts.failed) == ((3, 0) if offered else (2, 1))
    assert [body.recipients for body in server.truth.bodies_for(2)] == ([(address,)] if offered else [])
    assert not server.truth.offences
    mailing.database.close()


@pytest.mark.parametrize(
    ("answer", "sent", "failed"),
    [("250 2.1.5 delivered", 6, 0), ("452 4.2.2 full for now", 6, 0), ("552 5.2.2 full", 5, 1)],
)
def test_lmtp_answers_for_each_recipient_at_the_end(
    mailing: Mailing, extensions: tuple[str, ...], answer: str, sent: int, failed: int
) -> None:
    server = FaultyServer(at("BODY", answer, reader=5, times=1), extensions, lmtp=True)
    counts = play(mailing, server, ONE, url="lmtp://127.0.0.1:{port}")
    assert (counts.sent, counts.failed) == (sent, failed)


def test_lmtp_after_a_refused_recipient_goes_on_with_the_next(
    mailing: Mailing, extensions: tuple[str, ...]
) -> None:
    server = FaultyServer(
        lambda step: "550 5.1.1 nobody" if step.verb == "RCPT" and step.reader % 2 else None,
        extensions,
        lmtp=True,
    )
    counts = play(mailing, server, ONE, url="lmtp://127.0.0.1:{port}")
    assert (counts.sent, counts.failed) == (3, 3)


def test_lmtp_with_354_for_nobody_gets_no_body(mailing: Mailing, extensions: tuple[str, ...]) -> None:
    def goes_on(step: Step) -> str | None:
        if step.reader != 3:
            return None
        return {"RCPT": "550 5.1.1 nobody", "DATA": "354 go on"}.get(step.verb)

    server = FaultyServer(goes_on, extensions, lmtp=True)
    counts = play(mailing, server, ONE, url="lmtp://127.0.0.1:{port}")
    assert (counts.sent, counts.failed) == (READERS - 1, 1)
