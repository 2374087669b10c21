"""Asking silent or imported readers whether they still want it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, insert, or_, select
from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import chunks
from digest.errors import NotFound
from subscribers import store
from subscribers.addresses import Address
from subscribers.audience import stands
from subscribers.notices import ASK_AGAIN, PACE, RECONFIRM, reconfirming
from subscribers.rows import NoticeRow, SubscriberRow
from subscribers.values import Status

# So many row ids of the list are looked at in one go.
_PAGE = 1000


def ask(session: Session, addresses: Sequence[Address], *, clock: Clock) -> int:
    """Queue the question to these readers, as far as they are confirmed now; return to how many.

    One whose pause is over is. One who was asked in the last 30 days is left in peace. Raises NotFound for an
    address that is not on the list.
    """
    ids = []
    for address in addresses:
        row = store.find(session, address.key)
        if row is None:
            raise NotFound(f"{address.display} is not on the list")
        ids.append(row.id)
    asked, now = 0, clock.now()
    for chunk in chunks(ids):
        asked += _queue(session, _asked_of(now).where(SubscriberRow.id.in_(chunk)), now, asked)
    return asked


def ask_all_before(session: Session, moment: datetime, *, clock: Clock) -> int:
    """Queue the question to all who last said yes before ``moment``, or never; return to how many."""
    asked, last, now = 0, 0, clock.now()
    end = store.last_id(session)
    while last < end:
        some = (SubscriberRow.id > last, SubscriberRow.id <= last + _PAGE)
        page = _asked_of(now).where(_silent_since(moment), *some)
        asked += _queue(session, page, now, asked)
        last += _PAGE
    return asked


def count_before(session: Session, moment: datetime, *, clock: Clock) -> int:
    """Return how many ``ask_all_before`` would ask."""
    found = _asked_of(clock.now()).where(_silent_since(moment)).order_by(None)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _silent_since(moment: datetime) -> ColumnElement[bool]:
    return or_(SubscriberRow.confirmed_at < moment, SubscriberRow.confirmed_at.is_(None))


def _asked_of(now: datetime) -> Select[int]:
    """Return the SELECT of the row ids of those who may be asked now."""
    asked = select(NoticeRow.id).where(
        NoticeRow.subscriber_id == SubscriberRow.id,
        NoticeRow.kind == RECONFIRM,
        NoticeRow.queued_at > now - ASK_AGAIN,
    )
    return (
        select(SubscriberRow.id)
        .where(stands(Status.CONFIRMED, now), ~asked.exists())
        .order_by(SubscriberRow.id)
    )


def _queue(session: Session, who: Select[int], now: datetime, before: int) -> int:
    """Queue one page; ``before`` are queued already and come first."""
    found = session.scalars(who).all()
    if found:
        session.execute(insert(NoticeRow), reconfirming(found, now, now + before * PACE))
    return len(found)
