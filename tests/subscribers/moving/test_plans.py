"""How PostgreSQL finds things on a list of some size: by index, and counts are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from digest.clock import FixedClock
from digest.db import Database
from subscribers import counting, store
from subscribers.store import Part
from subscribers.values import Status
from tests.postgres import Postgres
from tests.stock import NOW
from tests.subscribers.moving.conftest import loader


@pytest.fixture
def big(postgres: Postgres, clock: FixedClock, keys: tuple[str, ...]) -> Iterator[Database]:
    """Twenty thousand readers of whom some left, on a database that knows how many they are.

    SQLite's plans are looked at by tests/subscribers/test_store.py.
    """
    rows = (f"r{n}@example.com,{'unsubscribed' * (n % 50 == 0)}\n" for n in range(20_000))
    with postgres.fresh() as database:
        loader(database, clock, keys)("email,status\n" + "".join(rows))
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE subscriber"))
        yield database


def plan(database: Database, use: Callable[[Session], object]) -> str:
    seen: list[tuple[str, Any]] = []

    def note(connection: Connection, cursor: Any, statement: str, values: Any, *rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append((f"EXPLAIN {statement}", values))

    with database.reading() as session:
        # The disk has no head that must move.
        session.execute(text("SET LOCAL random_page_cost = 1.1"))
        event.listen(database.engine, "before_cursor_execute", note)
        use(session)
        event.remove(database.engine, "before_cursor_execute", note)
        driver = session.connection()
        return "\n".join(line for sql, values in seen for (line,) in driver.exec_driver_sql(sql, values))


def test_nothing_reads_the_whole_table(big: Database) -> None:
    uses: list[Callable[[Session], object]] = [
        lambda session: store.statuses(session, [f"r{n}@example.com" for n in range(300)]),
        lambda session: list(store.readers(session, NOW, after=19_000, limit=100)),
        lambda session: list(store.readers(session, NOW, Part(Status.UNSUBSCRIBED), limit=100)),
        lambda session: counting.count_by_status(session, NOW),
    ]
    for found in [plan(big, use) for use in uses]:
        assert "Index" in found
        assert "Seq Scan on subscriber" not in found
