"""Queries on the list. They take a Session and never commit (law 8); what grows with the list is set-based.

A reader's status, and for a paused one the day, decide who is mailed, so that an audience is one indexed
SELECT and a pause ends by itself. The suppression
table is the guard at the doors: whoever wants to put an address on the list (form, command, import) asks it
first. Suppressing a reader who is on the list therefore writes both, the hash and the status.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.db import Base, chunks
from subscribers.addresses import Address
from subscribers.notices import CANCELLED, PENDING
from subscribers.rows import NoticeRow, SubscriberRow, SuppressionRow
from subscribers.values import ON_THE_LIST, Reader, Reason, Status, standing

# A time, or a place in a statement that is filled with one.
Moment = datetime | ColumnElement[datetime]
# So many readers of a long list are in memory at once.
_PAGE = 1000
# The statuses of everybody an issue may go to, now or when a pause is over.
AUDIENCE = (Status.CONFIRMED, Status.PAUSED)
_READER = (
    SubscriberRow.id,
    SubscriberRow.public_id,
    SubscriberRow.address,
    SubscriberRow.name,
    SubscriberRow.status,
    SubscriberRow.joined_at,
    SubscriberRow.paused_until,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """What the sender needs to mail one reader; it lives for one batch and is never stored."""

    id: int
    public_id: str
    address: str
    name: str | None
    status: Status


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


def audience_select(now: Moment) -> Select[int]:
    """Return the SELECT of ``subscriber.id`` for everybody an issue goes to at ``now``.

    That is every confirmed reader, and every paused one whose day has come. A suppressed one is neither: see
    the module's first lines.
    """
    return select(SubscriberRow.id).where(stands(Status.CONFIRMED, now))


def count_audience(session: Session, now: datetime) -> int:
    """Return how many readers an issue would go to at ``now``."""
    return session.scalar(select(func.count()).select_from(audience_select(now).subquery())) or 0


def contacts(session: Session, ids: Collection[int], now: datetime) -> dict[int, Contact]:
    """Return the contacts of these readers by id; an erased reader is missing.

    Whoever is about to send looks at ``status`` again: a reader may have left since the audience was frozen.
    """
    found: dict[int, Contact] = {}
    for chunk in chunks(ids):
        for row in session.execute(select(*_READER).where(SubscriberRow.id.in_(chunk))):
            found[row.id] = _contact(row, now)
    return found


def readers(
    session: Session, now: datetime, status: Status | None = None, limit: int | None = None
) -> Iterator[Reader]:
    """Yield readers as they stand at ``now``, in the order they joined, page by page, at most ``limit``."""
    last, left = 0, limit
    while left is None or left > 0:
        page = select(*_READER).where(SubscriberRow.id > last).order_by(SubscriberRow.id)
        if status is not None:
            page = page.where(stands(status, now))
        rows = session.execute(page.limit(_PAGE if left is None else min(_PAGE, left))).all()
        if not rows:
            return
        for row in rows:
            yield _reader(*row[1:], now)
        last = rows[-1].id
        left = None if left is None else left - len(rows)


def count_by_status(session: Session, now: datetime) -> dict[Status, int]:
    """Return how many readers stand where at ``now``; every status is there, be it with 0."""
    row = SubscriberRow
    over = and_(row.status == Status.PAUSED, row.paused_until <= now)
    # A table of its own: PostgreSQL does not see that two CASE with bound values are the same.
    word = select(case((over, Status.CONFIRMED.value), else_=row.status).label("word")).subquery().c.word
    rows = session.execute(select(word, func.count()).group_by(word))
    counted: dict[str, int] = dict(rows.all())
    return {status: counted.get(status.value, 0) for status in Status}


def find(session: Session, key: str, *, lock: bool = False) -> SubscriberRow | None:
    """Return the reader with this address key; ``lock`` keeps others from changing the row until the end."""
    return _one(session, select(SubscriberRow).where(SubscriberRow.address_key == key), lock)


def find_by_public_id(session: Session, public_id: str, *, lock: bool = False) -> SubscriberRow | None:
    """Return the reader with this public id, or None if it was erased or never existed."""
    return _one(session, select(SubscriberRow).where(SubscriberRow.public_id == public_id), lock)


def search(session: Session, part: str, limit: int, now: datetime) -> list[Reader]:
    """Return the first readers, in the order they joined, whose address or name holds ``part``."""
    query = select(*_READER).order_by(SubscriberRow.id).limit(limit)
    if part:
        holds = (
            column.icontains(part, autoescape=True) for column in (SubscriberRow.address, SubscriberRow.name)
        )
        query = query.where(or_(*holds))
    return [_reader(*row[1:], now) for row in session.execute(query)]


def contact_of(session: Session, public_id: str, now: datetime) -> Contact | None:
    """Return what the sender needs of the reader with this public id, or None."""
    row = session.execute(select(*_READER).where(SubscriberRow.public_id == public_id)).one_or_none()
    return row and _contact(row, now)


def reader_of(row: SubscriberRow, now: datetime) -> Reader:
    """Return a row, as it stands at ``now``, as the plain value that may leave this room."""
    return _reader(row.public_id, row.address, row.name, row.status, row.joined_at, row.paused_until, now)


def new_reader(
    address: Address, name: str | None, status: Status, *, consent: str, now: datetime
) -> dict[str, Any]:
    """Return the columns of a new reader. ``consent`` says how the address came: form, operator, import."""
    return {
        "public_id": secrets.token_urlsafe(16),
        "address": address.display,
        "address_key": address.key,
        "name": name,
        "status": status.value,
        "joined_at": now,
        "confirmed_at": now if status is Status.CONFIRMED else None,
        "left_at": None if status in ON_THE_LIST else now,
        "consent": consent,
    }


def insert_readers(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add readers (made by ``new_reader``); one whose address is already there stays as it is."""
    insert_missing(session, SubscriberRow, rows, ["address_key"])


def silence(session: Session, keys: Collection[str], status: Status, now: datetime) -> None:
    """Give readers by address key a status in which nothing is sent; who has already left keeps theirs.

    Single mails that wait for them are taken back.
    """
    for chunk in chunks(keys):
        theirs = select(SubscriberRow.id).where(SubscriberRow.address_key.in_(chunk))
        session.execute(
            update(NoticeRow)
            .where(NoticeRow.state == PENDING, NoticeRow.subscriber_id.in_(theirs))
            .values(state=CANCELLED)
        )
        session.execute(
            update(SubscriberRow)
            .where(SubscriberRow.address_key.in_(chunk), SubscriberRow.status.in_(ON_THE_LIST))
            .values(status=status.value, left_at=now, paused_until=None)
        )


def statuses(session: Session, keys: Collection[str]) -> dict[str, tuple[int, Status]]:
    """Return id and stored status of the readers among these address keys."""
    found: dict[str, tuple[int, Status]] = {}
    columns = (SubscriberRow.address_key, SubscriberRow.id, SubscriberRow.status)
    for chunk in chunks(keys):
        for key, number, status in session.execute(
            select(*columns).where(SubscriberRow.address_key.in_(chunk))
        ):
            found[key] = (number, Status(status))
    return found


def last_id(session: Session) -> int:
    """Return the newest reader's row id, 0 for an empty list."""
    return session.scalar(select(func.max(SubscriberRow.id))) or 0


def suppressions(session: Session, hashes: Collection[str]) -> dict[str, SuppressionRow]:
    """Return those of these address hashes that are suppressed."""
    found: dict[str, SuppressionRow] = {}
    for chunk in chunks(hashes):
        for row in session.scalars(select(SuppressionRow).where(SuppressionRow.address_hash.in_(chunk))):
            found[row.address_hash] = row
    return found


def add_suppressions(session: Session, hashes: Iterable[str], reason: Reason, now: datetime) -> None:
    """Suppress address hashes; one that is suppressed already keeps its first reason and date."""
    rows = [{"address_hash": value, "reason": reason.value, "at": now} for value in hashes]
    insert_missing(session, SuppressionRow, rows, ["address_hash"])


def count_suppressed(session: Session) -> int:
    """Return how many addresses are suppressed, erased ones among them."""
    return session.scalar(select(func.count()).select_from(SuppressionRow)) or 0


def insert_missing(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], unique: list[str]
) -> None:
    """Insert rows, leaving out those whose ``unique`` columns are taken, on SQLite and PostgreSQL."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=unique)
    session.execute(statement, list(rows))


def _one(session: Session, query: Select[SubscriberRow], lock: bool) -> SubscriberRow | None:
    # SQLite has no row locks and needs none: a writing transaction has the whole file (BEGIN IMMEDIATE).
    return session.scalar(query.with_for_update() if lock else query)


def _contact(row: Row[*tuple[Any, ...]], now: datetime) -> Contact:
    return Contact(row.id, row.public_id, row.address, row.name, standing(row.status, row.paused_until, now))


def _reader(
    public_id: str,
    address: str,
    name: str | None,
    status: str,
    joined_at: datetime,
    paused_until: datetime | None,
    now: datetime,
) -> Reader:
    stands_as = standing(status, paused_until, now)
    until = paused_until if stands_as is Status.PAUSED else None
    return Reader(public_id, address, name, stands_as, joined_at, until)
