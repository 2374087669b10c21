"""Queries on the ledger. They take a Session and never commit (law 8); the audience is never read whole.

The states and the ways between them are law 4's. Every statement that moves a delivery names the state it
comes from, so a second process, or the same result written twice, can never move one that is settled.

A claim locks nothing: one process at a time sends from a database (``jobs.sending.lock``), and what decides
whether a body may leave is the conditional UPDATE of ``mark_sending``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy import Result as Rows
from sqlalchemy.orm import Session

from digest.db import Base, UtcDateTime
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import Counts, Delivery, Entry, Result, State
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow

__all__ = [
    "Counts",
    "changed",
    "claim_due",
    "counts",
    "counts_by_edition",
    "forget_unsent",
    "is_idle",
    "listing",
    "mark_sending",
    "next_due_at",
    "orphans_to_unknown",
    "record",
    "waiting_for_hour",
]

ORPHANED = "the sender stopped before the answer was recorded; it may or may not have arrived"


def claim_due(
    session: Session, issue_id: int, now: datetime, limit: int, after: Delivery | None = None
) -> list[Delivery]:
    """Return at most ``limit`` pending deliveries that are due, the longest due first.

    ``after`` is the last one of the claim before: the scan goes on behind it, in the order of the index, so
    that a claim costs the same at the end of a long list as at its beginning.
    """
    row = DeliveryRow
    due = select(
        row.id, row.reader_id, row.attempts, row.first_try_at, row.next_try_at, row.edition_id
    ).where(row.issue_id == issue_id, row.state == State.PENDING, row.next_try_at <= now)
    if after is not None:
        due = due.where(tuple_(row.next_try_at, row.id) > (after.next_try_at, after.id))
    found = session.execute(due.order_by(row.next_try_at, row.id).limit(limit))
    return [Delivery(*columns) for columns in found]


def mark_sending(session: Session, ids: Collection[int], now: datetime) -> set[int]:
    """Record "about to send" for pending deliveries; return the ids of those that were pending still.

    The caller commits before it lets a body go, and lets none go for an id that is missing here.
    """
    marked = session.connection().execute(_MARK, {"ids": list(ids), "now": now})
    return {number for (number,) in marked}


def record(session: Session, results: Sequence[Result], now: datetime) -> None:
    """Write results; one for a delivery that is settled already is ignored, so repeating does no harm."""
    if results:
        session.connection().execute(_RECORD, [_parameters(result, now) for result in results])


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
    row = DeliveryRow
    first = next_due_at(session, issue_id)
    in_flight = select(row.id).where(row.issue_id == issue_id, row.state == State.SENDING).limit(1)
    return first is not None and first > until and session.scalar(in_flight) is None


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
            row.updated_at,
        )
        .where(row.issue_id == issue_id, row.state == state, row.id > after)
        .order_by(row.id)
        .limit(limit)
    )
    return [
        Entry(number, reader, edition, State(word), attempts, code, reply, at)
        for number, reader, edition, word, attempts, code, reply, at in page
    ]


_DELIVERY = Base.metadata.tables[DeliveryRow.__tablename__]
_COLUMNS = ("state", "attempts", "first_try_at", "next_try_at", "code", "reply")

# The two statements of every barrier. Built once and without the ORM: building them is most of their cost.
_MARK = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.id.in_(bindparam("ids", expanding=True)),
        _DELIVERY.c.state == State.PENDING,
        # Asked at the last moment, not only when it was claimed: who leaves or pauses is not mailed.
        audience_select(bindparam("now", type_=UtcDateTime()))
        .where(SubscriberRow.id == _DELIVERY.c.reader_id)
        .correlate(_DELIVERY)
        .exists(),
    )
    .values(
        state=State.SENDING,
        attempts=_DELIVERY.c.attempts + 1,
        first_try_at=func.coalesce(_DELIVERY.c.first_try_at, bindparam("now", type_=UtcDateTime())),
        updated_at=bindparam("now", type_=UtcDateTime()),
    )
    .returning(_DELIVERY.c.id)
)
_RECORD = (
    update(_DELIVERY)
    # Not IN (…), which is expanded for each call and therefore refused in executemany.
    .where(
        _DELIVERY.c.id == bindparam("which"),
        or_(_DELIVERY.c.state == State.PENDING, _DELIVERY.c.state == State.SENDING),
    )
    .values(
        {name: bindparam(f"new_{name}", type_=_DELIVERY.c[name].type) for name in (*_COLUMNS, "updated_at")}
    )
)


def _parameters(result: Result, now: datetime) -> dict[str, Any]:
    values = {f"new_{name}": getattr(result, name) for name in _COLUMNS}
    return values | {"which": result.delivery_id, "new_updated_at": now}


def changed(rows: Rows[Any]) -> int:
    """Return how many rows a statement changed."""
    return cast("CursorResult[Any]", rows).rowcount
