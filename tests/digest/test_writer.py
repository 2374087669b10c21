"""Transactions that must not wait: what makes the writer's turn taken, and what is left of one that broke."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from digest.db import Database
from digest.writer import Writer

SET = "update counter set value = {}"


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    with database.writing() as session:
        session.execute(text("create table counter (value integer)"))
        session.execute(text("insert into counter values (0)"))
    made = Writer(database)
    with made.transaction():
        pass
    yield made
    made.close()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whoever looks again after a while."""

    def refuse(seconds: float) -> None:
        pytest.fail(f"slept {seconds} seconds")

    monkeypatch.setattr("digest.db.sleep", refuse)


def value(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalar(text("select value from counter")) or 0)


@contextmanager
def another_process(database: Database) -> Iterator[None]:
    """Write as somebody does who knows nothing of our threads' turns."""
    assert database.file is not None
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


@contextmanager
def another_thread(database: Database) -> Iterator[None]:
    """Write as another thread of this process does."""
    writing, enough = threading.Event(), threading.Event()

    def work() -> None:
        with database.writing():
            writing.set()
            enough.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    assert writing.wait(30)
    yield
    enough.set()
    thread.join()


@pytest.mark.usefixtures("_impatient")
def test_a_transaction_begins_at_once_where_nobody_else_writes(database: Database, writer: Writer) -> None:
    for number in (1, 2):
        with writer.transaction_if_free() as connection:
            connection.execute(SET.format(number))
        assert value(database) == number


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("somebody", [another_process, another_thread])
def test_nobody_is_waited_for_and_the_next_transaction_is_like_any_other(
    database: Database, writer: Writer, somebody: Callable[[Database], AbstractContextManager[None]]
) -> None:
    with somebody(database), writer.transaction_if_free() as connection:
        assert connection is None
    with writer.transaction_if_free() as connection:
        connection.execute(SET.format(7))
    assert value(database) == 7


def test_others_may_write_once_it_is_done_or_was_not_free(database: Database, writer: Writer) -> None:
    with writer.transaction_if_free() as connection:
        connection.execute(SET.format(7))
    with another_process(database), writer.transaction_if_free() as connection:
        assert connection is None
    with database.writing(0.05) as session:
        session.execute(text(SET.format("value + 1")))
    assert value(database) == 8


@pytest.mark.usefixtures("_impatient")
def test_what_breaks_in_the_middle_is_rolled_back_and_raised(database: Database, writer: Writer) -> None:
    with pytest.raises(OperationalError, match="no such table"), writer.transaction_if_free() as connection:
        connection.execute(SET.format(7))
        connection.execute("update no_such_table set value = 7")
    assert value(database) == 0
    with database.writing(0.05) as session:
        session.execute(text(SET.format(8)))
    assert value(database) == 8


def test_a_connection_is_opened_only_by_one_who_can_wait(database: Database, writer: Writer) -> None:
    writer.close()
    with writer.transaction_if_free() as connection:
        assert connection is None
    with writer.transaction() as connection:
        connection.execute(SET.format(7))
    assert value(database) == 7


def test_who_can_wait_gets_the_turn_of_one_who_ends(database: Database, writer: Writer) -> None:
    assert database.file is not None
    other = sqlite3.connect(database.file, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")

    def end() -> None:
        sleep(0.05)
        other.execute("rollback")

    ending = threading.Thread(target=end)
    ending.start()
    with writer.transaction() as connection:
        connection.execute(SET.format(7))
    ending.join()
    other.close()
    assert value(database) == 7
