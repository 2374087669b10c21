"""A reader's timeline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from digest.db import Database
from subscribers.events import What, note, timeline
from subscribers.rows import ReaderEventRow, SubscriberRow
from subscribers.store import find_by_public_id
from tests.stock import NOW

LATER = NOW + timedelta(days=1)


@pytest.fixture
def reader_id(database: Database, add: Callable[..., str]) -> int:
    with database.reading() as session:
        row = find_by_public_id(session, add())
        assert row is not None
        return row.id


def test_a_timeline_tells_what_happened_in_order(database: Database, reader_id: int) -> None:
    with database.writing() as session:
        note(session, reader_id, What.PAUSED, NOW, until="2026-12-25")
        note(session, reader_id, What.RESUMED, LATER)
    with database.reading() as session:
        told = timeline(session, reader_id)[-2:]

    assert [(one.at, one.what, one.detail) for one in told] == [
        (NOW, What.PAUSED, {"until": "2026-12-25"}),
        (LATER, What.RESUMED, {}),
    ]


def test_of_a_long_past_the_latest_is_told(database: Database, reader_id: int) -> None:
    with database.writing() as session:
        for number in range(5):
            note(session, reader_id, What.CHOSE, NOW, number=number)
    with database.reading() as session:
        assert [one.detail["number"] for one in timeline(session, reader_id, 2)] == [3, 4]


def test_a_reader_who_is_gone_has_no_past(database: Database, reader_id: int) -> None:
    with database.writing() as session:
        note(session, reader_id, What.LEFT, NOW)
        session.execute(delete(SubscriberRow).where(SubscriberRow.id == reader_id))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReaderEventRow)) == 0
