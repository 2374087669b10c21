"""Counts of readers, kept by the database itself."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from digest.db import Database
from subscribers import counting, store
from subscribers.addresses import parse_address
from subscribers.rows import ReaderCountRow, SubscriberRow, SuppressionRow
from subscribers.values import Reason, Status
from tests.stock import NOW

CONFIRMED, PENDING, BOUNCED = Status.CONFIRMED, Status.PENDING, Status.BOUNCED


def put(session: Session, *names: str, status: Status = CONFIRMED) -> None:
    rows = [
        store.new_reader(parse_address(f"{name}@example.com"), None, status, consent="import", now=NOW)
        for name in names
    ]
    store.insert_readers(session, rows)


def counted(session: Session) -> dict[Status, int]:
    return {status: number for status, number in counting.count_by_status(session, NOW).items() if number}


@pytest.mark.both_databases
def test_who_comes_moves_and_goes_is_counted(database: Database) -> None:
    with database.writing() as session:
        put(session, "ann", "bob", "cid")
        put(session, "ann", "dot", status=PENDING)
        assert counted(session) == {CONFIRMED: 3, PENDING: 1}
        session.execute(update(SubscriberRow).values(status=BOUNCED.value).where(SubscriberRow.id <= 2))
        session.execute(update(SubscriberRow).values(name="Someone"))
        session.execute(delete(SubscriberRow).where(SubscriberRow.address_key == "cid@example.com"))
    with database.reading() as session:
        truth: dict[str, int] = dict(
            session.execute(text("SELECT status, count(*) FROM subscriber GROUP BY status")).all()
        )
        assert {status.value: number for status, number in counted(session).items()} == truth


@pytest.mark.both_databases
def test_every_status_is_there_and_counted(database: Database) -> None:
    with database.writing() as session:
        assert counting.count_by_status(session, NOW) == dict.fromkeys(Status, 0)
        for status in Status:
            put(session, status.value, status=status)
        assert counting.count_by_status(session, NOW) == dict.fromkeys(Status, 1)


@pytest.mark.both_databases
def test_what_is_rolled_back_was_never_counted(database: Database) -> None:
    with pytest.raises(DBAPIError), database.writing() as session:
        put(session, "ann")
        session.execute(text("SELECT nothing FROM nowhere"))
    with database.reading() as session:
        assert counted(session) == {}


@pytest.mark.both_databases
def test_suppressed_addresses_are_counted(database: Database) -> None:
    with database.writing() as session:
        store.add_suppressions(session, ["a", "b"], Reason.BOUNCE, NOW)
        store.add_suppressions(session, ["b", "c"], Reason.COMPLAINT, NOW)
        assert counting.count_suppressed(session) == 3
        session.execute(delete(SuppressionRow).where(SuppressionRow.address_hash == "a"))
        assert counting.count_suppressed(session) == 2


@pytest.mark.both_databases
def test_many_changes_are_folded_into_one_row_a_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_MANY", len(Status) + 1)
    with database.writing() as session:
        for number in range(12):
            put(session, f"reader{number}")
    with database.writing() as session:
        counting.fold_counts(session)
        assert len(session.scalars(select(ReaderCountRow)).all()) <= len(Status) + 1
        assert counted(session) == {CONFIRMED: 12}
