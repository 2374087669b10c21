"""A connection for whoever writes all the time: small transactions, each at the cost of the driver alone.

What a Session, a pool and SQLAlchemy's own transaction cost is more than the database takes for ten rows.
Statements are the driver's here: compile them once, as ``jobs.deliveries.barrier`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy.exc import OperationalError

from digest.db import Database


class Writer:
    """Transactions on one connection that stays open between them. For one thread at a time."""

    def __init__(self, database: Database, opened: Callable[[Any], None] | None = None) -> None:
        """Take what is given each connection when it is opened, before anything is written on it.

        Where ``opened`` raises, the connection is closed and the error is the transaction's.
        """
        self._database = database
        self._opened = opened
        self._driver: Any = database.engine.dialect.loaded_dbapi
        self._connection: Any = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give the driver's connection within a transaction; it is committed when the block ends well.

        On PostgreSQL the block's statements go out together and are answered together: results may be read
        only behind the block. Whatever was raised, the transaction was rolled back, or nobody knows: a commit
        may be done though its answer was lost. The next one then begins on a new connection.

        Raises SQLAlchemy's OperationalError for a database that is locked, full or gone.
        """
        try:
            if self._connection is None:
                self._connection = self._open()
            if self._database.is_sqlite:
                with self._database.as_writer(lambda: self._connection.execute("BEGIN IMMEDIATE")):
                    yield self._connection
                    self._connection.execute("COMMIT")
            else:
                # Autocommit makes all that is sent before the end of the pipeline one transaction
                # (PostgreSQL's manual, 34.5.1.1), without a round trip for BEGIN and one for COMMIT.
                with self._connection.pipeline():
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
        if self._opened is not None:
            try:
                self._opened(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _give_up(self) -> None:
        self.close()
        if not self._database.is_sqlite:
            # A server that went away took the pool's other connections with it.
            self._database.engine.dispose()
