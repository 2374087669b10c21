"""The faulty server itself: it sees what a client does wrong, and the books are held against what it saw."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import update

from jobs.deliveries.rows import DeliveryRow
from tests.faults.accounting import accounted, sender_of
from tests.faults.again import changed
from tests.faults.plays import Play, Shape, Then, at
from tests.faults.server import STEP_BY_STEP, FaultyServer
from tests.jobs.mailing import Mailing

HELLO = b"EHLO test.example\r\n"
MAIL = b"MAIL FROM:<desk+r1@digest.example.com>\r\n"
RCPT = b"RCPT TO:<reader00001@example.com>\r\n"
OTHER = b"MAIL FROM:<desk+r2@digest.example.com>\r\nRCPT TO:<reader00002@example.com>\r\n"
BODY = b"Subject: x\r\n\r\nShip.\r\n.\r\n"


@contextmanager
def dialogue(server: FaultyServer) -> Iterator[socket.socket]:
    """Connect a client that says what it likes; at the end the truth is complete."""
    with server.serve() as port:
        with closing(socket.create_connection(("127.0.0.1", port), 20)) as client:
            yield client
        server.settle()


def say(client: socket.socket, *groups: bytes) -> bytes:
    """Say these one after the other, whatever is answered; return all that was answered up to the end."""
    for group in groups:
        client.sendall(group)
    client.shutdown(socket.SHUT_WR)
    return b"".join(iter(lambda: client.recv(1 << 16), b""))


def codes(answers: bytes) -> list[int]:
    return [int(line[:3]) for line in answers.splitlines() if line[3:4] == b" "]


def test_it_answers_a_pipelined_group_command_by_command() -> None:
    with dialogue(FaultyServer()) as client:
        answers = say(client, HELLO, MAIL + RCPT + b"DATA\r\n", BODY + b"QUIT\r\n")
    assert codes(answers) == [220, 250, 250, 250, 354, 250, 221]


def test_mail_in_an_open_transaction_is_refused_and_what_follows_falls_into_the_old_one() -> None:
    server = FaultyServer()
    with dialogue(server) as client:
        answers = say(client, HELLO, MAIL, RCPT, OTHER, b"DATA\r\n", BODY, b"QUIT\r\n")
    assert codes(answers) == [220, 250, 250, 250, 503, 250, 354, 250, 221]
    [body] = server.truth.bodies
    assert (body.sender, body.readers) == ("desk+r1@digest.example.com", [1, 2])
    assert any("MAIL in an open transaction" in offence for offence in server.truth.offences)


def test_a_body_for_nobody_is_seen_and_a_lone_dot_is_right() -> None:
    for said, offences in ((BODY, 1), (b".\r\n", 0)):
        server = FaultyServer(at("DATA", "354 go on"), STEP_BY_STEP)
        with dialogue(server) as client:
            say(client, HELLO, MAIL, b"DATA\r\n", said)
        found = [offence for offence in server.truth.offences if "without an accepted recipient" in offence]
        assert len(found) == offences


@pytest.mark.parametrize(
    ("groups", "where"),
    [
        ([HELLO + MAIL], "EHLO"),
        ([HELLO, MAIL + RCPT + b"DATA\r\n" + BODY], "DATA"),
        ([HELLO, b"AUTH PLAIN AGEAYg==\r\n" + MAIL], "AUTH"),
    ],
)
def test_a_client_that_does_not_wait_is_seen(groups: list[bytes], where: str) -> None:
    server = FaultyServer(lambda step: Play(delay=0.1) if step.verb == where else None)
    with dialogue(server) as client:
        client.recv(1 << 16)
        for group in groups[:-1]:
            client.sendall(group)
            client.recv(1 << 16)
        say(client, groups[-1])
    assert any(f"sent behind {where} before" in offence for offence in server.truth.offences)


def test_it_stops_at_the_byte_it_was_told_to() -> None:
    server = FaultyServer(cut_off={1: (len(HELLO) + 10, Then.HALF_CLOSE)})
    with dialogue(server) as client:
        answers = say(client, HELLO, MAIL)
    assert codes(answers) == [220, 250]


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (b"250 fine\r\n", Shape(250, whole=True, plain=True)),
        (b"250\r\n", Shape(250, whole=True, plain=True)),
        (b"250-a\r\n250 b\r\n", Shape(250, whole=True, plain=True)),
        (b"250 a\r\n250 b\r\n", Shape(250, whole=True)),
        (b"250-a\r\n550 b\r\n", Shape(250, ambiguous=True)),
        (b"250-a\r\n", Shape(250, ambiguous=True)),
        (b"250 a", Shape(250, ambiguous=True)),
        (b"250 a\n", Shape(250)),
        (b"2500 a\r\n", Shape(None)),
        (b"fine\r\n", Shape(None)),
        (b"", Shape(None, ambiguous=True)),
    ],
)
def test_what_an_answer_amounts_to(data: bytes, shape: Shape) -> None:
    assert Shape.of(data) == shape


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        ({"state": "failed"}, "reader 2, failed: and yet it may have been taken"),
        ({"state": "pending"}, "reader 2, pending: and yet a body was not put off"),
        ({"state": "unknown"}, "reader 2, unknown: and yet it was taken, and the client knows"),
        ({"state": "sending"}, "reader 2, sending: still open"),
        ({"code": 251}, "reader 2, sent: keeps 251 for an answer of 250"),
        ({"reply": "2.0.0 taken"}, "reader 2, sent: keeps no answer of the server"),
        ({"reply": "2.0.0 taken #r3.BODY.9"}, "reader 2, sent: keeps an answer that was 3's"),
    ],
)
def test_a_ledger_that_says_what_did_not_happen_is_found_out(
    mailing: Mailing, lie: dict[str, object], found: str
) -> None:
    server = FaultyServer()
    mailing.settings = changed(connections=1)
    with server.serve() as port:
        mailing.send(port, sender=sender_of)
        accounted(mailing, server)
        with mailing.database.writing() as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.reader_id == 2).values(lie))
        with pytest.raises(AssertionError) as raised:
            accounted(mailing, server)
    assert found in str(raised.value)


def test_a_reader_who_is_sent_twice_or_never_is_found_out(mailing: Mailing) -> None:
    server = FaultyServer()
    mailing.settings = changed(connections=1)
    with server.serve() as port:
        mailing.send(port, sender=sender_of)
    server.truth.bodies.append(server.truth.bodies[0])
    with pytest.raises(AssertionError, match="reader 1, sent: got 2 bodies"):
        accounted(mailing, server)
    del server.truth.bodies[:3]
    with pytest.raises(AssertionError, match="reader 3, sent: never taken"):
        accounted(mailing, server)
