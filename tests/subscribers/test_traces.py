"""Nothing readable is left of who was erased: not in the log, and within a day not in the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from digest.clock import FixedClock
from digest.db import PATIENCE, Database
from subscribers import leaving, traces
from subscribers.abuse.rates import expire
from subscribers.addresses import parse_address
from tests.subscribers.conftest import KEYS

ADDRESS = "forgotten@example.com"


@pytest.fixture
def file(database: Database) -> Path:
    assert database.file is not None
    return database.file


def erase(database: Database, clock: FixedClock) -> None:
    with database.writing() as session:
        leaving.erase(
            session, parse_address(ADDRESS), clock=clock, keys=KEYS, forget=lambda session, reader: None
        )


def test_case_25_an_address_erased_while_somebody_reads_leaves_the_log_as_soon_as_they_are_done(
    database: Database, add: Callable[..., str], clock: FixedClock, file: Path
) -> None:
    log = file.with_name(f"{file.name}-wal")
    add(ADDRESS)
    with database.reading() as reader:
        reader.execute(text("select count(*) from subscriber"))
        erase(database, clock)
        begun = monotonic()
        traces.remove(database, clock)
        add("other@example.com")
        assert monotonic() - begun < PATIENCE
        assert ADDRESS.encode() in log.read_bytes()
    traces.remove(database, clock)
    for path in (file, log):
        assert ADDRESS.encode() not in path.read_bytes()


def test_case_25_the_file_is_written_anew_within_a_day_of_an_erasure(
    database: Database, add: Callable[..., str], clock: FixedClock, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as careless, careless:
        # As a split page leaves it: in the file, and in no row.
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("CREATE TABLE split (word)")
        careless.execute("INSERT INTO split VALUES (?)", (ADDRESS,))
        careless.execute("DELETE FROM split")
    add(ADDRESS)
    erase(database, clock)

    def beat() -> bool:
        traces.remove(database, clock)
        with database.writing() as session:
            expire(session, clock.now(), 1000)
        return ADDRESS.encode() in file.read_bytes()

    assert beat()
    clock.at += traces.WITHIN
    with database.writing() as busy:
        busy.execute(text("UPDATE subscriber SET name = NULL"))
        assert not database.compact()
    assert not beat()
