import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, update

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import WrongState
from digest.issues.building import build_issue
from digest.issues.life import move
from digest.issues.values import Status
from digest.settings import LimitsSettings, ScheduleSettings, Settings, read_settings
from digest.week import Week
from jobs.cli.status import status
from jobs.deliveries.audience import Times, freeze_audience
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.holding import hold
from jobs.mailin.router import Router
from subscribers.abuse.surge import due
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from tests.factories import DESK
from tests.stock import stock_pair, stock_readers

SLOT = datetime(2026, 11, 20, 9, tzinfo=UTC)
Said = Callable[..., str]


@pytest.fixture
def said(database: Database) -> Said:
    def run(at: datetime, *words: str, automatic: bool = True) -> str:
        settings = Settings(schedule=ScheduleSettings(automatic=automatic))
        app = App(settings, FixedClock(at), lambda settings: database)
        return CliRunner().invoke(status, words, obj=app, catch_exceptions=False).output

    return run


def test_between_slots_the_next_run_is_named(said: Said) -> None:
    assert "Next run   Friday 2026-11-27 09:00 UTC" in said(SLOT + timedelta(days=4))


def test_a_slot_that_is_open_is_said_to_be_due_now(said: Said, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(SLOT - timedelta(days=1)))
    shown = said(SLOT + timedelta(hours=2))
    assert "2026-W47  draft" in shown
    assert "now: the slot of 2026-11-20T09:00:00+00:00 is open" in shown


def test_an_issue_that_is_held_back_says_why(said: Said, database: Database) -> None:
    week = Week.parse("2026-W47")
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, week, DESK, FixedClock(SLOT))
        hold(session, week, WrongState("no reader has confirmed yet"), FixedClock(SLOT))
    assert "Held back  no reader has confirmed yet" in said(SLOT)
    assert json.loads(said(SLOT, "--json"))["held_back"] == "no reader has confirmed yet"


def test_with_automatic_off_nothing_is_due(said: Said) -> None:
    shown = json.loads(said(SLOT, "--json", automatic=False))
    assert (shown["next_run"], shown["due_now"], shown["status"], shown["sent"]) == (None, None, None, None)


def test_a_surge_of_sign_ups_is_said(said: Said, database: Database) -> None:
    assert json.loads(said(SLOT, "--json"))["surge"] is None
    with database.writing() as session:
        for _ in range(153):
            due(session, LimitsSettings(), SLOT)
    assert "Sign-ups   surge: 3 too many; confirmations go out slowly" in said(SLOT)
    assert json.loads(said(SLOT, "--json"))["surge"] == {
        "sign_ups": 3,
        "until": (SLOT + timedelta(hours=1)).isoformat(),
    }


def test_mail_that_nobody_understood_is_said(said: Said, database: Database) -> None:
    assert "Mail in" not in said(SLOT)
    settings = read_settings({"DIGEST_SECRET_KEY": "k" * 32})
    router = Router.of(settings, database, FixedClock(SLOT))
    router.deliver("ann@example.org", router.doors.list, b"Subject: a question\r\n\r\n")
    assert "Mail in    1 within a day not understood" in said(SLOT)
    assert json.loads(said(SLOT, "--json"))["mail_not_understood"] == 1


def test_readers_who_wait_for_their_hour_are_told_apart(said: Said, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        issue = build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(SLOT)).issue
        stock_readers(session, 3)
        move(session, issue, Status.APPROVED, at=SLOT, reason="a test")
        move(session, issue, Status.SENDING, at=SLOT, reason="a test")
        session.execute(update(SubscriberRow).where(SubscriberRow.id < 3).values(hour=18))
        times: Times = {(18, None): SLOT + timedelta(hours=9)}
        freeze_audience(session, issue.id, audience_select(SLOT), SLOT, times=times)
    assert "Waiting    2 readers chose an hour that is still to come" in said(SLOT)
    assert json.loads(said(SLOT, "--json"))["waiting_for_hour"] == 2
    assert "Waiting" not in said(SLOT + timedelta(hours=9))
    with database.writing() as session:
        session.execute(delete(DeliveryRow).where(DeliveryRow.reader_id == 1))
    assert "Waiting    1 reader chose an hour" in said(SLOT)


@pytest.fixture
def started(database: Database) -> int:
    """An issue on its way to four readers: one has it, one waits for their hour. Its id."""
    with database.writing() as session:
        stock_pair(session)
        issue = build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(SLOT)).issue
        stock_readers(session, 4)
        move(session, issue, Status.APPROVED, at=SLOT, reason="a test")
        move(session, issue, Status.SENDING, at=SLOT, reason="a test")
        session.execute(update(SubscriberRow).where(SubscriberRow.id == 1).values(hour=18))
        times: Times = {(18, None): SLOT + timedelta(hours=9)}
        freeze_audience(session, issue.id, audience_select(SLOT), SLOT, times=times)
        session.execute(update(DeliveryRow).where(DeliveryRow.reader_id == 2).values(state="sent"))
        return issue.id


def told(database: Database, issue_id: int, **columns: object) -> None:
    values = {"began_at": SLOT, "alive_at": SLOT, "sent": 1, "answered": 1, "per_second": 0.4} | columns
    with database.writing() as session:
        session.merge(ProgressRow(issue_id=issue_id, **values))


def test_before_a_send_out_runs_there_is_no_progress(said: Said, started: int) -> None:
    assert json.loads(said(SLOT, "--json"))["progress"] is None
    assert "Progress" not in said(SLOT)


def test_a_send_out_that_runs_says_how_fast_and_how_long_without_those_who_wait_for_their_hour(
    said: Said, database: Database, started: int
) -> None:
    told(database, started)
    assert json.loads(said(SLOT + timedelta(seconds=4), "--json"))["progress"] == {
        "sending_now": True,
        "rate_per_second": 0.4,
        "seconds_left": 5,
        "done": 1,
        "audience": 4,
        "waits_for": None,
    }
    assert "Progress   1 of 4 done, 0.4 a second, about 0:00:05 to go" in said(SLOT)


@pytest.mark.parametrize("columns", [{"alive_at": SLOT - timedelta(seconds=6)}, {"ended_at": SLOT}])
def test_a_send_out_without_a_sign_of_life_or_at_its_end_does_not_run(
    said: Said, database: Database, started: int, columns: dict[str, object]
) -> None:
    told(database, started, **columns)
    shown = json.loads(said(SLOT, "--json"))["progress"]
    assert (shown["sending_now"], shown["rate_per_second"], shown["seconds_left"]) == (False, None, None)
    assert "Progress   1 of 4 done; nobody sends it now" in said(SLOT)


def test_what_a_killed_sender_left_in_flight_is_shown_as_unknown(
    said: Said, database: Database, started: int
) -> None:
    with database.writing() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.state == "pending").values(state="sending"))
    shown = json.loads(said(SLOT, "--json"))
    assert (shown["sending"], shown["unknown"], shown["audience"]) == (0, 3, 4)
