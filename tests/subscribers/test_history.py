"""A reader's story, as the operator reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from digest.clock import FixedClock
from digest.db import Database
from subscribers import leaving, notices, store
from subscribers.events import What, note
from subscribers.history import history
from tests.subscribers.conftest import KEYS


def test_events_and_mails_stand_in_the_order_of_time(
    database: Database, clock: FixedClock, add: Callable[..., str]
) -> None:
    public_id, begun = add(), clock.at
    with database.writing() as session:
        row = store.find_by_public_id(session, public_id)
        assert row is not None
        note(session, row.id, What.PAUSED, begun + timedelta(days=2), until="2026-12-25", weeks=4)
        notices.queue(
            session, notices.WELCOME, row.id, "reader@example.com", begun + timedelta(days=1), keys=KEYS
        )
    with database.reading() as session:
        told = [line.as_row() for line in history(session, row)]

    assert told == [
        {"at": "2026-11-20 09:00 UTC", "what": "signed up", "detail": "operator"},
        {"at": "2026-11-20 09:00 UTC", "what": "confirmed", "detail": ""},
        {"at": "2026-11-21 09:00 UTC", "what": "mail", "detail": "welcome, pending"},
        {"at": "2026-11-22 09:00 UTC", "what": "paused", "detail": "2026-12-25, weeks 4"},
    ]


def test_what_an_event_tells_is_not_told_twice(
    database: Database, clock: FixedClock, add: Callable[..., str]
) -> None:
    public_id = add()
    with database.writing() as session:
        row = store.find_by_public_id(session, public_id)
        assert row is not None
        note(session, row.id, What.CONFIRMED, clock.at)
    with database.reading() as session:
        assert [line.what for line in history(session, row)] == ["signed up", "confirmed"]


def test_leaving_says_what_the_reader_was_before(
    database: Database, clock: FixedClock, add: Callable[..., str]
) -> None:
    public_id = add()
    with database.writing() as session:
        row = store.find_by_public_id(session, public_id)
        assert row is not None
        leaving.leave(session, row, clock=clock, keys=KEYS, by="link")
    with database.reading() as session:
        details = {line.what: line.as_row()["detail"] for line in history(session, row)}
    assert details["left"] == "link, was confirmed"


def test_the_issues_they_got_stand_among_the_rest(
    database: Database, clock: FixedClock, add: Callable[..., str]
) -> None:
    public_id = add()
    issues = [
        (clock.at + timedelta(hours=1), {"week": "2026-W47", "edition": "de", "state": "sent", "code": 250})
    ]
    with database.reading() as session:
        row = store.find_by_public_id(session, public_id)
        assert row is not None
        last = history(session, row, issues)[-1].as_row()
    assert last == {"at": "2026-11-20 10:00 UTC", "what": "issue", "detail": "2026-W47, de, sent, code 250"}
