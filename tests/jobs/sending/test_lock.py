"""One sender per database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.db import Database
from digest.errors import WrongState
from jobs.sending.lock import sender_lock
from tests.postgres import OTHERS_END, Postgres

HOLD = """
import sys
from digest.db import Database
from jobs.sending.lock import sender_lock
with sender_lock(Database(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_is_one_however_the_path_is_spelt(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "test.db")
    here, there = (Database(f"sqlite:///{path}") for path in (tmp_path / "test.db", link))
    with sender_lock(here), pytest.raises(WrongState), sender_lock(there):
        pass


def test_a_second_sender_is_refused_and_told_where_to_look(database: Database) -> None:
    with sender_lock(database), pytest.raises(WrongState, match="digest status"), sender_lock(database):
        pass


def test_the_lock_is_free_again_afterwards(database: Database) -> None:
    with sender_lock(database):
        pass
    with sender_lock(database):
        pass


def test_a_server_that_restarted_has_let_go_of_the_lock(postgres: Postgres) -> None:
    with postgres.fresh() as database:
        with sender_lock(database), database.reading() as session:
            session.execute(text(OTHERS_END))
        with sender_lock(database):
            pass


def test_a_killed_sender_leaves_no_lock_behind(database: Database) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database.url)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(WrongState), sender_lock(database):
        pass
    holder.kill()
    holder.communicate()
    with sender_lock(database):
        pass
