"""A database that somebody else is writing to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import event

from digest.db import Database


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Hold the write lock while the block runs; whoever wants it gives up soon instead of after seconds."""

    def impatient(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    database.engine.dispose()
    event.listen(database.engine, "connect", impatient)
    assert database.file is not None
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
    event.remove(database.engine, "connect", impatient)
