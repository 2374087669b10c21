"""Importing and looking at what came of it, on SQLite and, where it is installed, on PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from digest.clock import FixedClock
from digest.db import Database
from jobs.migrations import upgrade
from subscribers import store
from subscribers.moving.importing import ImportReport, import_file
from subscribers.rows import SubscriberRow, SuppressionRow
from tests.postgres import own_postgres
from tests.stock import NOW

Load = Callable[..., ImportReport]
Everybody = Callable[[], list[tuple[str, str | None, str]]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with own_postgres() as url:
        database = Database(url)
        upgrade(database)
        database.close()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables, of each kind in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    database = Database(request.getfixturevalue("postgres"))
    try:
        yield database
    finally:
        with database.writing() as session:
            for table in (SubscriberRow, SuppressionRow):
                session.execute(delete(table))
        database.close()


def loader(database: Database, clock: FixedClock, keys: tuple[str, ...]) -> Load:
    def load(content: str | bytes, source: str = "readers.csv", **options: Any) -> ImportReport:
        raw = content.encode() if isinstance(content, str) else content
        return import_file(database, io.BytesIO(raw), source, clock=clock, keys=keys, **options)

    return load


def everyone(database: Database) -> list[tuple[str, str | None, str]]:
    with database.reading() as session:
        return [(reader.email, reader.name, reader.status.value) for reader in store.readers(session, NOW)]


@pytest.fixture
def load(database: Database, clock: FixedClock, keys: tuple[str, ...]) -> Load:
    """Import a file of this content, called readers.csv unless said otherwise."""
    return loader(database, clock, keys)


@pytest.fixture
def everybody(database: Database) -> Everybody:
    """Return (email, name, status) of the whole list."""
    return lambda: everyone(database)
