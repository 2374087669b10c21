"""Migrations: bring a database to the tables this version works with."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from digest.db import Database
from digest.errors import DigestError
from digest.settings import Settings

# The newest revision in versions/; a test holds it equal to Alembic's own idea. Kept here so that a command
# can check the database without importing Alembic (150 ms).
HEAD = "0006"
# Any number will do that nothing else locks (jobs.sending.lock) and that every version uses.
_ADVISORY_KEY = 0x7461626C6573  # "tables"


class DatabaseOutdated(DigestError):
    """The database's tables are not those of this version."""


def upgrade(database: Database) -> str | None:
    """Create or migrate the tables in one transaction; return the revision there was before, if any.

    Of two that do it at once the second waits, and finds it done. Raises DatabaseOutdated for a database of a
    newer version.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "jobs:migrations")
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            # SQLite has one writer at a time; here tables would be made twice.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
        before = revision(connection)
        _refuse_newer(before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if before not in (None, HEAD):
        database.compact()
    return before


def revision(connection: Connection) -> str | None:
    """Return the database's revision, or None when it has no tables of ours yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("select version_num from alembic_version"))
    return None if found is None else str(found)


def _refuse_newer(found: str | None) -> None:
    # Revisions are numbers of one width, so that they compare as words.
    if found is not None and found > HEAD:
        raise DatabaseOutdated(
            f"the database is at revision {found}, made by a newer version; this one knows {HEAD}: "
            "install the newer version again"
        )


def open_database(settings: Settings) -> Database:
    """Return the database of the settings, ready for use.

    An SQLite file that does not exist yet, or is empty, gets its tables at once; anything else that does not
    fit raises DatabaseOutdated saying what to run.
    """
    database = Database(settings.database.url)
    file = database.file
    if file is not None and not file.parent.is_dir():
        raise DigestError(f"cannot create {file}: the folder {file.parent} does not exist")
    if file is not None:
        # It holds addresses: nobody but its owner may read it.
        file.touch(mode=0o600)
    with database.reading() as session:
        found = revision(session.connection())
    if found is None and database.is_sqlite:
        upgrade(database)
    elif found != HEAD:
        _refuse_newer(found)
        state = "has no tables yet" if found is None else f"is at revision {found}, this version needs {HEAD}"
        raise DatabaseOutdated(f"the database {state}; run: digest init")
    return database
