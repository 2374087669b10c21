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
from digest.errors import TransportError
from digest.issues.building import build_issue
from digest.issues.life import move
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.lint.running import lint
from digest.lint.sample import mail_of
from digest.settings import DatabaseSettings, MailSettings, Settings, SmtpSettings, WebSettings
from digest.week import Week
from jobs.editor import editor_message, news_of, tell_editor
from jobs.inbox.catcher import catching
from jobs.sendout import SendOut
from tests.factories import DESK
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
        news = news_of(session, issue, work.renderer.desk.panel)
    email, message = editor_message(work, news, EDITOR)
    mail = replace(mail_of(email, work.renderer.identity), message=message)
    findings = lint(mail, silence=["identity", "headers"]).findings
    assert [(one.rule, one.why) for one in findings] == []
