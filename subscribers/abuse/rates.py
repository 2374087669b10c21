"""Counting in windows, in the ``rate`` table: one statement a count, the same from every process."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Integer, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from digest.db import UtcDateTime
from subscribers.rows import RateRow

# The statements are built once: a sign-up runs them a dozen times, and building them is most of their cost.
_STANDING = select(RateRow.count, RateRow.expires_at).where(RateRow.key == bindparam("the_key"))


def bump(session: Session, key: str, *, now: datetime, end: datetime, amount: int = 1) -> int:
    """Count ``amount`` more in the window of ``key`` and return the new count.

    A window that is over, or that there never was, begins anew and runs until ``end``; one that runs keeps
    its end. Until the transaction ends others who count the same wait.
    """
    connection = session.connection()
    values = {"the_key": key, "now": now, "end": end, "amount": amount}
    count: int = connection.execute(_bump(connection.dialect.name), values).scalar_one()
    return count


@cache
def _bump(dialect: str) -> ReturningInsert[int]:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    amount, end = bindparam("amount", type_=Integer), bindparam("end", type_=UtcDateTime)
    over = RateRow.expires_at <= bindparam("now", type_=UtcDateTime)
    fresh = insert(RateRow).values(key=bindparam("the_key"), count=amount, expires_at=end)
    counted: ReturningInsert[int] = fresh.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, amount), else_=RateRow.count + amount),
            "expires_at": case((over, end), else_=RateRow.expires_at),
        },
    ).returning(RateRow.count)
    return counted


def standing(session: Session, key: str, now: datetime) -> tuple[int, datetime] | None:
    """Return count and end of the window of ``key`` that runs at ``now``, None if there is none."""
    found = session.connection().execute(_STANDING, {"the_key": key}).one_or_none()
    if found is None:
        return None
    count, end = found
    return (count, end) if end > now else None


def take_place(
    session: Session, key: str, now: datetime, *, places: int, lasting: timedelta, apart: timedelta
) -> bool:
    """Take one of the places of ``key``, at least ``apart`` from the last; tell whether there was one.

    It is free again after ``lasting``, so within any such time no more than ``places`` are taken.
    """
    keys = [f"{key}/{number}" for number in range(places)]
    query = select(RateRow.key, RateRow.expires_at).where(RateRow.key.in_(keys), RateRow.expires_at > now)
    taken: dict[str, datetime] = dict(session.execute(query).all())
    free = next((one for one in keys if one not in taken), None)
    if free is None or any(until > now + lasting - apart for until in taken.values()):
        return False
    # Of two who saw the same place free, the second waits here and finds it counted.
    return bump(session, free, now=now, end=now + lasting) == 1


def over(session: Session, key: str, now: datetime) -> bool:
    """Tell whether a window of ``key`` has run out and was not tidied up (``expire``) since."""
    found = session.connection().execute(_STANDING, {"the_key": key}).one_or_none()
    return found is not None and found[1] <= now


def extend(session: Session, key: str, *, now: datetime, end: datetime) -> int:
    """Count one more in the window of ``key`` like ``bump``, and let it run until ``end`` in any case."""
    count = bump(session, key, now=now, end=end)
    session.execute(update(RateRow).where(RateRow.key == key).values(expires_at=end))
    return count


def expire(session: Session, now: datetime, most: int) -> int:
    """Delete windows that are over, ``most`` at once; return how many.

    One that is being counted in is left for later: two that wait for each other would cost a sign-up.
    """
    over = select(RateRow.key).where(RateRow.expires_at <= now).limit(most).with_for_update(skip_locked=True)
    gone = delete(RateRow).where(RateRow.key.in_(over)).returning(RateRow.key)
    return len(session.scalars(gone).all())
