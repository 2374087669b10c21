"""The database: one declarative base, two kinds of transaction, and what SQLite needs to be safe.

Why the SQLite part looks as it does (measured, WAL + plain BEGIN: 2,885 of 10,000 transactions "locked";
WAL + BEGIN IMMEDIATE: none): the driver's own transaction handling is switched off, writers announce
themselves when they begin, and readers never block them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from digest.errors import SettingsError

_READ_ONLY = "digest_read_only"
_CHUNK = 500
_PATIENT = "digest_patience"
# Seconds. The longest transaction of ours, freezing an audience of a million, takes more than ten. A reader's
# request waits longer than that, since nobody would try again for them.
PATIENCE, OF_READERS = 5, 30
_LOOK_SECONDS = 0.001
# libpq's words for a PostgreSQL that is gone without one, as the network or its machine may be. Left to the
# system, an answer is waited for a quarter of an hour, and two hours where nothing had been asked yet.
_SILENCE = {
    "connect_timeout": "10",
    "tcp_user_timeout": "30000",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
# How it keeps a time. Half again as quick as ``datetime.isoformat``, from which a zone has to be cut off.
_OF_SQLITE = "%04d-%02d-%02d %02d:%02d:%02d.%06d"
_Value = TypeVar("_Value")


class Base(DeclarativeBase):
    """Every table of the product hangs on this one metadata; names of constraints are predictable."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC; SQLite would otherwise forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sqlite_time(value: datetime | None) -> str | None:
    """Return what SQLite keeps of a time in a column of ``UtcDateTime``, at less than half the cost."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    at = value.astimezone(UTC)
    return _OF_SQLITE % (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)


class Database:
    """A database and its two kinds of transaction: ``reading()`` and ``writing()``.

    Stores take the Session these hand out and never commit (law 8 of docs/design.md).
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise SettingsError(
                "database url is not a database URL; write it like sqlite:///digest.db "
                "or postgresql+psycopg://user@host/name"
            ) from error
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(query=_SILENCE | dict(parsed.query))
        # A failed statement's parameters would carry addresses into logs (law 7).
        self.engine: Engine = create_engine(parsed, hide_parameters=True)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = threading.Lock()
        if self.is_sqlite:
            _prepare_sqlite(self.engine)

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None for a server or an in-memory database.

        Links are followed: the lock, the key and the epochs beside it are one, however the path is spelt.
        """
        name = self.url.database
        return Path(name).resolve() if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session on one consistent state; what it changes is thrown away."""
        with (
            self.engine.connect().execution_options(**{_READ_ONLY: True}) as connection,
            Session(bind=connection, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Session]:
        """Give a session that commits when the block ends well and rolls back when it raises.

        It waits ``patience`` seconds at the most to become SQLite's writer; then it is an OperationalError.
        """
        engine = self.engine.execution_options(**{_PATIENT: patience})
        with self._turn(patience), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _turn(self, patience: float) -> Iterator[None]:
        """Let the threads of this process write to SQLite one after the other.

        SQLite has one writer and no queue: of fifty threads that look for it some would never get their turn
        in time. Who waits too long goes on without one, and SQLite decides.
        """
        mine = self.is_sqlite and self._writer.acquire(timeout=patience)
        try:
            yield
        finally:
            if mine:
                self._writer.release()

    @contextmanager
    def as_writer(self, begin: Callable[[], object]) -> Iterator[None]:
        """Be SQLite's writer while the block runs, on a connection of the caller's own (``digest.writer``).

        ``begin`` begins the transaction there, and raises at once where another process writes.
        """
        with self._turn(PATIENCE):
            _once_free(begin, PATIENCE)
            yield

    @contextmanager
    def as_writer_if_free(self, begin: Callable[[], object]) -> Iterator[bool]:
        """Be SQLite's writer likewise, or tell at once that somebody else is: then nothing was begun."""
        if not self._writer.acquire(blocking=False):
            yield False
            return
        try:
            yield _begun(begin)
        finally:
            self._writer.release()

    def fold(self) -> bool:
        """Fold SQLite's write-ahead log into the file and empty it; tell whether it is empty.

        What was erased stands in the log until then. Nobody waits: while somebody reads an older state, or
        writes, it stays for the next time. Where there is no such log it is empty.
        """
        if not self.is_sqlite:
            return True
        # A raw connection: it cannot be done within a transaction.
        with closing(self.engine.raw_connection()) as connection, _without_waiting(connection):
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def compact(self) -> bool:
        """Write an SQLite file anew, with nothing in it but what it holds now; tell whether it was done.

        It is not while somebody else writes, or the disk is full; writers wait until it is done.
        """
        if not self.is_sqlite:
            return True
        with closing(self.engine.raw_connection()) as connection, _without_waiting(connection):
            try:
                connection.cursor().execute("VACUUM")
            except sqlite3.OperationalError:
                return False
        self.fold()
        return True

    def close(self) -> None:
        """Give every pooled connection back to the system."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is deleted is overwritten (law 7). Debian's SQLite does so by itself, others do not.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reader = connection.get_execution_options().get(_READ_ONLY, False)
        if reader:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    patience = connection.get_execution_options().get(_PATIENT, PATIENCE)
    with _without_waiting(connection.connection):
        _once_free(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"), patience)


def _once_free(begin: Callable[[], object], patience: float) -> None:
    """Become SQLite's writer as soon as it is free, be it another process that writes.

    SQLite would look again after 1, 2, 5 … and at last every 100 ms, and lose to whoever comes at the right
    moment: beside a busy sender one visitor in a hundred waited 930 ms, looking every millisecond 20 ms.
    """
    end = monotonic() + patience
    while monotonic() < end:
        if _begun(begin):
            return
        sleep(_LOOK_SECONDS)
    begin()


def _begun(begin: Callable[[], object]) -> bool:
    """Become SQLite's writer; tell whether it was free."""
    try:
        begin()
    except (OperationalError, sqlite3.OperationalError) as error:
        if _is_busy(error):
            return False
        raise
    return True


@contextmanager
def _without_waiting(connection: PoolProxiedConnection) -> Iterator[None]:
    """Have SQLite say at once that somebody else is at work, for as long as the block lasts."""
    driver: Any = connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")


def _is_busy(error: OperationalError | sqlite3.OperationalError) -> bool:
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    # The last eight bits are the kind of error, the others tell more of it.
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """Yield the values once each, as many at a time as one IN (…) holds on every database."""
    everything = list(dict.fromkeys(values))
    for start in range(0, len(everything), _CHUNK):
        yield everything[start : start + _CHUNK]
