"""The steps that the scheduler repeats, called as it calls them."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from digest.catalogue.rows import ToolRow
from digest.clock import FixedClock
from digest.db import Database
from digest.issues.building import build_issue
from digest.issues.life import move
from digest.issues.rows import IssueRow
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.settings import (
    DatabaseSettings,
    LimitsSettings,
    MailSettings,
    ScheduleSettings,
    Settings,
    SmtpSettings,
    SourceSettings,
    TemplateSettings,
)
from digest.week import Week
from jobs.inbox.catcher import catching
from jobs.scheduler import Beat
from jobs.sendout import SendOut
from jobs.starting import start
from subscribers.abuse import surge
from subscribers.rows import RateRow
from tests.factories import DESK
from tests.stock import NOW, stock_pair, stock_readers
from tests.websites import serving_site

WEEK = Week.parse("2026-W47")
SLOT = datetime(2026, 11, 20, 9, tzinfo=UTC)
EDITOR = "editor@example.com"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with catching(tmp_path / "inbox") as port:
        yield port


def beat(database: Database, port: int, stop: threading.Event | None = None, **schedule: object) -> Beat:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        schedule=ScheduleSettings.model_validate(schedule),
    )
    return Beat(SendOut.of(settings, database, FixedClock(SLOT)), stop or threading.Event())


def minute(steps: Beat) -> None:
    """Do what a minute brings."""
    steps.tick()
    steps.go_on()


def statuses(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(IssueRow.status)))


def received(tmp_path: Path) -> int:
    return len(list((tmp_path / "inbox").glob("*.eml")))


def stocked(database: Database, readers: int = 3) -> None:
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, readers)


def test_a_due_tick_builds_and_sends_and_the_next_one_does_nothing(
    database: Database, port: int, tmp_path: Path
) -> None:
    stocked(database)
    steps = beat(database, port)
    for _ in range(3):
        minute(steps)
    assert statuses(database) == ["sent"]
    assert received(tmp_path) == 3


def test_with_automatic_off_nothing_is_built_or_sent_by_itself(
    database: Database, port: int, tmp_path: Path
) -> None:
    stocked(database)
    minute(beat(database, port, automatic=False))
    assert statuses(database) == []
    assert received(tmp_path) == 0


def test_with_automatic_off_what_a_person_began_is_still_finished(
    database: Database, port: int, tmp_path: Path
) -> None:
    stocked(database)
    with database.writing() as session:
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    steps = beat(database, port, automatic=False)
    start(steps._work, WEEK)
    minute(steps)
    assert statuses(database) == ["sent"]
    assert received(tmp_path) == 3


def test_a_list_without_confirmed_readers_uses_up_no_tools(database: Database, port: int) -> None:
    stocked(database, readers=0)
    minute(beat(database, port))
    assert statuses(database) == ["draft"]


def test_a_paused_issue_waits_for_a_person(database: Database, port: int, tmp_path: Path) -> None:
    stocked(database)
    steps = beat(database, port)
    with database.writing() as session:
        build_issue(session, WEEK, DESK, FixedClock(NOW))
    start(steps._work, WEEK)
    with database.writing() as session:
        move(session, get_issue(session, WEEK), Status.PAUSED, at=NOW, reason="test")
    minute(steps)
    assert statuses(database) == ["paused"]
    assert received(tmp_path) == 0


def test_a_relay_that_is_away_is_logged_once_and_tried_again(
    database: Database, port: int, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    stocked(database)
    with catching(tmp_path / "elsewhere") as gone:
        pass
    away = beat(database, gone)
    for _ in range(2):
        minute(away)
    assert len([record for record in caplog.records if record.name == "jobs.scheduler"]) == 1
    minute(beat(database, port))
    assert received(tmp_path) == 3


def reading_beat(database: Database, stop: threading.Event, **urls: str) -> Beat:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        sources={name: SourceSettings(url=url, hosts=("127.0.0.1",)) for name, url in urls.items()},
    )
    return Beat(SendOut.of(settings, database, FixedClock(SLOT)), stop)


def slugs(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(ToolRow.slug)))


def test_sources_that_are_due_are_read_and_a_failing_one_stops_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with serving_site() as site:
        news = site.put("/news", '[{"name": "Loupe"}]', kind="application/json")
        steps = reading_beat(database, threading.Event(), bad=site.url + "/nowhere", news=news)
        for _ in range(3):
            steps.feeds()
        assert sorted(site.paths) == ["/news", "/nowhere"]
    assert slugs(database) == ["loupe"]
    said = [record.getMessage() for record in caplog.records if record.name == "jobs.scheduler"]
    assert [line for line in said if "is not there (404)" in line] == said


def test_a_scheduler_that_ends_asks_no_further_source(database: Database) -> None:
    stop = threading.Event()
    stop.set()
    with serving_site() as site:
        reading_beat(database, stop, news=site.url + "/news").feeds()
        assert site.asked == []


def editors_beat(database: Database, port: int, clock: FixedClock, **templates: Path) -> Beat:
    settings = Settings(
        database=DatabaseSettings(url=str(database.url)),
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{port}")),
        mail=MailSettings(editor=EDITOR),
        templates=TemplateSettings.model_validate(templates),
    )
    return Beat(SendOut.of(settings, database, clock), threading.Event())


def told(tmp_path: Path) -> list[str]:
    """Return the subjects of the mails to the editor."""
    mails = [message_from_bytes(file.read_bytes()) for file in sorted((tmp_path / "inbox").glob("*.eml"))]
    return [mail["Subject"] for mail in mails if mail["To"] == EDITOR]


@pytest.mark.parametrize("fault", ['<img src="https://example.com/a.png" width="20" />', "<img>"])
def test_an_issue_with_errors_stays_and_the_editor_hears_of_it_once_until_it_is_mended(
    database: Database, port: int, tmp_path: Path, fault: str
) -> None:
    """The second cannot be rendered, the editor's own mail neither but for the shipped templates."""
    stocked(database)
    own = tmp_path / "own" / "email" / "parts"
    own.mkdir(parents=True)
    footer = Path("templates/email/parts/footer.html.j2").read_text()
    (own / "footer.html.j2").write_text(footer.replace("{{ address }}", "{{ address }}" + fault))
    clock = FixedClock(SLOT)
    steps = editors_beat(database, port, clock, path=tmp_path / "own")
    for _ in range(3):
        minute(steps)
        clock.at += timedelta(minutes=1)
    assert statuses(database) == ["draft"]
    assert told(tmp_path) == ["Issue 2026-W47 is held back"]
    mended = editors_beat(database, port, clock)
    for _ in range(2):
        minute(mended)
    assert statuses(database) == ["sent"]
    assert told(tmp_path) == ["Issue 2026-W47 is held back", "Issue 2026-W47 is sent"]


def test_the_draft_is_built_and_told_a_day_before_it_goes_out(
    database: Database, port: int, tmp_path: Path
) -> None:
    stocked(database)
    clock = FixedClock(SLOT - timedelta(hours=25))
    steps = editors_beat(database, port, clock)
    for hours in (0, 2, 22, 24):
        clock.at = SLOT + timedelta(hours=hours - 25)
        minute(steps)
    assert told(tmp_path) == ["Issue 2026-W47 is drafted"]
    assert statuses(database) == ["draft"]
    clock.at = SLOT
    for _ in range(2):
        minute(steps)
    assert told(tmp_path) == ["Issue 2026-W47 is drafted", "Issue 2026-W47 is sent"]
    assert received(tmp_path) == 5, "three readers and two to the editor"


def test_a_tick_deletes_counts_that_are_over(database: Database, port: int) -> None:
    with database.writing() as session:
        session.add_all(
            RateRow(key=key, count=1, expires_at=NOW + wait)
            for key, wait in (("over", -timedelta(seconds=1)), ("running", timedelta(hours=1)))
        )
    beat(database, port).tick()
    with database.reading() as session:
        assert list(session.scalars(select(RateRow.key))) == ["running"]


def test_a_tick_tells_of_a_surge_in_the_log(
    database: Database, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as session:
        for _ in range(151):
            surge.due(session, LimitsSettings(), NOW)
    steps = beat(database, port)
    steps.tick()
    steps.tick()
    assert caplog.text.count("Sign-ups surge.") == 1
