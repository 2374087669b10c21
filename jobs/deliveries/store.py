"""Queries on the ledger. They take a Session and never commit (law 8); the audience is never read whole.

The states and the ways between them are law 4's. Every statement that moves a delivery names the state it
comes from, so a second process, or the same result written twice, can never move one that is settled.

A claim locks nothing: one process at a time sends from a database (``jobs.sending.lock``), and what decides
whether a body may leave is the conditional UPDATE of ``jobs.deliveries.statements``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Dialect,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy import Result as Rows
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from digest.db import UtcDateTime
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.deliveries.values import Counts, Delivery, Entry, Letter, Progress, State
from subscribers.audience import stands
from subscribers.rows import SubscriberRow
from subscribers.store import Contact
from subscribers.values import Status

__all__ = [
    "Counts",
    "changed",
    "claim_due",
    "counts",
    "counts_by_edition",
    "due_now",
    "forget_unsent",
    "is_idle",
    "is_in_flight",
    "listing",
    "next_due_at",
    "orphans_to_unknown",
    "progress_of",
    "settle_unknown",
    "waiting_for_hour",
]

# What a person decided for an unknown delivery, by where it then stands.
DECIDED = {State.SENT: "counted as sent by a person", State.PENDING: "sent again by a person’s decision"}
_BEGINNING = datetime.min.replace(tzinfo=UTC)
ORPHANED = "the sender stopped before the answer was recorded; it may or may not have arrived"


def claim_due(
    session: Session, issue_id: int, now: datetime, limit: int, after: Delivery | None = None
) -> list[Letter]:
    """Return at most ``limit`` pending deliveries that are due with their readers, the longest due first.

    ``after`` is the last one of the claim before: the scan goes on behind it, in the order of the index, so
    that a claim costs the same at the end of a long list as at its beginning.
    """
    given = {"issue": issue_id, "now": now, "limit": limit, "time": _BEGINNING, "id": 0}
    if after is None:
        return _letters(session, _LATER, given)
    given |= {"time": after.next_try_at, "id": after.id}
    letters = _letters(session, _SAME_TIME, given)
    if len(letters) < limit:
        letters += _letters(session, _LATER, given | {"limit": limit - len(letters)})
    return letters


def _letters(session: Session, claiming: Select[*tuple[Any, ...]], given: dict[str, Any]) -> list[Letter]:
    connection = session.connection()
    time = _reading_times(connection.dialect)
    return [
        Letter(
            Delivery(number, reader_id, attempts, time(first_try_at), time(next_try_at), edition_id),
            None if public_id is None else Contact(reader_id, public_id, address, name, Status.CONFIRMED),
        )
        for (
            number, reader_id, attempts, first_try_at, next_try_at, edition_id, public_id, address, name
        ) in connection.execute(claiming, given)
    ]  # fmt: skip


@lru_cache(maxsize=8)
def _reading_times(dialect: Dialect) -> Callable[[Any], Any]:
    """Return what reads a time as the driver gives it; the one of all who chose no hour is read once."""
    read = UtcDateTime().dialect_impl(dialect).result_processor(dialect, None)
    assert read is not None
    return lru_cache(maxsize=1000)(read)


def _claiming(*behind: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return a query behind ``claim_due``: a reader who may not be mailed any more is null."""
    row, reader = DeliveryRow, SubscriberRow
    now = bindparam("now", type_=UtcDateTime())
    willing = and_(reader.id == row.reader_id, stands(Status.CONFIRMED, now))
    return (
        select(
            row.id,
            row.reader_id,
            row.attempts,
            type_coerce(row.first_try_at, NullType),
            type_coerce(row.next_try_at, NullType),
            row.edition_id,
            reader.public_id,
            reader.address,
            reader.name,
        )
        .outerjoin_from(row, reader, willing)
        .where(
            row.issue_id == bindparam("issue"), row.state == State.PENDING, row.next_try_at <= now, *behind
        )
        .order_by(row.next_try_at, row.id)
        .limit(bindparam("limit", type_=Integer))
    )


# Two, for SQLite does not find (next_try_at, id) > (?, ?) by the index: it looks at all who have that time.
_SAME_TIME = _claiming(DeliveryRow.next_try_at == bindparam("time"), DeliveryRow.id > bindparam("id"))
_LATER = _claiming(DeliveryRow.next_try_at > bindparam("time"))


def orphans_to_unknown(session: Session, issue_id: int, now: datetime) -> int:
    """Settle what a dead process left as ``sending``: it may have arrived, so it is ``unknown`` from now on.

    Return how many there were. To be called under the sender's lock, before anything is sent.
    """
    return changed(
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == State.SENDING)
            .values(state=State.UNKNOWN, updated_at=now, code=None, reply=ORPHANED)
            .execution_options(synchronize_session=False)
        )
    )


def settle_unknown(
    session: Session, issue_id: int, state: State, now: datetime, readers: Collection[int] | None = None
) -> int:
    """Do what a person decided for unknown deliveries, all or those to some readers; return for how many.

    SENT counts them as sent. PENDING has them sent again, at once: as before, by the same Message-ID, with as
    long to try as anybody. One that is not unknown any more is left alone.
    """
    row = DeliveryRow
    where = [row.issue_id == issue_id, row.state == State.UNKNOWN]
    if readers is not None:
        where.append(row.reader_id.in_(readers))
    values: dict[str, Any] = {"state": state, "updated_at": now, "reply": DECIDED[state]}
    if state is State.PENDING:
        values |= {"first_try_at": None, "next_try_at": now, "relay": None}
    chosen = update(row).where(*where).values(values)
    return changed(session.execute(chosen.execution_options(synchronize_session=False)))


def progress_of(session: Session, issue_id: int) -> Progress | None:
    """Return what the last run of the issue's send-out told of itself; None before the first."""
    row = session.get(ProgressRow, issue_id)
    return Progress(*(getattr(row, field.name) for field in fields(Progress))) if row else None


def due_now(session: Session, issue_id: int, now: datetime) -> int:
    """Return how many deliveries a sender has still to do by ``now``, those in flight with them."""
    row = DeliveryRow
    due = select(func.count()).where(row.issue_id == issue_id, row.state == State.PENDING)
    flying = select(func.count()).where(row.issue_id == issue_id, row.state == State.SENDING)
    return (session.scalar(due.where(row.next_try_at <= now)) or 0) + (session.scalar(flying) or 0)


def counts(session: Session, issue_id: int) -> Counts:
    """Return how many deliveries of the issue stand where; all zero before it was started."""
    rows = session.execute(
        select(DeliveryRow.state, func.count())
        .where(DeliveryRow.issue_id == issue_id)
        .group_by(DeliveryRow.state)
    )
    return Counts(**dict(rows.all()))


def counts_by_edition(session: Session, issue_id: int) -> dict[int | None, int]:
    """Return how many deliveries each edition of the issue has, by edition id, None for its own bytes."""
    edition = DeliveryRow.edition_id
    rows = session.execute(
        select(edition, func.count()).where(DeliveryRow.issue_id == issue_id).group_by(edition)
    )
    return dict(rows.all())


def forget_unsent(session: Session, issue_id: int) -> bool:
    """Delete the issue's deliveries if not one of them may have reached its reader; tell whether so."""
    standing = counts(session, issue_id)
    if standing.sent or standing.sending or standing.unknown:
        return False
    session.execute(delete(DeliveryRow).where(DeliveryRow.issue_id == issue_id))
    return True


def waiting_for_hour(session: Session, issue_id: int, now: datetime) -> int:
    """Return how many readers were not tried yet because the hour they chose is still to come."""
    row = DeliveryRow
    waiting = select(func.count()).where(
        row.issue_id == issue_id,
        row.state == State.PENDING,
        row.next_try_at > now,
        row.first_try_at.is_(None),
    )
    return session.scalar(waiting) or 0


def is_idle(session: Session, issue_id: int, until: datetime) -> bool:
    """Tell whether a sender has nothing to do for an issue up to ``until``: all there is waits for later."""
    first = next_due_at(session, issue_id)
    return first is not None and first > until and not is_in_flight(session, issue_id)


def is_in_flight(session: Session, issue_id: int) -> bool:
    """Tell whether a delivery of the issue is marked as about to be sent, by a sender that lives or died."""
    row = DeliveryRow
    marked = select(row.id).where(row.issue_id == issue_id, row.state == State.SENDING).limit(1)
    return session.scalar(marked) is not None


def next_due_at(session: Session, issue_id: int) -> datetime | None:
    """Return when the next pending delivery is due (perhaps in the past), or None if nobody waits."""
    return session.scalar(
        select(func.min(DeliveryRow.next_try_at)).where(
            DeliveryRow.issue_id == issue_id, DeliveryRow.state == State.PENDING
        )
    )


def listing(session: Session, issue_id: int, state: State, limit: int, after: int = 0) -> list[Entry]:
    """Return a page of the deliveries in one state (failed, unknown, …), those with an id above ``after``."""
    row = DeliveryRow
    page = session.execute(
        select(
            row.id,
            row.reader_id,
            row.edition_id,
            row.state,
            row.attempts,
            row.code,
            row.reply,
            row.relay,
            row.first_try_at,
            row.next_try_at,
            row.updated_at,
        )
        .where(row.issue_id == issue_id, row.state == state, row.id > after)
        .order_by(row.id)
        .limit(limit)
    )
    return [
        Entry(number, reader, edition, State(word), *rest) for number, reader, edition, word, *rest in page
    ]


def changed(rows: Rows[Any]) -> int:
    """Return how many rows a statement changed."""
    return cast("CursorResult[Any]", rows).rowcount
