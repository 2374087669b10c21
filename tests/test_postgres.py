"""The databases that tests are lent are as empty as fresh ones."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from digest.db import Database
from jobs.migrations.tables import METADATA
from tests.postgres import Postgres
from tests.stock import stock_pair, stock_readers


def contents(database: Database) -> dict[str, list[Any]]:
    """Return the rows of every table, and the numbers that the next rows would get."""
    with database.reading() as session:
        found: dict[str, list[Any]] = {
            name: list(session.execute(text(f"select * from {name} order by 1")))
            for name in (*METADATA.tables, "alembic_version")
        }
        found["numbers"] = list(session.execute(text("select * from pg_sequences order by sequencename")))
    return found


def test_what_a_test_left_is_gone_for_the_next(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        fresh = contents(database)
    with postgres.lent() as database:
        first = database.url
        with database.writing() as session:
            stock_readers(session, 3)
            stock_pair(session)
            session.execute(text("delete from reader_count where id = 1"))
            session.execute(text("update alembic_version set version_num = '0000'"))
        assert contents(database) != fresh
    with postgres.lent() as database:
        assert database.url == first
        assert contents(database) == fresh


def test_a_connection_that_a_test_forgot_is_ended(postgres: Postgres) -> None:
    with postgres.lent() as database:
        forgotten = Database(database.url.render_as_string(hide_password=False)).engine.connect()
        forgotten.execute(text("lock table tool"))
    with postgres.lent() as database, database.writing() as session:
        stock_pair(session)
    forgotten.invalidate()


@pytest.mark.parametrize(
    "change",
    [
        "drop table rate",
        "create table more (word text)",
        "alter table tool add column more text",
        "alter table tool alter column name drop not null",
        "alter table tool disable trigger all",
        "create index more on tool (name)",
        "drop trigger subscriber_insert_counted on subscriber",
        "create or replace function count_subscriber_insert() returns trigger language plpgsql "
        "as $$ begin return null; end $$",
        "analyze alembic_version",
    ],
)
def test_a_database_whose_tables_a_test_changed_is_not_lent_again(postgres: Postgres, change: str) -> None:
    with postgres.lent() as database:
        changed = database.url
        with database.writing() as session:
            session.connection().exec_driver_sql(change)
    with postgres.lent() as database:
        assert database.url != changed
