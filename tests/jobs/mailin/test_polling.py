"""The IMAP road, over a real Dovecot."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import TransportError
from digest.settings import MailInSettings
from jobs.mailin.account import Account
from jobs.mailin.polling import Poller, polling
from jobs.mailin.router import Bounces, Router
from jobs.mailin.server import LARGEST
from tests.conftest import Certificate
from tests.jobs.mailin.bouncing import Bounced
from tests.jobs.mailin.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.processes import free_port, until
from tests.subscribers.mailin.letters import READER, letter

Standing = Callable[[], dict[str, str]]
Mails = Callable[[], list[str]]
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"


@pytest.fixture(scope="module")
def one_dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    with dovecot(certificate) as running:
        yield running


@pytest.fixture
def mailbox(one_dovecot: Dovecot) -> Dovecot:
    """A Dovecot with an empty INBOX and nothing else."""
    one_dovecot.empty()
    return one_dovecot


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))


@pytest.fixture
def poller(mailbox: Dovecot, router: Router, clock: FixedClock) -> Callable[..., Poller]:
    """Make a poller for the mailbox."""

    def make(url: str = "", over: Router = router, **settings: object) -> Poller:
        account = Account.parse(url or f"imap://{LOGIN}@127.0.0.1:{mailbox.port}")
        return Poller(account, over, MailInSettings.model_validate(settings), clock)

    return make


Make = Callable[..., Poller]


def to_subscribe(number: int = 0) -> bytes:
    to = "To: subscribe@news.example.com"
    return letter("Return-Path: <x@example.org>", to, subject=f"n{number}", author=f"r{number}@example.org")


def test_a_sign_up_in_the_mailbox_is_done_once_and_marked_as_read(
    mailbox: Dovecot, poller: Make, standing: Standing, mails: Mails
) -> None:
    mailbox.put(to_subscribe())
    one = poller()
    assert one.poll() == 1
    assert standing() == {"r0@example.org": "pending"}
    assert mailbox.lies() == [("n0", ("\\Seen",))]
    assert one.poll() == 0
    assert mails() == ["confirm"]


def test_what_is_done_with_is_moved_to_a_folder_that_is_made_for_it(
    mailbox: Dovecot, poller: Make, standing: Standing
) -> None:
    mailbox.put(to_subscribe(1))
    mailbox.put(to_subscribe(2))
    assert poller(folder="Erledigt & fertig").poll() == 2
    assert mailbox.lies() == []
    assert mailbox.lies("Erledigt & fertig") == [("n1", ("\\Seen",)), ("n2", ("\\Seen",))]
    assert len(standing()) == 2


def test_a_bounce_reaches_whoever_reads_bounces_byte_for_byte(
    mailbox: Dovecot, poller: Make, bounced: Bounced
) -> None:
    report = b"Return-Path: <>\r\nDelivered-To: bounces+ab@news.example.com\r\n\r\n\xff\xfe\r\nend\r\n"
    mailbox.put(report)
    assert poller().poll() == 1
    assert bounced.received == [("bounces+ab@news.example.com", report)]


def test_what_is_not_for_us_stays_unread_with_a_flag_and_is_not_looked_at_again(
    mailbox: Dovecot, poller: Make, standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mailbox.put(letter("To: somebody@example.org", subject="lunch?"))
    mailbox.put(letter("To: digest@example.com", subject="A question"))
    one = poller()
    assert one.poll() == 0
    assert mailbox.lies() == [("lunch?", ("\\Flagged",)), ("A question", ("\\Flagged",))]
    said = len(caplog.records)
    assert one.poll() == 0
    assert len(caplog.records) == said
    assert standing() == {}


def test_a_message_larger_than_a_mebibyte_stays_where_it_is(
    mailbox: Dovecot, poller: Make, standing: Standing
) -> None:
    mailbox.put(letter("To: subscribe@news.example.com", subject="large", text="x\r\n" * (LARGEST // 3)))
    assert poller().poll() == 0
    assert mailbox.lies() == [("large", ())]
    assert standing() == {}


def test_killed_between_commit_and_mark_it_does_no_harm_to_begin_again(
    mailbox: Dovecot, poller: Make, router: Router, mails: Mails
) -> None:
    mailbox.put(to_subscribe())
    router.deliver(None, "subscribe@news.example.com", to_subscribe())
    assert poller().poll() == 1
    assert mails() == ["confirm"]


def test_a_locked_database_leaves_everything_for_the_next_poll(
    mailbox: Dovecot, poller: Make, database: Database, standing: Standing
) -> None:
    mailbox.put(to_subscribe(1))
    mailbox.put(to_subscribe(2))
    with database.writing() as session:
        session.connection()
        with pytest.raises(SQLAlchemyError):
            poller().poll()
    assert [flags for _, flags in mailbox.lies()] == [(), ()]
    assert poller().poll() == 2
    assert len(standing()) == 2


def test_a_poisonous_message_keeps_nobody_behind_it_waiting(
    mailbox: Dovecot, poller: Make, router: Router, standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(session: Session, *_: object, **__: object) -> str:
        raise RecursionError(READER)

    mailbox.put(letter("To: bounces+x@news.example.com", subject="poison"))
    mailbox.put(to_subscribe(1))
    assert poller(over=replace(router, bounces=Bounces("bounces@news.example.com", broken))).poll() == 1
    assert mailbox.lies() == [("poison", ("\\Flagged",)), ("n1", ("\\Seen",))]
    assert standing() == {"r1@example.org": "pending"}
    assert "RecursionError" in caplog.text
    assert "@" not in caplog.text


def test_what_others_marked_as_deleted_is_left_to_them(mailbox: Dovecot, poller: Make) -> None:
    mailbox.put(letter("To: subscribe@news.example.com", subject="old"), flags="\\Deleted")
    mailbox.put(to_subscribe())
    assert poller().poll() == 1
    assert mailbox.lies() == [("old", ("\\Deleted",)), ("n0", ("\\Seen",))]


def test_tls_from_the_first_byte_is_verified(
    mailbox: Dovecot, poller: Make, certificate: Certificate, standing: Standing
) -> None:
    mailbox.put(to_subscribe())
    url = f"imaps://{LOGIN}@localhost:{mailbox.tls_port}"
    with pytest.raises(TransportError, match="certificate that cannot be trusted") as raised:
        poller(url).poll()
    assert raised.value.permanent
    assert poller(f"{url}?ca={certificate.file}").poll() == 1
    assert len(standing()) == 1


def test_another_machine_is_spoken_to_over_starttls_only(
    mailbox: Dovecot, poller: Make, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "near", False)
    mailbox.put(to_subscribe())
    url = f"imap://{LOGIN}@127.0.0.1:{mailbox.port}"
    with pytest.raises(TransportError, match="certificate that cannot be trusted"):
        poller(url).poll()
    assert poller(f"{url}?ca={certificate.file}").poll() == 1


def test_a_wrong_password_is_said_without_repeating_it(mailbox: Dovecot, poller: Make) -> None:
    with pytest.raises(TransportError, match="refused user and password") as raised:
        poller(f"imap://desk:hunter2@127.0.0.1:{mailbox.port}").poll()
    assert raised.value.permanent
    assert "hunter2" not in str(raised.value)


def test_a_mailbox_that_is_not_there_is_said(poller: Make) -> None:
    with pytest.raises(TransportError, match="Nowhere"):
        poller(inbox="Nowhere").poll()


def test_after_a_failure_it_waits_longer_and_longer_and_says_so_once(
    router: Router, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []
    began = clock.at

    class Counting(Poller):
        def poll(self) -> int:
            tried.append((clock.at - began).seconds // 60)
            return super().poll()

    account = Account.parse(f"imap://{LOGIN}@127.0.0.1:{free_port()}")
    one = Counting(account, router, MailInSettings(every=timedelta(minutes=1)), clock)
    for _ in range(60):
        one.step()
        clock.at += timedelta(minutes=1)
    assert tried == [0, 1, 3, 7, 15, 30, 45]
    assert [record.getMessage() for record in caplog.records] == [
        f"mailbox: {account.name} cannot be reached: Connection refused; tried again by itself"
    ]


def test_it_polls_in_the_background_and_stops_although_the_server_is_silent(
    router: Router, clock: FixedClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        account = Account.parse(f"imap://{LOGIN}@127.0.0.1:{server.getsockname()[1]}")
        with polling(Poller(account, router, MailInSettings(), clock), timedelta(seconds=60)):
            connection, _ = server.accept()
        connection.close()


def test_in_the_background_it_does_what_a_poll_does(
    mailbox: Dovecot, poller: Make, standing: Standing
) -> None:
    mailbox.put(to_subscribe())
    with polling(poller(), timedelta(seconds=60)):
        until(standing)
    assert standing() == {"r0@example.org": "pending"}
