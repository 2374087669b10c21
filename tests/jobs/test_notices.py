"""Confirmations: queued durably, sent once, tried again as long as it makes sense."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import TransportError
from digest.settings import DatabaseSettings, MailSettings, Settings, SmtpSettings, WebSettings
from jobs.notices import Notice, deliver_notices, send_due_notices
from jobs.sending.loop import run
from jobs.sending.relay import Relay
from jobs.sendout import SendOut
from subscribers import notices
from subscribers.addresses import parse_address
from subscribers.bounces.verp import Mail, Sort
from subscribers.choices.moving import ask_to_move
from subscribers.notices import cancel
from subscribers.rows import AddressChangeRow, NoticeRow, SubscriberRow
from subscribers.tokens import Purpose, Tokens
from tests.jobs.mailing import QUICK, SENDER, address, reader_row
from tests.servers import HANG_UP, Mailbox, Sink, mail_server, serving

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

KEYS = ("k" * 32,)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def queue(database: Database) -> Database:
    """A database with three sign-ups whose confirmations wait."""
    with database.writing() as session:
        session.add_all(reader_row(number, NOW, "pending") for number in (1, 2, 3))
        session.flush()
        for number in (1, 2, 3):
            assert notices.queue(
                session, notices.CONFIRM, number, f"reader{number}@example.com", NOW, keys=KEYS
            )
    return database


def deliver(
    database: Database, port: int, clock: FixedClock, compose: Callable[[Notice], bytes] | None = None
) -> int:
    return run(
        deliver_notices(
            database,
            [Relay.parse(f"smtp://127.0.0.1:{port}")],
            clock,
            settings=QUICK,
            sender=lambda notice: SENDER,
            compose=compose or (lambda notice: b"Subject: please confirm\r\n\r\nHello\r\n"),
        )
    )


def notice(database: Database, number: int) -> NoticeRow:
    with database.reading() as session:
        return session.scalars(select(NoticeRow).where(NoticeRow.subscriber_id == number)).one()


def test_every_notice_is_sent_once(queue: Database, clock: FixedClock) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert deliver(queue, port, clock) == 3
        assert deliver(queue, port, clock) == 0
    assert mailbox.recipients == [address(1), address(2), address(3)]
    row = notice(queue, 1)
    assert (row.state, row.sent_at, row.attempts, row.error) == ("sent", NOW, 1, None)


def test_a_sign_up_during_an_outage_still_gets_its_mail(queue: Database, clock: FixedClock) -> None:
    with serving(asyncio.Protocol) as port:
        pass
    for _ in range(5):
        with pytest.raises(TransportError, match="cannot be reached"):
            deliver(queue, port, clock)
        clock.at += timedelta(hours=3)
    assert {notice(queue, number).attempts for number in (1, 2, 3)} == {0}
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert deliver(queue, port, clock) == 3


def test_a_permanent_refusal_fails_the_notice_without_keeping_the_address(
    queue: Database, clock: FixedClock
) -> None:
    mailbox = Mailbox(refuse={address(2): [f"550 5.1.1 <{address(2)}> unknown"]})
    with mail_server(mailbox) as port:
        assert deliver(queue, port, clock) == 2
        clock.at += timedelta(hours=1)
        assert deliver(queue, port, clock) == 0
    assert (notice(queue, 2).state, notice(queue, 2).error) == ("failed", "550 5.1.1 <…@…> unknown")


def test_a_notice_put_off_is_tried_again_and_given_up_after_the_time(
    queue: Database, clock: FixedClock
) -> None:
    mailbox = Mailbox(refuse={address(2): ["451 later"] * 1000})
    with mail_server(mailbox) as port:
        assert deliver(queue, port, clock) == 2
        assert mailbox.tried.count(address(2)) == 1
        assert (notice(queue, 2).state, notice(queue, 2).error) == ("pending", "451 later")
        clock.at += timedelta(hours=1)
        deliver(queue, port, clock)
        assert mailbox.tried.count(address(2)) == 2
        clock.at += timedelta(hours=48)
        deliver(queue, port, clock)
    assert (notice(queue, 2).state, notice(queue, 2).error) == ("failed", "gave up: 451 later")


def test_a_mail_whose_answer_was_lost_is_sent_again(queue: Database, clock: FixedClock) -> None:
    answers = iter([HANG_UP])
    sink = Sink(lambda step, recipient: next(answers, None) if step == "BODY" else None)
    with sink.serve() as port:
        assert deliver(queue, port, clock) == 2
        clock.at += timedelta(minutes=1)
        assert deliver(queue, port, clock) == 1
    assert sorted(sink.accepted) == [address(1), address(1), address(2), address(3)]


def test_a_notice_that_was_taken_back_is_not_sent(queue: Database, clock: FixedClock) -> None:
    with queue.writing() as session:
        cancel(session, 3)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert deliver(queue, port, clock) == 2
    assert address(3) not in mailbox.tried


def test_a_message_that_cannot_go_over_the_line_fails_alone(queue: Database, clock: FixedClock) -> None:
    def compose(notice: Notice) -> bytes:
        return b"bare\nline feed\r\n" if notice.address == address(1) else b"Subject: x\r\n\r\n"

    with mail_server(Mailbox()) as port:
        assert deliver(queue, port, clock, compose) == 2
    assert notice(queue, 1).state == "failed"


def send_out(database: Database, port: int, clock: FixedClock, bounces: str | None = None) -> SendOut:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        mail=MailSettings(bounces=bounces),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        web=WebSettings(base_url="https://digest.example.com", secret_key=SecretStr(KEYS[0])),
    )
    return SendOut.of(settings, database, clock)


def test_the_confirmation_carries_a_link_that_confirms_its_reader(queue: Database, clock: FixedClock) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        work = send_out(queue, port, clock)
        assert send_due_notices(work, threading.Event()) == 3
    message = message_from_bytes(mailbox.messages[0][1], policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    token = body.get_content().split("https://digest.example.com/confirm/")[1].split()[0]
    assert work.tokens.read(Purpose.CONFIRM, token) == "r1"
    assert message["To"] == address(1)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


def test_each_notice_leaves_under_an_address_of_its_own(queue: Database, clock: FixedClock) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        work = send_out(queue, port, clock, "bounces@news.example.com")
        send_due_notices(work, threading.Event())
    assert [work.envelopes.seals.open(sender) for sender in mailbox.senders] == [
        Mail(Sort.NOTICE, notice(queue, number).id, number, NOW.date()) for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("kind", "answer", "status"),
    [
        (notices.CONFIRM, "550 5.1.1 no such user", "bounced"),
        (notices.PROBE, "552 5.2.2 over quota", "bounced"),
        (notices.CONFIRM, "552 5.2.2 over quota", "pending"),
        (notices.PROBE, "550 5.7.1 not from you", "pending"),
    ],
)
def test_a_refused_notice_suppresses_whoever_has_no_mailbox_and_a_probe_who_cannot_take_it(
    database: Database, clock: FixedClock, kind: str, answer: str, status: str
) -> None:
    with database.writing() as session:
        session.add(reader_row(1, NOW, "pending"))
        session.flush()
        notices.queue(session, kind, 1, "reader1@example.com", NOW, keys=KEYS)
    with mail_server(Mailbox(refuse={address(1): [answer]})) as port:
        send_due_notices(send_out(database, port, clock), threading.Event())
    assert notice(database, 1).state == "failed"
    with database.reading() as session:
        assert session.scalar(select(SubscriberRow.status)) == status


@pytest.mark.parametrize(
    ("kind", "answer", "status"),
    [
        (notices.PROBE, "452 4.2.2 over quota", "bounced"),
        (notices.PROBE, "451 4.3.0 in trouble", "confirmed"),
        (notices.RECONFIRM, "452 4.2.2 over quota", "confirmed"),
    ],
)
def test_a_probe_that_a_full_mailbox_puts_off_until_it_is_given_up_has_failed(
    database: Database, clock: FixedClock, kind: str, answer: str, status: str
) -> None:
    with database.writing() as session:
        session.add(reader_row(1, NOW, "confirmed"))
        session.flush()
        notices.queue(session, kind, 1, "reader1@example.com", NOW, keys=KEYS)
    with mail_server(Mailbox(refuse={address(1): [answer] * 1000})) as port:
        for _ in range(2):
            send_due_notices(send_out(database, port, clock), threading.Event())
            clock.at += timedelta(hours=49)
    assert (notice(database, 1).state, notice(database, 1).error) == ("failed", f"gave up: {answer}")
    with database.reading() as session:
        assert session.scalar(select(SubscriberRow.status)) == status


def test_a_probe_that_no_relay_ever_took_tells_nothing(database: Database, clock: FixedClock) -> None:
    with database.writing() as session:
        session.add(reader_row(1, NOW, "confirmed"))
        session.flush()
        notices.queue(session, notices.PROBE, 1, "reader1@example.com", NOW, keys=KEYS)
    clock.at += timedelta(hours=49)
    with mail_server(Mailbox()) as port:
        send_due_notices(send_out(database, port, clock), threading.Event())
    assert notice(database, 1).state == "failed"
    with database.reading() as session:
        assert session.scalar(select(SubscriberRow.status)) == "confirmed"


def test_the_link_to_a_new_address_goes_there_and_the_address_is_forgotten_then(
    database: Database, clock: FixedClock
) -> None:
    tokens = Tokens(KEYS, clock)
    with database.writing() as session:
        session.add(reader_row(1, NOW, "confirmed"))
        session.flush()
        link = tokens.sign(Purpose.PREFERENCES, "r1")
        ask_to_move(session, tokens, link, parse_address("new@example.org"), clock=clock, keys=KEYS)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        work = send_out(database, port, clock)
        assert send_due_notices(work, threading.Event()) == 1
    assert mailbox.recipients == ["new@example.org"]
    message = message_from_bytes(mailbox.messages[0][1], policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert (message["To"], message["List-Unsubscribe"]) == ("new@example.org", None)
    body = message.get_body(("plain",))
    assert body is not None
    # Nothing in it acts for the reader but the one link.
    links = [word for word in body.get_content().split() if word.startswith("https://")]
    assert len(links) == 1
    token = links[0].partition("https://digest.example.com/change/")[2]
    with database.reading() as session:
        assert work.tokens.read(Purpose.CHANGE, token) == session.scalar(select(AddressChangeRow.nonce))
    assert (notice(database, 1).state, notice(database, 1).address) == ("sent", None)


def test_a_mail_speaks_the_language_its_reader_chose(database: Database, clock: FixedClock) -> None:
    with database.writing() as session:
        row = reader_row(1, NOW, "confirmed")
        row.language = "de"
        session.add(row)
        session.flush()
        notices.queue(session, notices.GOODBYE, 1, "reader1@example.com", NOW, keys=KEYS)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        send_due_notices(send_out(database, port, clock), threading.Event())
    message = message_from_bytes(mailbox.messages[0][1], policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["Subject"].startswith("Du bist von ")
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert 'lang="de"' in html.get_content()
    for body in (html, plain):
        assert "Danke, dass du mitgelesen hast." in " ".join(body.get_content().split())
