"""The editor hears of every turn of an issue once, and from nobody's table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import DigestError, TransportError
from digest.issues.building import build_issue
from digest.issues.life import move, note
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.lint.running import LintFailed, lint
from digest.lint.sample import mail_of
from digest.rendering.values import RenderedEmail
from digest.settings import DatabaseSettings, MailSettings, Settings, SmtpSettings, WebSettings
from digest.week import Week
from jobs.editor import TOLD, TRYING, News, editor_message, news_of, tell_editor
from jobs.holding import hold
from jobs.inbox.catcher import catching
from jobs.sendout import SendOut
from tests.factories import DESK
from tests.servers import Mailbox, mail_server
from tests.stock import NOW, stock_pair

WEEK = Week.parse("2026-W47")
EDITOR = "editor@example.com"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with catching(tmp_path / "inbox") as port:
        yield port


def work_on(database: Database, port: int, editor: str | None = EDITOR) -> SendOut:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        mail=MailSettings(editor=editor),
        web=WebSettings(base_url="https://digest.example.com"),
    )
    return SendOut.of(settings, database, FixedClock(NOW))


def drafted(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, WEEK, DESK, FixedClock(NOW))


def received(tmp_path: Path) -> list[EmailMessage]:
    files = sorted((tmp_path / "inbox").glob("*.eml"))
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [message for message in found if isinstance(message, EmailMessage)]


def test_a_draft_is_told_once_with_the_command_that_shows_it(
    database: Database, port: int, tmp_path: Path
) -> None:
    drafted(database)
    work = work_on(database, port)
    assert [tell_editor(work) for _ in range(3)] == [1, 0, 0]
    (message,) = received(tmp_path)
    assert (message["To"], message["Subject"]) == (EDITOR, "Issue 2026-W47 is drafted")
    assert message["List-Unsubscribe"] is None
    body = message.get_body(("plain",))
    assert body is not None
    assert "digest preview --week 2026-W47" in body.get_content()
    assert "It has one matchup." in body.get_content()


def test_each_step_is_news_of_its_own(database: Database, port: int, tmp_path: Path) -> None:
    drafted(database)
    work = work_on(database, port)
    tell_editor(work)
    with database.writing() as session:
        move(session, get_issue(session, WEEK), Status.MISSED, at=NOW, reason="late")
    assert tell_editor(work) == 1
    assert received(tmp_path)[-1]["Subject"] == "Issue 2026-W47 was missed"


def test_without_an_editor_nothing_is_sent_or_noted(database: Database, port: int) -> None:
    drafted(database)
    assert tell_editor(work_on(database, port, editor=None)) == 0
    assert tell_editor(work_on(database, port)) == 1


def test_news_waits_while_the_relay_is_away(database: Database, port: int, tmp_path: Path) -> None:
    drafted(database)
    with pytest.raises(TransportError):
        tell_editor(work_on(database, 1))
    assert tell_editor(work_on(database, port)) == 1


def test_what_is_old_is_no_news(database: Database, port: int) -> None:
    drafted(database)
    work = work_on(database, port)
    assert isinstance(work.clock, FixedClock)
    work.clock.at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=30)
    assert tell_editor(work) == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.MISSED, Status.PAUSED, Status.SENT])
def test_the_editors_mail_has_nothing_to_mend(database: Database, port: int, status: Status) -> None:
    drafted(database)
    work = work_on(database, port)
    with database.writing() as session:
        issue = get_issue(session, WEEK)
        issue.status = status
        news = news_of(session, issue, work)
    assert mended(work, *editor_message(work, news, EDITOR)) == []


def mended(work: SendOut, email: RenderedEmail, message: bytes) -> list[tuple[str, str]]:
    """Return what is to mend in a mail that goes to no list."""
    mail = replace(mail_of(email, work.renderer.identity), message=message)
    return [(one.rule, one.why) for one in lint(mail, silence=["identity", "headers"]).findings]


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def later(work: SendOut, **after: float) -> None:
    assert isinstance(work.clock, FixedClock)
    work.clock.at += timedelta(**after)


def events(database: Database) -> list[str]:
    with database.reading() as session:
        return [event.reason for event in get_issue(session, WEEK).events]


def test_a_mail_that_is_put_off_waits_and_is_told_once_by_a_later_tick(database: Database) -> None:
    drafted(database)
    mailbox = Mailbox(refuse={EDITOR: ["450 4.2.1 come back later"]})
    with mail_server(mailbox) as port:
        work = work_on(database, port)
        with pytest.raises(DigestError, match="put the editor's mail off, it is tried again: 450"):
            tell_editor(work)
        assert tell_editor(work) == 0, "not before its wait is over"
        later(work, minutes=1)
        assert [tell_editor(work), tell_editor(work)] == [1, 0]
        assert len(mailbox.messages) == 1
    assert events(database) == ["built", TRYING, TRYING, TOLD]


def test_a_mail_that_is_put_off_for_ever_is_given_up_and_said(database: Database) -> None:
    drafted(database)
    with mail_server(Mailbox(refuse={EDITOR: ["450 4.2.1 come back later"] * 99})) as port:
        work = work_on(database, port)
        waits = 0
        with pytest.raises(DigestError, match="the editor was not told: Issue 2026-W47 is drafted"):
            while True:
                try:
                    tell_editor(work)
                except DigestError as error:
                    if "put the editor's mail off" not in str(error):
                        raise
                    waits += 1
                later(work, hours=2)
        assert waits > 3
        assert tell_editor(work) == 0


def test_a_refusal_is_kept_without_the_address_and_not_tried_again(database: Database) -> None:
    drafted(database)
    with mail_server(Mailbox(refuse={EDITOR: [f"550 5.1.1 no {EDITOR} here"] * 9})) as port:
        work = work_on(database, port)
        with pytest.raises(DigestError, match=r"refused the editor's mail: 550"):
            tell_editor(work)
        later(work, hours=2)
        assert tell_editor(work) == 0
    assert "refused: 550" in events(database)[-1]
    assert EDITOR not in " ".join(events(database))


def test_a_crash_between_mail_and_note_tells_a_second_time_under_the_same_id(
    database: Database, port: int, tmp_path: Path
) -> None:
    drafted(database)
    work = work_on(database, port)
    assert tell_editor(work) == 1
    with database.writing() as session:
        session.delete(get_issue(session, WEEK).events[-1])
    later(work, minutes=1)
    assert [tell_editor(work), tell_editor(work)] == [1, 0]
    first, second = received(tmp_path)
    assert first["Message-ID"] == second["Message-ID"]


def test_what_was_told_before_tries_were_noted_stays_told(database: Database, port: int) -> None:
    drafted(database)
    with database.writing() as session:
        note(session, get_issue(session, WEEK), at=NOW, reason="told the editor by mail")
    assert tell_editor(work_on(database, port)) == 0


def test_an_issue_that_is_held_back_is_told_with_the_cause_and_the_command(
    database: Database, port: int, tmp_path: Path
) -> None:
    drafted(database)
    work = work_on(database, port)
    for _ in range(2):
        with database.writing() as session:
            hold(session, WEEK, LintFailed("issue 2026-W47 has 1 error: link-scheme: a: ftp"), work.clock)
        tell_editor(work)
    (message,) = received(tmp_path)
    assert message["Subject"] == "Issue 2026-W47 is held back"
    assert "link-scheme: a: ftp" in body(message)
    assert "digest issue lint --week 2026-W47" in body(message)
    assert mended(work, *editor_message(work, held_news(work), EDITOR)) == []


def held_news(work: SendOut) -> News:
    with work.database.reading() as session:
        return news_of(session, get_issue(session, WEEK), work)


def test_a_draft_that_leaves_out_nothing_says_so_in_english_and_when_it_goes_out(
    database: Database, port: int, tmp_path: Path
) -> None:
    drafted(database)
    tell_editor(work_on(database, port))
    (message,) = received(tmp_path)
    assert "It leaves out no tool." in body(message)
    assert "It goes out by itself on Friday 2026-11-20 at 09:00 UTC." in body(message)
