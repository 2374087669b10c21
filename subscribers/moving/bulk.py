"""Many readers in few statements, as each database takes them fastest.

SQLite gets one prepared statement for all rows, PostgreSQL a COPY into a temporary table and one INSERT out
of it. Both leave those out whose address came onto the list meanwhile. Rows go to the driver as they are: to
take them through SQLAlchemy's types costs more than storing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from subscribers import notices, store
from subscribers.events import What, written
from subscribers.rows import NoticeRow, ReaderEventRow, SubscriberRow
from subscribers.values import Status

# A time as a driver takes it: a text of SQLAlchemy's making for SQLite.
Stamp = datetime | str
# public_id, address, address_key, name, status, joined_at, confirmed_at, left_at, consent. A plain tuple:
# it goes to the driver as it is, a million times.
NewReader = tuple[str, str, str, str | None, str, Stamp, Stamp | None, Stamp | None, str]
# OR FAIL: because of the trigger that counts readers, SQLite would else keep a copy of what each row changes,
# to take that row back alone, for a third of the time. Here a failure ends the whole piece.
_INSERT = """
    INSERT OR FAIL INTO subscriber
        (public_id, address, address_key, name, status, joined_at, confirmed_at, left_at, consent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (address_key) DO NOTHING
"""
_ARRIVING = """
    CREATE TEMPORARY TABLE arriving (
        place integer, public_id text, address text, address_key text, name text, status text,
        joined_at timestamptz, confirmed_at timestamptz, left_at timestamptz, consent text
    ) ON COMMIT DROP
"""
_ARRIVE = """
    WITH fresh AS (
        INSERT INTO subscriber
            (public_id, address, address_key, name, status, joined_at, confirmed_at, left_at, consent)
        SELECT public_id, address, address_key, name, status, joined_at, confirmed_at, left_at, consent
        FROM arriving ORDER BY place
        ON CONFLICT (address_key) DO NOTHING
        RETURNING status
    )
    SELECT status, count(*) FROM fresh GROUP BY status
"""


def add_readers(session: Session, readers: Iterable[NewReader]) -> Counter[Status]:
    """Add readers; return how many were new, by status.

    Their consent says where they came from, so their timeline needs no line of its own for that.
    """
    add = _copy if _on_postgres(session) else _execute
    return Counter({Status(status): number for status, number in add(session, list(readers))})


def stamp(session: Session, moment: datetime) -> Stamp:
    """Return a time as the driver takes it."""
    if _on_postgres(session):
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def silence(session: Session, keys: Sequence[str], status: Status, *, origin: str, now: datetime) -> None:
    """Give readers by address key a status in which nothing is sent; who has already left keeps theirs."""
    ids = store.staying(session, keys)
    if not ids:
        return
    row, event = SubscriberRow, ReaderEventRow
    said = (
        literal(now, event.at.type),
        literal(What.IMPORTED.value),
        literal(written({"from": origin, "as": status.value})),
    )
    theirs = store.among(session, row.id, ids)
    lines = select(row.id, *said).where(theirs)
    silent = {"status": status.value, "left_at": now, "paused_until": None}
    notices.cancel_where(session, store.among(session, NoticeRow.subscriber_id, ids))
    for statement in (
        insert(event).from_select(["subscriber_id", "at", "what", "detail"], lines),
        update(row).where(theirs).values(**silent),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})


def _execute(session: Session, readers: list[NewReader]) -> Iterable[tuple[str, int]]:
    # In this transaction nobody else writes, so none of these addresses came onto the list meanwhile.
    session.connection().exec_driver_sql(_INSERT, readers)
    return Counter(reader[4] for reader in readers).items()


def _copy(session: Session, readers: list[NewReader]) -> Iterable[tuple[str, int]]:
    connection = session.connection()
    connection.exec_driver_sql(_ARRIVING)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor().copy("COPY arriving FROM STDIN") as copy:
        for place, reader in enumerate(readers):
            copy.write_row((place, *reader))
    return connection.exec_driver_sql(_ARRIVE).all()


def _on_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
