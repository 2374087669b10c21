"""The mail server's door, talked to with the standard library's clients and with bare bytes."""

from __future__ import annotations

import logging
import smtplib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from digest.db import Database
from jobs.cli.http import listen
from jobs.mailin.listening import open_socket
from jobs.mailin.router import Bounces, Router
from jobs.mailin.server import LARGEST, House, Listener, receiving
from tests.jobs.mailin.bouncing import Bounced
from tests.jobs.mailin.conftest import Serve
from tests.subscribers.conftest import KEYS
from tests.subscribers.mailin.letters import DOORS, READER, letter

JOIN, BOUNCE = "subscribe@news.example.com", "bounces+abc@news.example.com"
Standing = Callable[[], dict[str, str]]


class Talk:
    """A conversation in bare bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.answers = self.socket.makefile("rb")
        self.greeting = self.answers.readline()

    def say(self, line: bytes) -> list[bytes]:
        """Send a line and return the answer's lines."""
        self.socket.sendall(line + b"\r\n")
        return self.listen()

    def listen(self) -> list[bytes]:
        lines = [self.answers.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self.answers.readline())
        return lines

    def begin(self, *recipients: str) -> list[bytes]:
        """Say everything up to the answer to DATA; return the answers to RCPT."""
        self.say(b"LHLO mta.example.org")
        self.say(b"MAIL FROM:<" + READER.encode() + b">")
        answers = [self.say(f"RCPT TO:<{recipient}>".encode())[0] for recipient in recipients]
        assert self.say(b"DATA")[0].startswith(b"354")
        return answers

    def body(self, message: bytes, answers: int = 1) -> list[bytes]:
        """Send the message as it is and return so many answers."""
        self.socket.sendall(message + b"\r\n.\r\n")
        return [self.answers.readline() for _ in range(answers)]


def test_a_message_is_answered_when_its_effect_is_there(serve: Serve, standing: Standing) -> None:
    with serve(lmtp=False) as port, smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        assert client.sendmail(READER, [JOIN], letter()) == {}
        assert standing() == {READER: "pending"}


def test_it_says_what_it_can_and_nothing_more(serve: Serve) -> None:
    with serve() as port:
        said = b"".join(Talk(port).say(b"LHLO mta.example.org"))
    assert b"250-SIZE 1048576\r\n" in said
    assert b"8BITMIME" in said
    assert b"SMTPUTF8" in said
    assert b"AUTH" not in said
    assert b"news.example.com" in said


def test_a_unix_socket_does_as_well(tmp_path: Path, router: Router, standing: Standing) -> None:
    place = tmp_path / "mail.sock"
    with (
        open_socket(f"unix:{place}") as listener,
        receiving([Listener(listener, True)], router, House("news.example.com")),
        smtplib.LMTP(str(place)) as client,
    ):
        client.sendmail(READER, [JOIN], letter())
    assert standing() == {READER: "pending"}


@pytest.mark.parametrize("lmtp", [True, False])
def test_it_is_no_relay(serve: Serve, lmtp: bool) -> None:
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    with serve(lmtp=lmtp) as port, kind("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail(READER)
        for stranger in ("ann@example.org", "unsubscribe+forged@news.example.com", "postmaster"):
            code, said = client.rcpt(stranger)
            assert (code, said[:5]) == (550, b"5.1.1")
        assert client.rcpt(JOIN)[0] == 250


def test_every_recipient_over_lmtp_has_an_answer_of_its_own(
    serve: Serve, bounced: Bounced, standing: Standing
) -> None:
    with serve() as port:
        talk = Talk(port)
        assert [answer[:3] for answer in talk.begin(JOIN, "x@example.org", "digest@example.com", BOUNCE)] == [
            b"250",
            b"550",
            b"250",
            b"250",
        ]
        answers = talk.body(letter(subject="A question"), 3)
        assert [answer[:9] for answer in answers] == [b"250 2.0.0"] * 3
        assert talk.say(b"NOOP")[0].startswith(b"250")
    assert standing() == {READER: "pending"}
    assert [to for to, _ in bounced.received] == [BOUNCE]


@pytest.mark.parametrize("lmtp", [True, False])
def test_case_22_what_is_not_understood_is_taken_so_that_nobody_is_written_to_for_it(
    serve: Serve, lmtp: bool, mails: Callable[[], list[str]]
) -> None:
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    with serve(lmtp=lmtp) as port, kind("127.0.0.1", port) as client:
        assert client.sendmail("forged@example.org", ["digest@example.com"], letter()) == {}
    assert mails() == []


def broken_bounces(router: Router, error: Exception) -> Router:
    def receive(session: Session, *_: object, **__: object) -> str:
        raise error

    return replace(router, bounces=Bounces("bounces@news.example.com", receive))


@pytest.mark.parametrize(
    "error", [ValueError("reader@example.org"), RecursionError(), OperationalError("", {}, Exception("gone"))]
)
def test_what_breaks_for_one_recipient_is_tried_again_and_the_others_are_done(
    serve: Serve, router: Router, standing: Standing, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    with serve(over=broken_bounces(router, error)) as port:
        talk = Talk(port)
        talk.begin(BOUNCE, JOIN)
        answers = talk.body(letter(), 2)
    assert [answer[:9] for answer in answers] == [b"451 4.3.0", b"250 2.0.0"]
    assert standing() == {READER: "pending"}
    assert type(error).__name__ in caplog.text
    assert "@" not in caplog.text


def test_over_smtp_the_one_answer_asks_for_another_try_if_one_recipient_needs_it(
    serve: Serve, router: Router, standing: Standing
) -> None:
    with (
        serve(lmtp=False, over=broken_bounces(router, ValueError())) as port,
        smtplib.SMTP("127.0.0.1", port) as client,
        pytest.raises(smtplib.SMTPDataError) as raised,
    ):
        client.sendmail(READER, [JOIN, BOUNCE], letter())
    assert raised.value.smtp_code == 451
    assert standing() == {READER: "pending"}


def test_a_locked_database_keeps_the_message_with_the_mail_server(
    serve: Serve, database: Database, standing: Standing
) -> None:
    with serve() as port, smtplib.LMTP("127.0.0.1", port) as client:
        with database.writing() as session:
            session.connection()
            with pytest.raises(smtplib.SMTPDataError, match="451"):
                client.sendmail(READER, [JOIN], letter())
        assert standing() == {}
        client.sendmail(READER, [JOIN], letter())
    assert standing() == {READER: "pending"}


def test_a_message_larger_than_a_mebibyte_is_refused_before_and_after_it_is_sent(
    serve: Serve, bounced: Bounced
) -> None:
    with serve() as port:
        talk = Talk(port)
        talk.say(b"LHLO mta.example.org")
        assert talk.say(b"MAIL FROM:<> SIZE=%d" % (LARGEST + 1))[0].startswith(b"552")
        talk.begin(BOUNCE)
        assert talk.body((b"x" * 70 + b"\r\n") * 15_000)[0].startswith(b"552")
        talk.begin(BOUNCE)
        assert talk.body(b"X: y\r\n\r\nfine")[0].startswith(b"250")
    assert len(bounced.received) == 1


def test_a_long_line_is_no_reason_to_lose_a_bounce(serve: Serve, bounced: Bounced) -> None:
    with serve() as port:
        talk = Talk(port)
        talk.begin(BOUNCE)
        assert talk.body(b"X: y\r\n\r\n" + b"z" * 20_000)[0].startswith(b"250")
        talk.begin(BOUNCE)
        assert talk.body(b"X: " + b"z" * 200_000)[0].startswith(b"5")
        assert talk.say(b"NOOP")[0].startswith(b"250")
    assert len(bounced.received) == 1


def test_case_21_nul_bare_line_ends_and_dots_are_one_message_with_its_body_intact(
    serve: Serve, bounced: Bounced
) -> None:
    inside = b"a\nb\rc\x00d\n.\ne\r\n..dot\r\n...\r\n\n.\r\nf\xff"
    with serve() as port:
        talk = Talk(port)
        talk.begin(BOUNCE)
        assert talk.body(b"X: y\r\n\r\n" + inside)[0].startswith(b"250")
        assert talk.say(b"NOOP")[0].startswith(b"250")
    undotted = inside.replace(b"\r\n..", b"\r\n.")
    assert bounced.received == [(BOUNCE, b"X: y\r\n\r\n" + undotted + b"\r\n")]


def test_hostile_mail_to_a_person_sized_door_changes_nothing(serve: Serve, standing: Standing) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
        for depth in range(3_000)
    )
    headers = b"From: " + b"(" * 900_000 + b"\r\n\r\n"
    many = b"From: a@example.org\r\n" * 40_000 + b"\r\n"
    with serve() as port:
        for message in (nested, many, b"\x00" * 1_000, b"From: \x00@\x00\r\n\r\n", b":\r\n: \r\n\r\n"):
            talk = Talk(port)
            talk.begin(JOIN)
            assert talk.body(message)[0].startswith(b"250")
        talk = Talk(port)
        talk.begin(JOIN)
        assert talk.body(headers)[0].startswith(b"5")
    assert standing() == {}


@pytest.mark.parametrize(
    "line",
    [
        b"RCPT TO:<" + b"(" * 400 + b">",
        b"RCPT TO:<\xff\xfe@example.org>",
        b'RCPT TO:<"' + b"\\" * 300 + b'"@example.org>',
        b"RCPT TO:<a@b> X=\x00",
        b"RCPT",
        b"\x00\x01",
        b"A" * 100_000,
        b"VRFY reader@example.org",
        b"EXPN list",
        b"AUTH PLAIN AGEAYg==",
        b"STARTTLS",
    ],
)
def test_a_strange_command_is_refused_and_the_next_is_heard(serve: Serve, line: bytes) -> None:
    with serve() as port:
        talk = Talk(port)
        talk.say(b"LHLO mta.example.org")
        talk.say(b"MAIL FROM:<>")
        assert talk.say(line)[-1][:1] in b"245"
        assert talk.say(f"RCPT TO:<{JOIN}>".encode())[0].startswith(b"250")


def test_too_many_recipients_are_put_off(serve: Serve) -> None:
    with serve() as port:
        talk = Talk(port)
        answers = talk.begin(*[f"bounces+{number}@news.example.com" for number in range(101)])
    assert answers[99].startswith(b"250")
    assert answers[100].startswith(b"452")


def test_one_connection_too_many_is_turned_away_until_another_ends(serve: Serve) -> None:
    with serve(connections=2) as port:
        kept = [Talk(port), Talk(port)]
        assert Talk(port).greeting.startswith(b"421 4.3.2")
        kept.pop().say(b"QUIT")
        deadline = threading.Event()
        for _ in range(100):
            if Talk(port).greeting.startswith(b"220"):
                return
            deadline.wait(0.05)
    pytest.fail("nobody else was let in")


def test_who_says_nothing_for_too_long_is_hung_up_on(serve: Serve) -> None:
    with serve(seconds=0.2) as port:
        talk = Talk(port)
        assert talk.answers.read() == b""


def test_a_connection_ends_after_its_time_however_busy_it_looks(serve: Serve) -> None:
    with serve(lifetime=0.5) as port:
        talk = Talk(port)
        started = time.monotonic()
        while not (answer := talk.say(b"NOOP")[0]).startswith(b"421"):
            assert answer.startswith(b"250")
            assert time.monotonic() - started < 20
            time.sleep(0.05)
        assert talk.answers.read() == b""


def test_a_connection_that_only_chats_is_ended_and_one_that_brings_messages_is_not(
    serve: Serve, bounced: Bounced
) -> None:
    with serve() as port:
        busy, idle = Talk(port), Talk(port)
        busy.say(b"LHLO mta.example.org")
        for _ in range(100):
            busy.begin(BOUNCE)
            assert busy.body(b"X: y\r\n\r\nfine")[0].startswith(b"250")
        for _ in range(250):
            if not (answer := idle.say(b"NOOP")[0]).startswith(b"250"):
                break
    assert answer.startswith(b"421")
    assert len(bounced.received) == 100


def test_over_smtp_one_client_has_a_quarter_of_the_connections_and_lmtp_its_own(router: Router) -> None:
    with (
        listen("127.0.0.1", 0) as smtp,
        listen("127.0.0.1", 0) as lmtp,
        receiving([Listener(smtp, False), Listener(lmtp, True)], router, House("news.example.com", 8)),
    ):
        strangers = [Talk(smtp.getsockname()[1]) for _ in range(8)]
        greetings = [talk.greeting[:3] for talk in strangers]
        ours = [Talk(lmtp.getsockname()[1]) for _ in range(8)]
        assert [talk.greeting[:3] for talk in ours] == [b"220"] * 8
    assert greetings == [b"220"] * 2 + [b"421"] * 6


def test_when_told_to_stop_it_finishes_the_message_under_way_and_hangs_up_on_the_idle(
    serve: Serve, router: Router
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session, *_: object, **__: object) -> str:
        begun.set()
        go_on.wait(20)
        return "slow"

    with serve(over=replace(router, bounces=Bounces("bounces@news.example.com", slow))) as port:
        idle, busy = Talk(port), Talk(port)
        busy.begin(BOUNCE)
        busy.socket.sendall(b"X: y\r\n\r\n.\r\n")
        begun.wait(20)
        threading.Timer(0.3, go_on.set).start()
    assert idle.listen()[0].startswith(b"421")
    assert busy.answers.read() == b"250 2.0.0 done\r\n"


def test_nothing_is_logged_of_who_writes_to_whom(
    serve: Serve, caplog: pytest.LogCaptureFixture, router: Router
) -> None:
    caplog.set_level(logging.DEBUG)
    leave = DOORS.leave_at(KEYS)("AAECAwQFBgcICQoLDA0ODw")
    with serve() as port, smtplib.LMTP("127.0.0.1", port) as client:
        client.sendmail(READER, JOIN, letter())
        client.sendmail(READER, leave, letter())
    assert "asked to confirm" in caplog.text
    assert "example" not in caplog.text
