"""How many readers stand where, without reading the list: the database counts as it changes (migration 0005).

``reader_count`` holds what was added to and taken from each count; the sum is the count.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from subscribers.rows import ReaderCountRow, SubscriberRow
from subscribers.values import Status

_SUPPRESSED = "suppressed"
# So many rows are summed up in no time; more of them are folded into one a count.
_MANY = 500
_FOLD = text(
    "WITH taken AS (DELETE FROM reader_count RETURNING status, change) "
    "INSERT INTO reader_count (status, change) SELECT status, sum(change) FROM taken GROUP BY status"
)


def count_by_status(session: Session, now: datetime) -> dict[Status, int]:
    """Return how many readers stand where at ``now``; every status is there, be it with 0.

    Of the list itself only the paused are read: their pause may be over.
    """
    row = SubscriberRow
    over = select(func.count()).where(row.status == Status.PAUSED, row.paused_until <= now)
    counted, resumed = _counted(session), session.scalar(over) or 0
    numbers = {status: counted.get(status.value, 0) for status in Status}
    numbers[Status.PAUSED] -= resumed
    numbers[Status.CONFIRMED] += resumed
    return numbers


def count_suppressed(session: Session) -> int:
    """Return how many addresses are suppressed, erased ones among them."""
    return _counted(session).get(_SUPPRESSED, 0)


def fold_counts(session: Session) -> None:
    """Keep counting quick where each change adds a row (PostgreSQL); to be called now and then."""
    many = session.scalar(select(func.count()).select_from(ReaderCountRow)) or 0
    # SQLite has one row a count and never gets here.
    if many > _MANY:
        session.execute(_FOLD)


def _counted(session: Session) -> dict[str, int]:
    row = ReaderCountRow
    rows = session.execute(select(row.status, func.sum(row.change)).group_by(row.status))
    return {status: int(number) for status, number in rows}
