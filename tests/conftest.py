"""Fixtures for all tests: a migrated database (SQLite, or both kinds if a test asks so) and a certificate."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.orm import Session

from digest.db import Database
from jobs.migrations import upgrade
from jobs.sending import loop
from tests.postgres import Postgres, own_postgres
from tests.processes import require

# An example that takes long on a busy machine is no fault; in CI Hypothesis has no deadline by itself.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def empty_database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy: the migrations run once, not for every test."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own; without it the test is skipped, but not in CI."""
    with own_postgres(careless=True) as url:
        yield Postgres(url)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked ``both_databases`` on SQLite and on PostgreSQL."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "database" in metafunc.fixturenames:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(params=["uvloop", "asyncio"])
def either_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send mail on libuv's loop, and on asyncio's, which is there where libuv's is not."""
    monkeypatch.setattr(loop, "_new_loop", pytest.importorskip(request.param).new_event_loop)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path, empty_database_file: Path) -> Iterator[Database]:
    """An empty database with all tables, SQLite unless the test is marked ``both_databases``."""
    if getattr(request, "param", "sqlite") == "postgresql":
        with request.getfixturevalue("postgres").lent() as database:
            yield database
        return
    path = tmp_path / "digest.db"
    path.write_bytes(empty_database_file.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def standing_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for an application that serves all tests of a file; ``anew`` fills it for each of them."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('standing') / 'digest.db'}")
    yield database
    database.close()


@contextmanager
def anew(standing: Database, content: Path) -> Iterator[Database]:
    """Give the standing database with the content of another file, and nothing of what was in it before."""
    assert standing.file is not None
    shutil.rmtree(standing.file.parent)
    standing.file.parent.mkdir()
    standing.file.write_bytes(content.read_bytes())
    yield standing
    standing.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session in one transaction that is committed at the end."""
    with database.writing() as session:
        yield session


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for localhost, and a server's side of TLS with it."""

    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl") or "/usr/bin/openssl"
    require(Path(openssl), "openssl")
    folder = tmp_path_factory.mktemp("certificate")
    file, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [openssl, *words.split(), "-addext", names, "-keyout", str(key), "-out", str(file)],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, key)
    return Certificate(file, server)
