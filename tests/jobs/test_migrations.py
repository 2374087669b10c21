import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from digest.db import Database
from digest.errors import DigestError
from digest.settings import DatabaseSettings, Settings
from jobs.migrations import HEAD, DatabaseOutdated, open_database, upgrade
from jobs.migrations.tables import METADATA
from subscribers import counting
from subscribers.values import Status
from tests.postgres import own_postgres
from tests.stock import NOW


def settings(path: Path) -> Settings:
    return Settings(database=DatabaseSettings(url=f"sqlite:///{path}"))


def test_the_migrated_tables_are_those_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_head_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", "jobs:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_new_sqlite_file_gets_its_tables_by_itself(tmp_path: Path) -> None:
    database = open_database(settings(tmp_path / "new.db"))
    with database.reading() as session:
        assert session.scalar(text("select count(*) from issue")) == 0


def test_upgrading_twice_does_no_harm(database: Database) -> None:
    assert upgrade(database) == HEAD


def test_an_old_database_is_not_touched_but_says_what_to_run(tmp_path: Path, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("update alembic_version set version_num = '0000'"))
    with pytest.raises(DatabaseOutdated, match=r"revision 0000, this version needs .*; run: digest init"):
        open_database(settings(tmp_path / "digest.db"))


def test_a_database_of_a_newer_version_is_not_told_to_be_migrated(tmp_path: Path, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    for opened in (lambda: open_database(settings(tmp_path / "digest.db")), lambda: upgrade(database)):
        with pytest.raises(DatabaseOutdated, match="revision 9999, made by a newer version"):
            opened()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=r"the folder .* does not exist"):
        open_database(settings(tmp_path / "none" / "new.db"))


def test_readers_who_were_there_before_counts_were_kept_are_counted(tmp_path: Path) -> None:
    database, config = Database(f"sqlite:///{tmp_path}/old.db"), Config()
    config.set_main_option("script_location", "jobs:migrations")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO subscriber (public_id, address, address_key, status, joined_at) "
                    f"VALUES ('{number}', 'a{number}@example.com', 'a{number}@example.com', 'confirmed', "
                    "'2026-11-20 09:00:00')"
                )
            )
    upgrade(database)
    with database.reading() as session:
        assert counting.count_by_status(session, NOW)[Status.CONFIRMED] == 2
    database.close()


def test_what_older_versions_left_in_the_file_goes_with_the_migration(tmp_path: Path) -> None:
    file, config = tmp_path / "old.db", Config()
    config.set_main_option("script_location", "jobs:migrations")
    with closing(sqlite3.connect(file)) as older, older:
        older.execute("PRAGMA secure_delete = OFF")
        older.execute("CREATE TABLE word (word)")
        older.execute("INSERT INTO word VALUES ('forgotten@example.com')")
        older.execute("DELETE FROM word")
    assert b"forgotten" in file.read_bytes()
    database = Database(f"sqlite:///{file}")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    assert upgrade(database) == "0003"
    assert b"forgotten" not in file.read_bytes()
    database.close()


def test_of_two_who_migrate_at_once_the_second_finds_it_done() -> None:
    with own_postgres() as url:
        databases = [Database(url), Database(url)]
        with ThreadPoolExecutor(2) as both:
            found = list(both.map(upgrade, databases))
        for database in databases:
            database.close()
    assert set(found) == {None, HEAD}
