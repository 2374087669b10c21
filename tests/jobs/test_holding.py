"""What holds an issue back is noted once and shown for as long as it holds."""

from datetime import UTC, datetime

from digest.clock import FixedClock
from digest.db import Database
from digest.errors import DigestError, WrongState
from digest.issues.building import build_issue
from digest.issues.life import note
from digest.issues.store import get_issue
from digest.issues.values import Status
from digest.lint.running import LintFailed
from digest.week import Week
from jobs.holding import MAIL, held_because, hold
from tests.factories import DESK
from tests.stock import stock_pair

WEEK = Week.parse("2026-W47")
CLOCK = FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))


def drafted(database: Database) -> None:
    with database.writing() as session:
        stock_pair(session)
        build_issue(session, WEEK, DESK, CLOCK)


def held(database: Database, *errors: DigestError) -> list[str]:
    """Hold the issue back for each of the errors; return its events."""
    for error in errors:
        with database.writing() as session:
            hold(session, WEEK, error, CLOCK)
            note(session, get_issue(session, WEEK), at=CLOCK.now(), reason=f"{MAIL}sent")
    with database.reading() as session:
        return [one.reason for one in get_issue(session, WEEK).events if not one.reason.startswith(MAIL)]


def because(database: Database) -> str | None:
    with database.reading() as session:
        return held_because(session, get_issue(session, WEEK))


def test_the_same_cause_is_noted_once_and_another_one_again(database: Database) -> None:
    drafted(database)
    nobody, faulty = WrongState("nobody to send to"), LintFailed("1 error: a: b")
    assert held(database, nobody, nobody, faulty) == [
        "built",
        "held back: nobody to send to",
        "held back by lint: 1 error: a: b",
    ]
    assert because(database) == "1 error: a: b"


def test_what_is_sent_is_not_held_any_more(database: Database) -> None:
    drafted(database)
    assert because(database) is None
    held(database, WrongState("nobody"))
    with database.writing() as session:
        get_issue(session, WEEK).status = Status.SENT
    assert because(database) is None
    assert len(held(database, WrongState("something else"))) == 2, "nor noted"


def test_a_week_without_an_issue_has_nothing_to_note(database: Database) -> None:
    with database.writing() as session:
        hold(session, WEEK, WrongState("nobody"), CLOCK)
