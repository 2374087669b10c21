"""Importing and looking at what came of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from digest.clock import FixedClock
from digest.db import Database
from subscribers import store
from subscribers.moving.importing import ImportReport, import_file
from tests.stock import NOW

Load = Callable[..., ImportReport]
Everybody = Callable[[], list[tuple[str, str | None, str]]]


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
