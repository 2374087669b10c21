"""Sending an issue from draft to sent, over a live SMTP server."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import NotFound, TransportError, WrongState
from digest.issues.building import build_issue
from digest.issues.files import write_email
from digest.issues.life import move
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.rendering.transparency import off_the_line
from digest.settings import DatabaseSettings, MailInSettings, MailSettings, Settings, SmtpSettings
from digest.votes.store import forget
from digest.week import Week
from jobs.inbox.catcher import catching
from jobs.mailin.router import Router
from jobs.sending.loop import run
from jobs.sendout import SendOut
from jobs.starting import start
from subscribers.addresses import parse_address
from subscribers.bounces.verp import Mail, Sort
from subscribers.joining import add_reader
from subscribers.leaving import erase
from subscribers.pausing import pause
from subscribers.rows import SoftBounceRow, SubscriberRow
from subscribers.store import contact_of, find
from subscribers.tokens import Purpose
from tests.factories import DESK
from tests.processes import free_port
from tests.servers import Mailbox, mail_server
from tests.stock import KEYS, NOW, stock_pair, stock_readers

WEEK = Week.parse("2026-W47")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def work(tmp_path: Path, database: Database, inbox: Path) -> Iterator[SendOut]:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 5)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with catching(inbox) as port:
        yield send_out(database, port)


def send_out(
    database: Database, port: int, *, bounces: str | None = None, leave: str | None = None
) -> SendOut:
    settings = Settings(
        mail=MailSettings(bounces=bounces),
        mailin=MailInSettings(unsubscribe=leave),
        database=DatabaseSettings(url=str(database.url)),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
    )
    return SendOut.of(settings, database, FixedClock(NOW))


def backup_of(work: SendOut, tmp_path: Path) -> Callable[[], None]:
    """Copy the database; return the function that puts the copy in its place."""
    file, copy = work.database.file, tmp_path / "copy.db"
    assert file is not None
    with closing(sqlite3.connect(file)) as original, closing(sqlite3.connect(copy)) as backup:
        original.backup(backup)

    def restore() -> None:
        work.database.close()
        for leftover in ("-wal", "-shm"):
            Path(f"{file}{leftover}").unlink(missing_ok=True)
        copy.rename(file)

    return restore


def status(database: Database) -> str:
    with database.reading() as session:
        return get_issue(session, WEEK).status


def test_starting_approves_a_draft_and_freezes_the_audience(work: SendOut) -> None:
    assert start(work, WEEK).audience == 5
    with work.database.writing() as session:
        assert get_issue(session, WEEK).html
        stock_readers(session, 8)
    assert start(work, WEEK).audience == 5, "who joins later waits for the next issue"
    assert work.run(WEEK, threading.Event()).counts.sent == 5
    assert status(work.database) == Status.SENT


def test_mail_to_the_address_in_an_issues_header_takes_its_reader_off(work: SendOut, inbox: Path) -> None:
    mailin = MailInSettings(unsubscribe="unsubscribe@news.example.com")
    settings = work.settings.model_copy(update={"mailin": mailin})
    leaving = SendOut.of(settings, work.database, work.clock)
    start(leaving, WEEK)
    leaving.run(WEEK, threading.Event())
    message = message_from_bytes(min(inbox.glob("*.eml")).read_bytes(), policy=default)
    [address] = re.findall(r"<mailto:([^?]+)\?subject=unsubscribe>", message["List-Unsubscribe"])
    assert len(address.partition("@")[0]) <= 64
    router = Router.of(settings, work.database, work.clock)
    assert router.accepts(address)
    router.deliver("whoever@example.org", address.lower(), b"Subject: unsubscribe\r\n\r\n")
    with work.database.reading() as session:
        statuses = dict(session.execute(select(SubscriberRow.address, SubscriberRow.status)).all())
    assert statuses.pop(message["To"].addresses[0].addr_spec) == "unsubscribed"
    assert set(statuses.values()) == {"confirmed"}


def test_a_stopped_send_out_goes_on_where_it_was(work: SendOut, inbox: Path) -> None:
    start(work, WEEK)
    stopped = threading.Event()
    stopped.set()
    assert work.run(WEEK, stopped).counts.sent < 5
    assert status(work.database) == Status.SENDING
    work.run(WEEK, threading.Event())
    assert len(list(inbox.glob("*.eml"))) == 5


def test_a_database_that_hangs_does_not_keep_it_from_hearing_that_it_is_to_stop(
    work: SendOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, asked, answers = threading.Event(), asyncio.Event(), threading.Event()

    def hang(work: SendOut, week: Week) -> str:
        stop.set()
        answers.wait(60)
        return Status.SENDING

    monkeypatch.setattr(SendOut, "_status", hang)
    run(work._watch(WEEK, stop, asked))
    assert asked.is_set()
    hanging = [thread for thread in threading.enumerate() if thread.name == "beside"]
    assert hanging
    answers.set()
    hanging[0].join()


def test_a_paused_issue_is_not_started_again_by_sending_it(work: SendOut, inbox: Path) -> None:
    start(work, WEEK)
    with work.database.writing() as session:
        move(session, get_issue(session, WEEK), Status.PAUSED, at=NOW, reason="test")
    with pytest.raises(WrongState, match="digest issue resume --week 2026-W47"):
        start(work, WEEK)
    assert not inbox.exists() or not list(inbox.glob("*.eml"))


def test_an_issue_that_is_not_there_is_said(work: SendOut) -> None:
    with pytest.raises(NotFound, match="digest issue build --week 2026-W48"):
        start(work, WEEK.next())


def test_case_16_a_restored_database_sends_nothing_again_without_being_asked(
    work: SendOut, tmp_path: Path, inbox: Path
) -> None:
    restore = backup_of(work, tmp_path)
    start(work, WEEK)
    work.run(WEEK, threading.Event())
    restore()
    with pytest.raises(WrongState, match="it looks restored"):
        start(work, WEEK)
    assert len(list(inbox.glob("*.eml"))) == 5
    Path(f"{work.database.file}.epochs").unlink()
    assert start(work, WEEK).pending == 5, "asked for, it goes out"


def test_case_23_a_mailbox_that_does_not_exist_is_suppressed_and_other_refusals_are_not(
    database: Database,
) -> None:
    with database.writing() as session:
        stock_pair(session)
        gone, policy, _ = stock_readers(session, 3)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    mailbox = Mailbox(refuse={gone: ["550 5.1.1 no such user"], policy: ["550 5.7.1 not from you"]})
    with mail_server(mailbox) as port:
        work = send_out(database, port)
        start(work, WEEK)
        counts = work.run(WEEK, threading.Event()).counts
    assert (counts.sent, counts.failed) == (1, 2)
    with database.reading() as session:
        rows = session.execute(select(SubscriberRow.address, SubscriberRow.status))
        assert {row.address: row.status for row in rows} == {
            gone: "bounced",
            policy: "confirmed",
            "reader002@example.com": "confirmed",
        }
        assert session.scalars(select(IssueRow)).one().status == Status.SENT


def test_each_copy_of_an_issue_leaves_under_an_address_that_tells_whose_it_is(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 3)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        work = send_out(database, port, bounces="bounces@news.example.com")
        start(work, WEEK)
        work.run(WEEK, threading.Event())
    opened = [work.envelopes.seals.open(sender) for sender in mailbox.senders]
    with database.reading() as session:
        ids = [find_id(session, recipient) for recipient in mailbox.recipients]
    assert opened == [Mail(Sort.ISSUE, 202647, number, NOW.date()) for number in ids]


def test_a_mailbox_that_is_full_at_the_door_is_counted_once_for_an_issue(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        full, _ = stock_readers(session, 2)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with mail_server(Mailbox(refuse={full: ["552 5.2.2 over quota"]})) as port:
        work = send_out(database, port)
        start(work, WEEK)
        work.run(WEEK, threading.Event())
    with database.reading() as session:
        (row,) = session.scalars(select(SoftBounceRow))
        assert (row.subscriber_id, row.day, row.status) == (find_id(session, full), NOW.date(), "5.2.2")


def test_what_arrives_is_byte_for_byte_what_preview_and_eml_show(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        stock_pair(session)
        for number, name in enumerate(("Łódź ⇄ 東京", '. "<x@example.org>', None)):
            address = parse_address(f"reader{number}@example.com")
            add_reader(session, address, name=name, clock=FixedClock(NOW), keys=KEYS)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        work = send_out(database, port, bounces="bounces@news.example.com", leave="leave@news.example.com")
        start(work, WEEK)
        with database.writing() as session:
            issue = get_issue(session, WEEK)
            issue.subject = ". Łódź"
            issue.text = f".\n{issue.text}\n..\n{'x' * 10_000}\n.\nQUIT\n."
        work.run(WEEK, threading.Event())
    assert len(mailbox.messages) == 3
    for recipient, received in mailbox.messages:
        with database.reading() as session:
            row, issue = find(session, recipient), get_issue(session, WEEK)
            assert row is not None
            email, contact = work.renderer.render(session, issue), contact_of(session, row.public_id, NOW)
            assert contact is not None
        write_email(tmp_path, email, work.sample_message(email, WEEK, contact))
        assert received == (tmp_path / "issue.eml").read_bytes()
        assert off_the_line(work.composer(issue)(contact, None)) == received


def find_id(session: Session, address: str) -> int:
    row = find(session, parse_address(address).key)
    assert row is not None
    return row.id


def test_case_16_a_copy_from_mid_send_does_not_mail_the_rest_again(
    work: SendOut, tmp_path: Path, inbox: Path
) -> None:
    start(work, WEEK)
    restore = backup_of(work, tmp_path)
    work.run(WEEK, threading.Event())
    restore()
    with pytest.raises(WrongState, match="it looks restored"):
        work.run(WEEK, threading.Event())
    assert len(list(inbox.glob("*.eml"))) == 5


def test_nobody_confirmed_means_nothing_started(database: Database, inbox: Path) -> None:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with catching(inbox) as port, pytest.raises(WrongState, match="no reader has confirmed yet"):
        start(send_out(database, port), WEEK)
    assert status(database) == Status.DRAFT


def test_an_erased_readers_delivery_never_becomes_a_strangers(work: SendOut, inbox: Path) -> None:
    start(work, WEEK)
    with work.database.writing() as session:
        address = parse_address("reader004@example.com")
        erase(session, address, clock=work.clock, keys=work.keys, forget=forget)
        add_reader(
            session, parse_address("stranger@example.com"), name=None, clock=work.clock, keys=work.keys
        )
    counts = work.run(WEEK, threading.Event()).counts
    assert (counts.sent, counts.failed) == (4, 1)
    assert not list(inbox.glob("*stranger*"))


def test_a_reader_who_pauses_while_it_is_being_sent_does_not_get_it(work: SendOut, inbox: Path) -> None:
    start(work, WEEK)
    with work.database.writing() as session:
        row = find(session, "reader004@example.com")
        assert row is not None
        token = work.tokens.sign(Purpose.PREFERENCES, row.public_id)
        day = (work.clock.now() + timedelta(weeks=4)).date()
        pause(session, work.tokens, token, day, clock=work.clock, zone=ZoneInfo("UTC"))
    counts = work.run(WEEK, threading.Event()).counts
    assert (counts.sent, counts.failed) == (4, 1)
    assert not list(inbox.glob("*reader004*"))


def test_a_relay_that_is_not_there_leaves_the_draft_a_draft(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 1)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with pytest.raises(TransportError, match="cannot be reached"):
        start(send_out(database, free_port()), WEEK)
    assert status(database) == Status.DRAFT
