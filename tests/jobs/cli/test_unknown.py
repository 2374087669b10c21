"""``digest issue unknown`` and ``cancel`` as an operator meets them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from digest.cli import App
from digest.clock import FixedClock
from digest.db import Database
from digest.errors import NotFound, WrongState
from digest.issues.building import build_issue
from digest.issues.life import move
from digest.issues.rows import IssueEventRow, IssueRow
from digest.issues.values import Status
from digest.settings import Settings
from digest.week import Week
from jobs.cli.issue import issue
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.rows import DeliveryRow
from jobs.sending.lock import sender_lock
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow
from tests.factories import DESK
from tests.stock import NOW, stock_pair, stock_readers

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database) -> Run:
    """Runs a command of ``digest issue``, for an issue that was sent to four: two of them are unknown."""
    with database.writing() as session:
        stock_pair(session)
        stock_readers(session, 4)
        row = build_issue(session, Week.parse("2026-W47"), DESK, FixedClock(NOW)).issue
        move(session, row, Status.APPROVED, at=NOW, reason="a test")
        move(session, row, Status.SENDING, at=NOW, reason="a test")
        freeze_audience(session, row.id, audience_select(NOW), NOW)
        delivery = update(DeliveryRow)
        session.execute(delivery.values(state="sent", attempts=1, first_try_at=NOW))
        unknown = {"state": "unknown", "reply": "no answer", "relay": "smtp://mail.example.com:25"}
        session.execute(delivery.where(DeliveryRow.id < 3).values(unknown))
        move(session, row, Status.SENT, at=NOW, reason="a test")
    app = App(Settings(), FixedClock(NOW), lambda settings: database)

    def run(*words: str) -> Result:
        return CliRunner().invoke(issue, words, obj=app)

    return run


def said(result: Result) -> str:
    assert result.exit_code == 0, result.exception
    return result.output


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(DeliveryRow.state).order_by(DeliveryRow.id)))


def stands(database: Database) -> tuple[str, list[str]]:
    """Return the issue's status and the reasons of its events."""
    with database.reading() as session:
        reasons = session.scalars(select(IssueEventRow.reason).order_by(IssueEventRow.id))
        return session.scalars(select(IssueRow.status)).one(), list(reasons)


def public_id(database: Database, number: int) -> str:
    with database.reading() as session:
        return session.scalars(select(SubscriberRow.public_id).where(SubscriberRow.id == number)).one()


def test_unknown_deliveries_are_listed_with_what_is_known(run: Run, database: Database) -> None:
    shown = json.loads(said(run("unknown", "--json")))
    assert [one["reader"] for one in shown] == [public_id(database, number) for number in (1, 2)]
    assert (shown[0]["relay"], shown[0]["reply"]) == ("smtp://mail.example.com:25", "no answer")
    assert (shown[0]["first_try_at"], shown[0]["next_try_at"]) == (NOW.isoformat(), None)
    assert "no answer" in said(run("unknown"))
    assert "<weekly.2026-W47.READER@example.com>" in said(run("unknown"))
    assert shown[0]["message_id"] == f"<weekly.2026-W47.{shown[0]['reader']}@example.com>"
    assert not re.search(r"(?<!READER)@example\.com", said(run("unknown"))), "nobody's address"


def test_counted_as_sent_they_are_sent_and_the_issue_remembers_who_said_so(
    run: Run, database: Database
) -> None:
    assert said(run("unknown", "--count-as-sent")) == "2026-W47  2 unknown deliveries counted as sent\n"
    assert states(database) == ["sent"] * 4
    status, reasons = stands(database)
    assert (status, reasons[-1]) == ("sent", "2 unknown counted as sent by a person")
    assert said(run("unknown")) == "2026-W47 has no delivery that is unknown.\n"
    assert said(run("unknown", "--count-as-sent")) == "2026-W47  has no delivery that is unknown\n"


def test_sent_again_they_wait_at_once_and_the_issue_is_being_sent(run: Run, database: Database) -> None:
    one = public_id(database, 2)
    shown = said(run("unknown", "--send-again", "--reader", one))
    assert "1 unknown delivery to be sent again" in shown
    assert "digest issue send --week 2026-W47 goes on" in shown
    assert states(database) == ["unknown", "pending", "sent", "sent"]
    with database.reading() as session:
        row = session.get_one(DeliveryRow, 2)
        assert (row.next_try_at, row.first_try_at, row.attempts) == (NOW, None, 1)
    status, reasons = stands(database)
    assert (status, reasons[-1]) == ("sending", "1 unknown to be sent again by a person")


def test_who_decides_both_ways_decides_nothing(run: Run, database: Database) -> None:
    for words in (("--count-as-sent", "--send-again"), ("--send-again", "--count-as-sent")):
        result = run("unknown", *words, "--yes")
        assert result.exit_code == 2
        assert "choose one of --count-as-sent and --send-again; nothing was changed" in result.output
    assert states(database) == ["unknown", "unknown", "sent", "sent"]


def test_what_is_not_unknown_any_more_is_refused_by_name(run: Run, database: Database) -> None:
    known, other = public_id(database, 1), public_id(database, 3)
    result = run("unknown", "--send-again", "--reader", known, "--reader", other)
    assert isinstance(result.exception, NotFound)
    assert f"no unknown delivery to {other}; nothing was changed" in str(result.exception)
    assert states(database) == ["unknown", "unknown", "sent", "sent"]


def test_a_cancelled_issue_sends_nothing_again_but_may_be_counted(run: Run, database: Database) -> None:
    with database.writing() as session:
        session.execute(update(IssueRow).values(status="cancelled"))
    assert isinstance(run("unknown", "--send-again").exception, WrongState)
    assert "counted as sent" in said(run("unknown", "--count-as-sent"))


def test_an_issue_on_its_way_is_cancelled_in_one_step_and_who_has_it_keeps_it(
    run: Run, database: Database
) -> None:
    said(run("unknown", "--send-again"))
    assert said(run("cancel")) == "2026-W47  cancelled\n"
    status, reasons = stands(database)
    assert status == "cancelled"
    assert reasons[-2:] == ["paused by a person who cancels it", "cancelled by a person"]
    assert states(database) == ["pending", "pending", "sent", "sent"]


def left_in_flight(database: Database, status: str) -> None:
    """Have the issue stand as a sender that was killed leaves it, with all that a person did since."""
    with database.writing() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id < 3).values(state="sending"))
        session.execute(update(IssueRow).values(status=status))


@pytest.mark.parametrize("status", ["sending", "paused", "cancelled"])
def test_what_a_killed_sender_left_is_listed_and_counted_without_another_sender(
    run: Run, database: Database, status: str
) -> None:
    left_in_flight(database, status)
    shown = json.loads(said(run("unknown", "--json")))
    assert ["the sender stopped before the answer" in one["reply"] for one in shown] == [True, True]
    assert "2 unknown deliveries counted as sent" in said(run("unknown", "--count-as-sent"))
    assert states(database) == ["sent"] * 4


def test_what_a_killed_sender_left_is_sent_again_at_the_first_word(run: Run, database: Database) -> None:
    left_in_flight(database, "paused")
    assert "2 unknown deliveries to be sent again" in said(run("unknown", "--send-again"))
    assert states(database) == ["pending", "pending", "sent", "sent"]


@pytest.mark.parametrize("words", [("cancel",), ("show",), ("show", "--deliveries", "unknown")])
def test_looking_at_an_issue_or_cancelling_it_settles_what_a_killed_sender_left(
    run: Run, database: Database, words: tuple[str, ...]
) -> None:
    left_in_flight(database, "sending")
    said(run(*words))
    assert states(database) == ["unknown", "unknown", "sent", "sent"]


def test_what_another_process_is_sending_now_is_not_unknown(run: Run, database: Database) -> None:
    left_in_flight(database, "sending")
    with sender_lock(database):
        assert said(run("unknown")) == "2026-W47 has no delivery that is unknown.\n"
        said(run("cancel"))
    assert states(database) == ["sending", "sending", "sent", "sent"]
