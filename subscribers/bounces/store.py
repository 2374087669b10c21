"""Queries on what came back. They take a Session and never commit (law 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.db import chunks
from subscribers import store
from subscribers.audience import AUDIENCE
from subscribers.events import What
from subscribers.rows import NoticeRow, ReaderEventRow, SoftBounceRow, SubscriberRow

# What a reader can only do with a link from a mail that arrived.
_PROOFS = (What.CONFIRMED, What.CHOSE, What.PAUSED, What.RESUMED, What.CAME_BACK, What.CHANGED_ADDRESS)


def find_reader(session: Session, reader_id: int) -> SubscriberRow | None:
    """Return a reader by row id, locked until the transaction ends; None once erased."""
    return session.scalar(select(SubscriberRow).where(SubscriberRow.id == reader_id).with_for_update())


def notice_kind(session: Session, notice_id: int, reader_id: int) -> str | None:
    """Return of which kind a reader's notice was, None for one that is no longer kept."""
    query = select(NoticeRow.kind).where(NoticeRow.id == notice_id, NoticeRow.subscriber_id == reader_id)
    return session.scalar(query)


def last_event(session: Session, reader_id: int, *what: What) -> datetime | None:
    """Return when one of these things last happened to a reader."""
    happened = select(func.max(ReaderEventRow.at)).where(
        ReaderEventRow.subscriber_id == reader_id, ReaderEventRow.what.in_(what)
    )
    return session.scalar(happened)


def moved_since(session: Session, reader_ids: Collection[int], day: date) -> set[int]:
    """Return those of these readers who changed their address on this day (UTC) or later."""
    start, moved = datetime.combine(day, time(), UTC), set[int]()
    for chunk in chunks(reader_ids):
        changed = select(ReaderEventRow.subscriber_id).where(
            ReaderEventRow.subscriber_id.in_(chunk),
            ReaderEventRow.what == What.CHANGED_ADDRESS,
            ReaderEventRow.at >= start,
        )
        moved.update(session.scalars(changed))
    return moved


def add_soft(session: Session, statuses: Mapping[int, str], day: date) -> list[int]:
    """Keep that mail of this day did not reach these readers; return those for whom that is news."""
    known: set[int] = set()
    for chunk in chunks(statuses):
        held = select(SoftBounceRow.subscriber_id).where(
            SoftBounceRow.subscriber_id.in_(chunk), SoftBounceRow.day == day
        )
        known.update(session.scalars(held))
    fresh = [reader for reader in statuses if reader not in known]
    rows = [{"subscriber_id": reader, "day": day, "status": statuses[reader]} for reader in fresh]
    store.insert_missing(session, SoftBounceRow, rows, ["subscriber_id", "day"])
    return fresh


def with_soft_days(session: Session, reader_ids: Collection[int], least: int) -> list[SubscriberRow]:
    """Return those of these readers to whom issues go and who have at least so many soft bounces, ever."""
    found: list[SubscriberRow] = []
    for chunk in chunks(reader_ids):
        often = (
            select(SoftBounceRow.subscriber_id)
            .where(SoftBounceRow.subscriber_id.in_(chunk))
            .group_by(SoftBounceRow.subscriber_id)
            .having(func.count() >= least)
        )
        mailed = SubscriberRow.status.in_(AUDIENCE)
        found += session.scalars(select(SubscriberRow).where(SubscriberRow.id.in_(often), mailed))
    return found


def soft_days(session: Session, reader: SubscriberRow, until: date, window: timedelta) -> int:
    """Return on how many days mail to a reader failed in a row, as far as anybody can tell.

    Counted are the days of the window before ``until``. It is as many times as long for whoever gets an
    issue every so many weeks. What lies before a deed that only a mail's reader can do, or before the last
    probe, does not count.
    """
    since = [until - window * reader.every_weeks]
    for what in (_PROOFS, (What.PROBED,)):
        happened = last_event(session, reader.id, *what)
        since += [] if happened is None else [happened.date()]
    counted = select(func.count()).where(
        SoftBounceRow.subscriber_id == reader.id,
        SoftBounceRow.day > max(since),
        SoftBounceRow.day <= until,
    )
    return session.scalar(counted) or 0
