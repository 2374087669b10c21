"""Whoever runs it hears of a surge once: in the log, and by mail."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import TransportError
from digest.settings import DatabaseSettings, LimitsSettings, MailSettings, Settings, SmtpSettings
from jobs.inbox.catcher import catching
from jobs.sendout import SendOut
from jobs.surge import tell_of_surge
from subscribers.abuse import surge
from tests.processes import free_port
from tests.stock import NOW

LIMITS = LimitsSettings.model_validate({"surge": "3/1h", "surge_pace": "2/1m"})


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with catching(tmp_path / "inbox") as port:
        yield port


def work_on(database: Database, port: int, editor: str | None = "editor@example.com") -> SendOut:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        mail=MailSettings(editor=editor),
        limits=LIMITS,
    )
    return SendOut.of(settings, database, FixedClock(NOW))


def surging(database: Database, sign_ups: int = 5) -> None:
    with database.writing() as session:
        for _ in range(sign_ups):
            surge.due(session, LIMITS, NOW)


def test_a_surge_is_told_once_with_what_can_be_done(
    database: Database, port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    surging(database)
    work = work_on(database, port)
    assert [tell_of_surge(work) for _ in range(3)] == [True, False, False]
    (file,) = (tmp_path / "inbox").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Subject"] == "Sign-ups surge"
    body = message.get_body(("plain",))
    assert body is not None
    said = " ".join(body.get_content().split())
    assert "more than 3 within 60 minutes" in said
    assert "2 within a minute" in said
    assert "proof_of_work = 16" in said
    assert "digest status" in said
    assert caplog.text.count("Sign-ups surge") == 1


def test_without_an_editor_the_log_says_it(
    database: Database, port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    surging(database)
    with caplog.at_level(logging.WARNING, logger="jobs"):
        assert tell_of_surge(work_on(database, port, editor=None))
    assert "Sign-ups surge. There were more than 3" in caplog.text
    assert list((tmp_path / "inbox").glob("*.eml")) == []


def test_what_is_no_surge_is_not_told(database: Database, port: int) -> None:
    surging(database, 3)
    assert not tell_of_surge(work_on(database, port))


def test_while_the_relay_is_away_it_stays_to_be_told(database: Database, port: int) -> None:
    surging(database)
    with pytest.raises(TransportError):
        tell_of_surge(work_on(database, free_port()))
    assert tell_of_surge(work_on(database, port))


def test_a_surge_that_is_over_is_no_news(database: Database, port: int) -> None:
    surging(database)
    work = work_on(database, port)
    assert isinstance(work.clock, FixedClock)
    work.clock.at += timedelta(hours=1)
    assert not tell_of_surge(work)
