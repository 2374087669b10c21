"""One sender per database at a time: a lock that the system frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from digest.db import Database
from jobs.deliveries.pen import another_sends

# Any number will do, as long as every version of this program uses the same one.
_ADVISORY_KEY = 0x7765656B6C79  # "weekly"
# Seconds that a server may take to let go of a lock. One that hangs does once it sees that we are gone.
_LET_GO = 0.5


@contextmanager
def sender_lock(database: Database) -> Iterator[None]:
    """Hold the right to send from this database while the block runs.

    On SQLite this is flock(2) on ``<database>.sender.lock``, which stays behind as an empty file: removing it
    could leave two processes with a lock each. On PostgreSQL it is an advisory lock of a connection of its
    own; should that end in mid send, the pen (``jobs.deliveries.pen``) still keeps others from sending.
    Raises WrongState when another process, or another thread, is sending.
    """
    if database.file is not None:
        with _file_lock(database.file.with_name(database.file.name + ".sender.lock")):
            yield
    elif database.is_sqlite:
        yield  # in memory: no other process can see it
    else:
        with _advisory_lock(database):
            yield


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise another_sends() from None
        yield


@contextmanager
def _advisory_lock(database: Database) -> Iterator[None]:
    # Autocommit: a transaction left open for hours would keep the server from cleaning up behind it.
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if not connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}):
        connection.close()
        raise another_sends()
    try:
        yield
    finally:
        letting_go = Thread(target=_let_go, args=(connection,), daemon=True)
        letting_go.start()
        letting_go.join(_LET_GO)


def _let_go(connection: Connection) -> None:
    # A server that was started anew in mid send has let go by itself.
    with connection, suppress(DBAPIError):
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})
