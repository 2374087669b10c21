import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, text, update
from sqlalchemy.event import listen

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import WrongState
from digest.issues.building import build_issue
from digest.issues.life import move
from digest.issues.store import find_issue
from digest.issues.values import Status
from digest.settings import LimitsSettings, ScheduleSettings, Settings, read_settings
from digest.week import Week
from jobs.cli.status import status
from jobs.deliveries.audience import Times, freeze_audience
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.holding import hold
from jobs.mailin.router import Router
from subscribers import notices
from subscribers.abuse.surge import due
from subscribers.audience import audience_select
from subscribers.rows import NoticeRow, SubscriberRow
from tests.factories import DESK
from tests.stock import KEYS, stock_pair, stock_readers

SLOT = datetime(2026, 11, 20, 9, tzinfo=UTC)
Said = Callable[..., str]


@pytest.fixture
def said(database: Database) -> Said:
    def run(at: datetime, *words: str, **schedule: Any) -> str:
        settings = Settings(schedule=ScheduleSettings(**schedule))
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


def test_on_the_monday_after_a_sunday_night_its_issue_is_still_told_of(
    said: Said, database: Database
) -> None:
    sunday, monday = datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, 0, 1, tzinfo=UTC)
    told = partial(said, weekday="sun", time="23:59")
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(sunday - timedelta(days=1)))
    assert "Issue      2026-W47  draft" in told(monday)
    assert "now: the slot of 2026-11-22T23:59:00+00:00 is open" in told(monday)
    with database.writing() as session:
        issue = find_issue(session, Week.parse("2026-W47"))
        assert issue is not None
        for step in (Status.APPROVED, Status.SENDING, Status.SENT):
            move(session, issue, step, at=monday, reason="a test")
    assert "Issue      2026-W47  sent" in told(monday)
    assert "Issue      2026-W48  not built yet" in told(monday + timedelta(days=3))
    with database.writing() as session:
        stock_pair(session, "Sketchbook", "Napkin")
        build_issue(session, Week.parse("2026-W48"), DESK, FixedClock(monday))
    assert "Issue      2026-W48  draft" in told(monday)


@pytest.mark.parametrize("automatic", [True, False])
def test_without_an_issue_of_the_last_slot_it_is_this_week_that_is_told_of(
    said: Said, automatic: bool
) -> None:
    shown = said(datetime(2026, 11, 23, 2, 12, tzinfo=UTC), automatic=automatic)
    assert "Issue      2026-W48  not built yet" in shown


def test_an_issue_that_is_paused_is_told_of_in_any_week(said: Said, database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        issue = build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(SLOT)).issue
        for step in (Status.APPROVED, Status.SENDING, Status.PAUSED):
            move(session, issue, step, at=SLOT, reason="a test")
    assert json.loads(said(SLOT, "--json"))["also_paused"] == []
    later = SLOT + timedelta(days=10)
    assert json.loads(said(later, "--json"))["also_paused"] == ["2026-W47"]
    assert "Paused     2026-W47 waits for your word: digest issue resume, or cancel, --week 2026-W47" in said(
        later
    )


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


def test_single_mails_that_wait_are_told(said: Said, database: Database) -> None:
    assert "Mails" not in said(SLOT)
    assert json.loads(said(SLOT, "--json"))["mails_waiting"] == {}
    with database.writing() as session:
        stock_readers(session, 3)
        for reader, minutes in ((1, 0), (2, 5), (3, 0)):
            at = SLOT + timedelta(minutes=minutes)
            notices.queue(session, notices.CONFIRM, reader, f"reader{reader}", at, keys=KEYS)
        session.add_all(NoticeRow(**row) for row in notices.reconfirming([1, 3], SLOT, SLOT))
        notices.cancel(session, 3)
    # The second one's relay was away: it is due again in a moment.
    later = SLOT + timedelta(minutes=5, seconds=-3)
    assert "Mails      3 single mails to be sent since Friday 2026-11-20 09:00 UTC" in said(later)
    shown = json.loads(said(later, "--json"))
    assert shown["mails_waiting"] == {"confirm": 2, "reconfirm": 1}
    assert shown["mails_waiting_since"] == "2026-11-20T09:00:00+00:00"


def test_readers_who_are_asked_one_after_the_other_wait_once_it_is_their_turn(
    said: Said, database: Database
) -> None:
    with database.writing() as session:
        stock_readers(session, 2)
        session.add_all(
            NoticeRow(**row) for row in notices.reconfirming([1, 2], SLOT, SLOT + timedelta(minutes=1))
        )
    assert "Mails" not in said(SLOT)
    assert "Mails      2 single mails" in said(SLOT + timedelta(minutes=2))


def test_what_waits_is_counted_by_the_index(database: Database) -> None:
    asked: list[str] = []
    listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with database.reading() as session:
        notices.waiting(session, SLOT, timedelta(minutes=5))
        query = asked[-1].replace("?", "''")
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert any("ix_notice_state_next_try_at (state=? AND next_try_at<?)" in step for step in plan), plan


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
