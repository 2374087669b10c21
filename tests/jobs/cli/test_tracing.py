"""``--trace``: the dialogue of every command that talks to a relay about an issue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import DigestError
from digest.issues.building import build_issue
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.settings import DatabaseSettings, Settings, SmtpSettings
from digest.week import Week
from jobs.cli.issue import issue
from jobs.cli.serve import run, scheduler
from jobs.cli.tracing import traced
from jobs.scheduler import beating
from jobs.sendout import SendOut
from jobs.starting import start
from tests.factories import DESK
from tests.processes import until
from tests.servers import Sink
from tests.stock import NOW, stock_pair, stock_readers

WEEK = Week.parse("2026-W47")


@pytest.fixture
def app(database: Database) -> Iterator[App]:
    """A desk with a draft for three readers, and a relay that takes everything."""
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 3)
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    with Sink().serve() as port:
        settings = Settings(
            database=DatabaseSettings(url=str(database.url)),
            smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        )
        yield App(settings, FixedClock(NOW), lambda settings: database)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trace.log"


def recipients(file: Path) -> int:
    """Return how many recipients the trace names; none of them in full."""
    said = file.read_text("utf-8") if file.exists() else ""
    assert "<…@" in said or "RCPT" not in said
    return said.count(" > RCPT TO:<…@example.com>")


def test_an_issue_and_a_test_of_it_are_traced_into_one_file(app: App, file: Path) -> None:
    for words in (["test-send", "ann@example.com"], ["send"]):
        result = CliRunner().invoke(issue, [*words, "--trace", str(file)], obj=app)
        assert result.exit_code == 0, result.exception
    assert recipients(file) == 1 + 3


def test_a_trace_that_cannot_be_written_leaves_the_issue_as_it_was(app: App, tmp_path: Path) -> None:
    result = CliRunner().invoke(issue, ["send", "--trace", str(tmp_path / "no" / "file")], obj=app)
    assert isinstance(result.exception, DigestError)
    with app.database.reading() as session:
        assert get_issue(session, WEEK).status == Status.DRAFT


def test_what_goes_out_unattended_is_traced(app: App, file: Path) -> None:
    work = SendOut.of(app.settings, app.database, app.clock)
    start(work, WEEK)
    with traced(str(file)) as log, beating(work, threading.Event(), log):
        until(lambda: recipients(file) == 3)


@pytest.mark.parametrize(("command", "words"), [(run, ["--port", "0"]), (scheduler, [])])
def test_a_process_that_stays_does_not_start_without_the_trace_it_was_asked_for(
    app: App, tmp_path: Path, command: click.Command, words: list[str]
) -> None:
    trace = str(tmp_path / "nowhere" / "trace.log")
    result = CliRunner().invoke(command, [*words, "--trace", trace], obj=app)
    assert isinstance(result.exception, DigestError)
    assert "the trace cannot be written to" in str(result.exception)
