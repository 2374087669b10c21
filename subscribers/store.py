"""Queries on the list. They take a Session and never commit (law 8); what grows with the list is set-based.

A reader's status, and for a paused one the day, decide who is mailed (``subscribers.audience``). The
suppression table is the guard at the doors: whoever wants to put an address on the list (form, command,
import) asks it first. Suppressing a reader who is on the list therefore writes both, the hash and the status.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from digest.db import Base, chunks
from digest.errors import NotFound
from digest.frames import ENGLISH
from subscribers.addresses import Address
from subscribers.audience import stands
from subscribers.notices import cancel_where
from subscribers.rows import NoticeRow, SubscriberRow, SuppressionRow
from subscribers.values import ON_THE_LIST, Reader, Reason, Status, standing

# So many readers of a long list are in memory at once.
_PAGE = 1000
# The bytes of a public id: those that ids made together share, and each reader's own.
_SHARED, _OWN = 3, 13
_READER = (
    SubscriberRow.id,
    SubscriberRow.public_id,
    SubscriberRow.address,
    SubscriberRow.name,
    SubscriberRow.status,
    SubscriberRow.joined_at,
    SubscriberRow.paused_until,
)


class Contact(NamedTuple):
    """What the sender needs to mail one reader; it lives for one batch and is never stored."""

    id: int
    public_id: str
    address: str
    name: str | None
    status: Status


def contacts(session: Session, ids: Collection[int], now: datetime) -> dict[int, Contact]:
    """Return the contacts of these readers by id; an erased reader is missing.

    Whoever is about to send looks at ``status`` again: a reader may have left since the audience was frozen.
    """
    found: dict[int, Contact] = {}
    for chunk in chunks(ids):
        for row in session.execute(select(*_READER).where(SubscriberRow.id.in_(chunk))):
            found[row.id] = _contact(row, now)
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the list: readers in one status, with one interest (a category), or reading one language.

    Who chose no interests has all of them.
    """

    status: Status | None = None
    interest: str | None = None
    language: str | None = None

    def ranges(self, now: datetime) -> list[list[ColumnElement[bool]]]:
        """Return the conditions of this part at ``now``: a list for each range of the index of statuses."""
        row, ranges = SubscriberRow, list[list[ColumnElement[bool]]]([[]])
        if self.status is Status.CONFIRMED:
            ranges = [
                [row.status == Status.CONFIRMED],
                [row.status == Status.PAUSED, row.paused_until <= now],
            ]
        elif self.status is not None:
            ranges = [[stands(self.status, now)]]
        also = []
        if self.interest is not None:
            lines = literal("\n") + row.interests + literal("\n")
            wanted = lines.icontains(f"\n{self.interest}\n", autoescape=True)
            also.append(or_(row.interests.is_(None), wanted))
        if self.language is not None:
            also.append(row.language == self.language)
        return [[*one, *also] for one in ranges]


EVERYBODY = Part()


def readers(
    session: Session,
    now: datetime,
    part: Part = EVERYBODY,
    limit: int | None = None,
    after: int = 0,
) -> Iterator[Reader]:
    """Yield readers as they stand at ``now``, in the order they joined, page by page, at most ``limit``.

    ``after`` is the row id of the last one known already.
    """
    last, left = after, limit
    while left is None or left > 0:
        most = _PAGE if left is None else min(_PAGE, left)
        # Each range is in order; asked for together, all of them would have to be sorted.
        ranges = [_range(session, now, last, most, where) for where in part.ranges(now)]
        page = list(islice(merge(*ranges, key=itemgetter(0)), most))
        if not page:
            return
        yield from (reader for _, reader in page)
        last = page[-1][0]
        if left is not None:
            left -= len(page)


def _range(
    session: Session, now: datetime, last: int, most: int, where: Sequence[ColumnElement[bool]]
) -> list[tuple[int, Reader]]:
    row = SubscriberRow
    rows = session.execute(select(*_READER).where(row.id > last, *where).order_by(row.id).limit(most))
    return [(found.id, _reader(*found[1:], now)) for found in rows]


def find(session: Session, key: str, *, lock: bool = False) -> SubscriberRow | None:
    """Return the reader with this address key; ``lock`` keeps others from changing the row until the end."""
    return _one(session, select(SubscriberRow).where(SubscriberRow.address_key == key), lock)


def find_by_public_id(session: Session, public_id: str, *, lock: bool = False) -> SubscriberRow | None:
    """Return the reader with this public id, or None if it was erased or never existed."""
    return _one(session, select(SubscriberRow).where(SubscriberRow.public_id == public_id), lock)


def place_of(session: Session, public_id: str) -> int:
    """Return the row id of a reader, after which a listing goes on; raises NotFound."""
    place = session.scalar(select(SubscriberRow.id).where(SubscriberRow.public_id == public_id))
    if place is None:
        raise NotFound(
            f"no reader has the id {public_id[:40]!r}; take one from: digest subscribers list --json"
        )
    return place


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


def language_of(session: Session, public_id: str) -> str:
    """Return the language a reader chose; English for one who is not on the list."""
    query = select(SubscriberRow.language).where(SubscriberRow.public_id == public_id)
    return session.scalar(query) or ENGLISH


def reader_of(row: SubscriberRow, now: datetime) -> Reader:
    """Return a row, as it stands at ``now``, as the plain value that may leave this room."""
    return _reader(row.public_id, row.address, row.name, row.status, row.joined_at, row.paused_until, now)


def new_public_ids(number: int) -> list[str]:
    """Return so many new public ids: 16 bytes in URL-safe base64 without padding, 22 letters.

    The first three bytes are the same for all of them: ids that come together then lie side by side in their
    index, and an import of a million does not rewrite all of it again and again. The others, 104 random bits,
    are each reader's own.
    """
    shared, random = secrets.token_bytes(_SHARED), secrets.token_bytes(number * _OWN)
    return [
        urlsafe_b64encode(shared + random[at : at + _OWN])[:-2].decode("ascii")
        for at in range(0, number * _OWN, _OWN)
    ]


def new_reader(
    address: Address, name: str | None, status: Status, *, consent: str, now: datetime
) -> dict[str, Any]:
    """Return the columns of a new reader. ``consent`` says how the address came (``consent.Form``)."""
    return {
        "public_id": new_public_ids(1)[0],
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
        cancel_where(session, NoticeRow.subscriber_id.in_(theirs))
        session.execute(
            update(SubscriberRow)
            .where(SubscriberRow.address_key.in_(chunk), SubscriberRow.status.in_(ON_THE_LIST))
            .values(status=status.value, left_at=now, paused_until=None)
        )


def statuses(session: Session, keys: Collection[str]) -> dict[str, Status]:
    """Return the stored status of the readers among these address keys, any number of them."""
    found = select(SubscriberRow.address_key, SubscriberRow.status)
    rows = session.execute(found.where(among(session, SubscriberRow.address_key, keys)))
    words = {status.value: status for status in Status}
    return {key: words[status] for key, status in rows}


def staying(session: Session, keys: Collection[str]) -> list[int]:
    """Return the row ids of those among these address keys who have not left; they stay so until the end."""
    row = SubscriberRow
    # The status is not asked for in SQL: SQLite would take its index, which finds almost everybody.
    found = select(row.id, row.status).where(among(session, row.address_key, keys)).with_for_update()
    return [number for number, status in session.execute(found) if status in ON_THE_LIST]


def last_id(session: Session) -> int:
    """Return the newest reader's row id, 0 for an empty list."""
    return session.scalar(select(func.max(SubscriberRow.id))) or 0


def suppressions(session: Session, hashes: Collection[str]) -> dict[str, SuppressionRow]:
    """Return those of these address hashes that are suppressed."""
    rows = session.scalars(select(SuppressionRow).where(among(session, SuppressionRow.address_hash, hashes)))
    return {row.address_hash: row for row in rows}


def any_suppressed(session: Session) -> bool:
    """Tell whether any address is suppressed at all; hashing a million for an empty table is time lost."""
    return session.scalar(select(SuppressionRow.address_hash).limit(1)) is not None


def add_suppressions(session: Session, hashes: Iterable[str], reason: Reason, now: datetime) -> None:
    """Suppress address hashes; one that is suppressed already keeps its first reason and date."""
    rows = [{"address_hash": value, "reason": reason.value, "at": now} for value in hashes]
    insert_missing(session, SuppressionRow, rows, ["address_hash"])


def insert_missing(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], unique: list[str]
) -> None:
    """Insert rows, leaving out those whose ``unique`` columns are taken, on SQLite and PostgreSQL."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=unique)
    session.execute(statement, list(rows))


def among(
    session: Session, column: InstrumentedAttribute[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of these values: one bound value, however many they are."""
    if session.get_bind().dialect.name == "postgresql":
        return column == func.any(literal(list(values), postgresql.ARRAY(column.type)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


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
