"""A PostgreSQL of one's own for tests: its cluster lives in a folder of its own and ends with the block."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import NullPool, create_engine

from digest.db import Database
from jobs.migrations import upgrade
from tests.processes import require

# Ends everybody else's connections to this database, as a server that restarts does.
OTHERS_END = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and datname = current_database()
"""
_OWNER = "postgres"


@dataclass(frozen=True)
class Cluster:
    """A server of one's own that runs: the URL of an empty database on it, how it is stopped and started."""

    url: str
    stop: Callable[[], None]
    start: Callable[[], None]


@contextmanager
def own_postgres() -> Iterator[str]:
    """Give the URL of an empty database on a server that listens on a socket in its folder only."""
    with own_cluster() as cluster:
        yield cluster.url


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """Give a server that listens on a socket in its folder only."""
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
    options = f"-k {folder} -c listen_addresses= -c shared_buffers=64MB"
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
        empty.close()

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """Give an empty database that is gone at the end."""
        name = f"fresh_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE empty STRATEGY FILE_COPY")
        database = self._open(name)
        try:
            yield database
        finally:
            database.close()
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _open(self, name: str) -> Database:
        return Database(self._server.url.set(database=name).render_as_string(hide_password=False))

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)
