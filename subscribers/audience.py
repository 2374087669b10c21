"""Whom an issue goes to, and what they chose: one indexed SELECT, with pauses that end by themselves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from subscribers.rows import SubscriberRow
from subscribers.values import Status

# A time, or a place in a statement that is filled with one.
Moment = datetime | ColumnElement[datetime]
# The statuses of everybody an issue may go to, now or when a pause is over.
AUDIENCE = (Status.CONFIRMED, Status.PAUSED)


def stands(status: Status, now: Moment) -> ColumnElement[bool]:
    """Return the condition that a reader stands so at ``now``: ``values.standing``, in SQL."""
    row = SubscriberRow
    if status is Status.CONFIRMED:
        # The first half is for the index, which knows the status only.
        either = row.status.in_(AUDIENCE)
        return and_(either, or_(row.status == Status.CONFIRMED, row.paused_until <= now))
    if status is Status.PAUSED:
        return and_(row.status == Status.PAUSED, or_(row.paused_until.is_(None), row.paused_until > now))
    return row.status == status


def audience_select(now: Moment, turn: int | None = None) -> Select[int]:
    """Return the SELECT of ``subscriber.id`` for everybody an issue goes to at ``now``.

    That is every confirmed reader, and every paused one whose day has come. A suppressed one is neither: see
    the first lines of ``subscribers.store``.

    ``turn`` is how many issues went out before this one. Who wants every fourth gets the issue when their id
    and the turn together are a multiple of four: a quarter of them each time, nobody twice in four issues or
    not at all, and a week without an issue takes nobody's turn away. Without a turn nobody is left out.
    """
    chosen = select(SubscriberRow.id).where(stands(Status.CONFIRMED, now))
    if turn is None:
        return chosen
    return chosen.where((SubscriberRow.id + turn) % SubscriberRow.every_weeks == 0)


def count_audience(session: Session, now: datetime, turn: int | None = None) -> int:
    """Return how many readers an issue would go to at ``now``."""
    return session.scalar(select(func.count()).select_from(audience_select(now, turn).subquery())) or 0


def segments(session: Session, now: datetime, turn: int | None = None) -> dict[tuple[str, str], int]:
    """Return how many of an issue's readers chose the same: (language, interests) → readers, the most first.

    Interests are as they are stored, a category a line; "" is all of them.
    """
    choices = (SubscriberRow.language, SubscriberRow.interests)
    chosen = audience_select(now, turn).with_only_columns(*choices, func.count()).group_by(*choices)
    counted: Counter[tuple[str, str]] = Counter()
    for language, interests, readers in session.execute(chosen):
        counted[language, interests or ""] += readers
    return dict(counted.most_common())


def interests(session: Session) -> set[str]:
    """Return the categories that readers chose."""
    stored = session.scalars(select(SubscriberRow.interests).distinct())
    return {category for lines in stored if lines for category in lines.splitlines()}


def hours(session: Session, now: datetime, turn: int | None = None) -> list[tuple[int, str | None]]:
    """Return the different (hour, zone) at which an issue's readers want it; who wants none is left out."""
    chosen = audience_select(now, turn).with_only_columns(SubscriberRow.hour, SubscriberRow.zone).distinct()
    return [(hour, zone) for hour, zone in session.execute(chosen) if hour is not None]
