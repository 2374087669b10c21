"""Databases with a started issue and a long list, made by the database itself: a million in seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from digest.db import Database
from digest.issues.rows import IssueRow
from jobs.deliveries.audience import freeze_audience
from jobs.migrations import upgrade
from subscribers.audience import audience_select

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :readers) ",
    "postgresql": "WITH n AS (SELECT generate_series(1, :readers) AS i) ",
}
_READERS = """INSERT INTO subscriber
    (id, public_id, address, address_key, name, status, joined_at, language, every_weeks)
SELECT i, 'an-opaque-id-' || 100000000 + i, 'reader' || i || '@example.com', 'reader' || i || '@example.com',
    'Ann Reader', 'confirmed', :now, 'en', 1
FROM n"""
_NEVER_TRIED = "state = 'pending', attempts = 0, first_try_at = NULL, code = NULL, reply = NULL"


def start_issue(database: Database, readers: int) -> int:
    """Fill an empty database with confirmed readers 1 to ``readers`` and a started issue; return its id."""
    upgrade(database)
    stored = NOW.replace(tzinfo=None) if database.is_sqlite else NOW
    with database.writing() as session:
        numbers = _NUMBERS[database.engine.dialect.name]
        session.execute(text(numbers + _READERS), {"readers": readers, "now": stored})
        issue = IssueRow(newsletter="weekly", week="2026-W47", status="sending", seed=1, built_at=NOW)
        session.add(issue)
        session.flush()
        freeze_audience(session, issue.id, audience_select(NOW), NOW)
    tidy(database)
    return issue.id


def unsend(database: Database, *, but_last: int | None = None) -> None:
    """Let everybody wait again; with ``but_last`` only so many at the end of the list, the others have it."""
    with database.writing() as session:
        session.execute(text(f"UPDATE delivery SET {_NEVER_TRIED} WHERE state <> 'pending'"))
        if but_last is not None:
            done = "UPDATE delivery SET state = 'sent' WHERE id <= (SELECT max(id) FROM delivery) - :last"
            session.execute(text(done), {"last": but_last})
    tidy(database)


def tidy(database: Database) -> None:
    """Leave no work from making the list behind for whoever is measured on it."""
    if database.is_sqlite:
        database.fold()
    else:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL ANALYZE delivery"))
            connection.execute(text("VACUUM ANALYZE subscriber"))
            connection.execute(text("CHECKPOINT"))
    database.close()
