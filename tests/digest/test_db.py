import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from digest.db import PATIENCE, Database, UtcDateTime, sqlite_time
from digest.errors import SettingsError
from jobs.migrations.tables import METADATA
from tests.postgres import Postgres


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    with database.writing() as session:
        session.execute(text("create table counter (value integer)"))
        session.execute(text("insert into counter values (0)"))
    return database


def test_what_a_writing_block_does_is_kept_unless_it_raises(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        session.execute(text("update counter set value = 7"))
        raise RuntimeError
    with database.reading() as session:
        assert session.scalar(text("select value from counter")) == 0


def test_a_reading_block_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("update counter set value = 7"))
    with database.reading() as session:
        assert session.scalar(text("select value from counter")) == 0


def test_case_15_writers_side_by_side_lose_no_update_and_meet_no_lock_error(database: Database) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(50):
                with database.writing() as session:
                    value = session.scalar(text("select value from counter"))
                    session.execute(text("update counter set value = :new"), {"new": value + 1})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        assert session.scalar(text("select value from counter")) == 400


def test_case_15_a_writer_waits_for_another_process_as_long_as_it_is_patient(database: Database) -> None:
    assert database.file is not None
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(OperationalError, match="locked"), database.writing(0.05) as session:
            session.execute(text("update counter set value = 7"))
        other.execute("commit")
        for _ in range(3):
            with database.writing(0.05) as session:
                session.execute(text("update counter set value = value + 1"))
    with database.reading() as session:
        assert session.scalar(text("select value from counter")) == 3


def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    with database.writing() as writer:
        writer.execute(text("update counter set value = 7"))
        with database.reading() as reader:
            assert reader.scalar(text("select value from counter")) == 0


def test_sqlite_is_durable_and_checks_foreign_keys(database: Database) -> None:
    with database.reading() as session:
        assert session.scalar(text("pragma journal_mode")) == "wal"
        assert session.scalar(text("pragma synchronous")) == 2
        assert session.scalar(text("pragma foreign_keys")) == 1


def test_case_25_what_was_changed_or_deleted_is_not_left_in_the_file(database: Database) -> None:
    assert database.file is not None
    log = database.file.with_name(f"{database.file.name}-wal")
    with database.writing() as session:
        session.execute(text("create table word (word text)"))
        session.execute(text("insert into word values ('first-word'), ('second-word')"))
    with database.writing() as session:
        session.execute(text("update word set word = 'third' where word = 'first-word'"))
    with database.writing() as session:
        session.execute(text("delete from word where word = 'second-word'"))
    assert database.fold()
    content = database.file.read_bytes()
    assert log.stat().st_size == 0
    assert b"third" in content
    assert b"first-word" not in content
    assert b"second-word" not in content


def test_folding_the_log_waits_for_nobody_and_is_made_good_later(database: Database) -> None:
    with database.reading() as session:
        session.scalar(text("select value from counter"))
        with database.writing() as writer:
            writer.execute(text("update counter set value = 7"))
        begun = monotonic()
        assert not database.fold()
        assert monotonic() - begun < PATIENCE
    assert database.fold()


def test_a_file_written_anew_has_no_space_that_once_was_used(database: Database) -> None:
    assert database.file is not None
    with closing(sqlite3.connect(database.file)) as careless, careless:
        careless.execute("pragma secure_delete = off")
        careless.execute("create table word (word text)")
        careless.executemany("insert into word values (?)", [(f"word-{number}",) for number in range(1000)])
        careless.execute("delete from word")
    assert database.fold()
    assert b"word-500" in database.file.read_bytes()
    assert database.compact()
    assert b"word-500" not in database.file.read_bytes()


def test_times_come_back_in_utc_and_one_without_a_zone_is_refused(database: Database) -> None:
    column = UtcDateTime()
    paris = datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=1)))
    stored = column.process_bind_param(paris, database.engine.dialect)
    read = column.process_result_value(stored, database.engine.dialect)
    assert read == datetime(2026, 11, 20, 8, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        column.process_bind_param(datetime(2026, 11, 20), database.engine.dialect)  # noqa: DTZ001


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 20, 9, 0, 0, 70, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        datetime.min.replace(tzinfo=UTC),
        None,
    ],
)
def test_the_quick_way_to_write_a_time_for_sqlite_is_that_of_every_column(
    database: Database, time: datetime | None
) -> None:
    dialect = database.engine.dialect
    bind = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    assert bind is not None
    assert sqlite_time(time) == bind(time)
    with pytest.raises(ValueError, match="zone"):
        sqlite_time(datetime(2026, 11, 20))  # noqa: DTZ001


def test_a_postgresql_that_vanishes_is_noticed_within_a_minute_unless_its_url_says_otherwise(
    postgres: Postgres,
) -> None:
    with postgres.fresh() as database:
        own = Database(database.url.update_query_dict({"connect_timeout": "3"}).render_as_string(False))
        kept = {"tcp_user_timeout": "30000", "keepalives_idle": "30"}
        for opened, patience in ((database, "10"), (own, "3")):
            with opened.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                assert driver.info.get_parameters().items() >= {"connect_timeout": patience, **kept}.items()
        own.close()


def test_a_wrong_url_is_said_without_repeating_it() -> None:
    with pytest.raises(SettingsError, match=r"sqlite:///digest\.db") as raised:
        Database("no url with pass:word")
    assert "pass:word" not in str(raised.value)


def test_every_table_has_a_name_for_each_constraint() -> None:
    assert all(constraint.name for table in METADATA.tables.values() for constraint in table.constraints)
