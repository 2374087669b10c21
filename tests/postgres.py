"""A PostgreSQL of one's own for tests: its cluster lives in a folder of its own and ends with the block."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import Connection, Engine

from digest.db import Database
from jobs.migrations import upgrade
from tests.processes import require

# Ends everybody else's connections to this database, as a server that restarts does.
OTHERS_END = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and datname = current_database()
"""
_OTHERS = """
    select pid from pg_stat_activity
    where pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend'
"""
# Whatever is made, changed or dropped of a table changes one of these: what is new is of a later transaction.
_SHAPE = " union all ".join(
    f"select count(*), max({newest}) from {catalogue} where {number} >= 16384"
    for catalogue, number, newest in (
        ("pg_class", "oid", "oid::bigint"),  # emptying writes its rows anew
        ("pg_attribute", "attrelid", "xmin::text::bigint"),
        ("pg_constraint", "oid", "xmin::text::bigint"),
        ("pg_trigger", "oid", "xmin::text::bigint"),
        ("pg_proc", "oid", "xmin::text::bigint"),
        ("pg_statistic", "starelid", "xmin::text::bigint"),
    )
)
_WRITTEN = """
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > 0
"""
# Deleted rows stay in the files and make them slow to read.
_SIZE = "select sum(pg_relation_size(oid)) from pg_class where relnamespace = 'public'::regnamespace"
_LARGE = 4 << 20
_FROM_ONE = """
    select setval(oid::regclass, 1, false) from pg_class
    where relkind = 'S' and relnamespace = 'public'::regnamespace
"""
_SEQUENCES = "select sequencename, last_value from pg_sequences where last_value is not null"
_OWNER = "postgres"
# What a machine that crashes would lose, and tests never crash one. A server that is killed loses nothing.
_CARELESS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off "
    "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB"
)


@dataclass(frozen=True)
class Cluster:
    """A server of one's own that runs: the URL of an empty database on it, how it is stopped and started."""

    url: str
    stop: Callable[[], None]
    start: Callable[[], None]


@contextmanager
def own_postgres(*, careless: bool = False) -> Iterator[str]:
    """Give the URL of an empty database on a server that listens on a socket in its folder only."""
    with own_cluster(careless=careless) as cluster:
        yield cluster.url


@contextmanager
def own_cluster(*, careless: bool = False) -> Iterator[Cluster]:
    """Give a server that listens on a socket in its folder only.

    A ``careless`` one never waits for the disk, and is not to be measured.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/15/bin"))
    require(programs / "initdb", "postgresql")
    folder = Path(mkdtemp(prefix="own-postgres-"))
    # The server refuses to run as root.
    user = _OWNER if os.geteuid() == 0 else None
    if user is not None:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def run(*words: str) -> None:
        subprocess.run(
            words, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    run(str(programs / "initdb"), "-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C")
    control = str(programs / "pg_ctl")
    options = f"-k {folder} -c listen_addresses= -c shared_buffers=64MB {_CARELESS if careless else ''}"
    cluster = Cluster(
        f"postgresql+psycopg://{_OWNER}@/postgres?host={folder}",
        stop=lambda: run(control, "-D", str(data), "-m", "immediate", "-w", "stop"),
        start=lambda: run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"),
    )
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


class Postgres:
    """Databases with all tables on one server, each made in a moment as a copy of the first."""

    def __init__(self, url: str) -> None:
        self._server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._numbers = count()
        self._run("CREATE DATABASE empty")
        empty = self._open("empty")
        upgrade(empty)
        with empty.engine.connect() as connection:
            self._first = _First.of(connection)
        empty.close()
        self._spare: list[_Spare] = []

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """Give an empty database that nobody had before, and that is gone at the end."""
        name = self._make()
        database = self._open(name)
        try:
            yield database
        finally:
            database.close()
            self._drop(name)

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """Give an empty database that the next may have, emptied: that is a quarter of the work.

        One whose tables themselves were changed, or grew large, is nobody's any more.
        """
        spare = self._spare.pop() if self._spare else self._make_spare()
        database = self._open(spare.name)
        try:
            yield database
        finally:
            database.close()
            if spare.empty(self._first):
                self._spare.append(spare)
            else:
                self._drop(spare.name)

    def _make(self) -> str:
        name = f"fresh_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE empty STRATEGY FILE_COPY")
        return name

    def _make_spare(self) -> _Spare:
        name = self._make()
        return _Spare(name, create_engine(self._server.url.set(database=name), poolclass=NullPool))

    def _drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _open(self, name: str) -> Database:
        return Database(self._server.url.set(database=name).render_as_string(hide_password=False))

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)


@dataclass(frozen=True)
class _First:
    """What the migrations leave: rows of some tables, where the sequences stand, and the tables' shape."""

    rows: dict[str, list[tuple[Any, ...]]]
    sequences: dict[str, int]
    shape: list[tuple[Any, ...]]

    @classmethod
    def of(cls, connection: Connection) -> _First:
        rows = {
            table: [tuple(row) for row in connection.exec_driver_sql(f"select * from {table}")]
            for table in connection.exec_driver_sql(_WRITTEN).scalars()
        }
        sequences = {row.sequencename: row.last_value for row in connection.exec_driver_sql(_SEQUENCES)}
        return cls(rows, sequences, _shape(connection))

    def restore(self, connection: Connection) -> None:
        """Empty every table that was written to, and put back what the migrations had put there."""
        # Without triggers, which would look for children and count.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in connection.exec_driver_sql(_WRITTEN).scalars().all():
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql(_FROM_ONE)
        for table, rows in self.rows.items():
            places = ", ".join(["%s"] * len(rows[0]))
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({places})", rows)
        for name, value in self.sequences.items():
            connection.exec_driver_sql("select setval(%s, %s)", (name, value))


@dataclass(frozen=True)
class _Spare:
    """A database that is lent again and again."""

    name: str
    engine: Engine

    def empty(self, first: _First) -> bool:
        """Bring it back to what the migrations left; tell whether it can be."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(OTHERS_END)
            if _shape(connection) != first.shape or connection.exec_driver_sql(_SIZE).scalar_one() > _LARGE:
                return False
            first.restore(connection)
        return True


def _shape(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(_SHAPE)]


def other_backends(database: Database) -> Sequence[int]:
    """Return the server's processes that serve others' connections to this database."""
    with database.reading() as session:
        return session.scalars(text(_OTHERS)).all()


@contextmanager
def frozen(database: Database) -> Iterator[Sequence[int]]:
    """Have the processes that serve others' connections stand still while the block runs; give them."""
    database.engine.dispose()
    processes = other_backends(database)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield processes
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
