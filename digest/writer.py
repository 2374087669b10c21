"""A connection for whoever writes all the time: small transactions, each at the cost of the driver alone.

What a Session, a pool and SQLAlchemy's own transaction cost is more than the database takes for ten rows.
Statements are the driver's here: compile them once, as ``jobs.deliveries.statements`` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy.exc import OperationalError

from digest.db import Database
from digest.libpq import Asking

_BEGIN, _COMMIT = "BEGIN IMMEDIATE", "COMMIT"


class Writer:
    """Transactions on one connection that stays open between them. For one thread at a time.

    Places are the database's own: ``?`` on SQLite, ``$1, $2 …`` on PostgreSQL.
    """

    def __init__(self, database: Database, opened: Callable[[Any], None] | None = None) -> None:
        """Take what is given each connection when it is opened, before anything is written on it.

        Where ``opened`` raises, the connection is closed and the error is the transaction's.
        """
        self._database = database
        self._opened = opened
        self._driver: Any = database.engine.dialect.loaded_dbapi
        self._connection: Any = None
        self._asking: Asking | None = None

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[Any]:
        """Give the driver's connection within a transaction; it is committed when the block ends well.

        On PostgreSQL the block's statements go out together and are answered together: results may be read
        only behind the block. One that is ``alone`` in it costs two thirds of that.

        Whatever was raised, the transaction was rolled back, or nobody knows: a commit may be done though its
        answer was lost. The next one then begins on a new connection.

        Raises SQLAlchemy's OperationalError for a database that is locked, full or gone.
        """
        with self.connection() as connection:
            if self._database.is_sqlite:
                with self._database.as_writer(lambda: connection.execute(_BEGIN)):
                    yield connection
                    connection.execute(_COMMIT)
            elif alone:
                # A transaction by itself, in autocommit.
                yield connection
            else:
                # Autocommit makes all that is sent before the end of the pipeline one transaction
                # (PostgreSQL's manual, 34.5.1.1), without a round trip for BEGIN and one for COMMIT.
                with connection.pipeline():
                    yield connection

    @contextmanager
    def transaction_if_free(self) -> Iterator[Any]:
        """Give what ``transaction`` does, or None where that would have to wait for anybody.

        SQLite alone is ever free, and not while somebody else writes, be it a thread of ours or another
        process, nor before a connection is open. A commit still waits for the disk.
        """
        if not self._database.is_sqlite or self._connection is None:
            yield None
            return
        with (
            self.connection() as connection,
            self._database.as_writer_if_free(lambda: connection.execute(_BEGIN)) as free,
        ):
            yield connection if free else None
            if free:
                connection.execute(_COMMIT)

    def ask(self, name: str, given: Sequence[str]) -> asyncio.Future[int] | None:
        """Ask PostgreSQL for a statement that ``opened`` prepared, a transaction by itself; do not wait.

        The future, of the running loop, gets how many rows it was done to, or OperationalError; until then
        nothing else may be done with the connection. After an error, and where the future was cancelled, the
        next transaction begins on a new connection, as ever.

        None on SQLite, and where no connection is open: opening one may take a while.
        """
        if self._database.is_sqlite or self._connection is None:
            return None
        with self.connection() as connection:
            if self._asking is None:
                self._asking = Asking(connection)
            answer = self._asking.ask(name, given)
        answer.add_done_callback(self._answered)
        return answer

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Give the driver's connection as it is: each statement is a transaction of its own.

        Raises what ``transaction`` does, and as after that the next connection is a new one.
        """
        try:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection
        except (self._driver.OperationalError, self._driver.InterfaceError) as error:
            self._give_up()
            raise OperationalError(None, None, error, hide_parameters=True) from error
        except BaseException:
            self._give_up()
            raise

    def close(self) -> None:
        """Close the connection; the next transaction would open another."""
        connection, self._connection = self._connection, None
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.close()
        if connection is not None:
            with suppress(self._driver.Error):
                # SQLite keeps a closed connection, and its lock, for as long as some statement lives.
                connection.rollback()
            connection.close()

    def _open(self) -> Any:
        pooled = self._database.engine.raw_connection()
        connection: Any = pooled.driver_connection
        # Ours for good: nobody else shall get it with what is set here.
        pooled.detach()
        if self._database.is_sqlite:
            # We look for our turn ourselves.
            connection.execute("PRAGMA busy_timeout=0")
        else:
            connection.autocommit = True
            connection.cursor_factory = self._driver.RawCursor
        if self._opened is not None:
            try:
                self._opened(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _answered(self, answer: asyncio.Future[int]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._give_up()

    def _give_up(self) -> None:
        self.close()
        if not self._database.is_sqlite:
            # A server that went away took the pool's other connections with it.
            self._database.engine.dispose()
