"""Asking PostgreSQL from within an event loop, and what is left of a connection whose answer is lost."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from digest.db import Database
from digest.libpq import Asking
from digest.writer import Writer
from jobs.sending.loop import run
from tests.postgres import OTHERS_END, Postgres

pytestmark = pytest.mark.usefixtures("either_loop")

_Value = TypeVar("_Value")

STATEMENTS = {
    "raise": "update counter set value = value + $1::int where value < $2::int",
    "divide": "update counter set value = value / $1::int",
    "keep": "update counter set said = $1",
}


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    with postgres.fresh() as fresh:
        with fresh.writing() as session:
            session.execute(text("create table counter as select generate_series(1, 3) as value, '' as said"))
        yield fresh


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    def prepare(connection: Any) -> None:
        for name, statement in STATEMENTS.items():
            connection.execute(f"prepare {name} as {statement}")

    made = Writer(database, prepare)
    with made.transaction():
        pass
    yield made
    made.close()


def asked(writer: Writer, name: str, *given: str) -> asyncio.Future[int]:
    answer = writer.ask(name, given)
    assert answer is not None
    return answer


def in_a_loop(work: Callable[[], Awaitable[_Value]]) -> _Value:
    async def inside() -> _Value:
        return await work()

    return run(inside())


def values(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(text("select value from counter order by value")))


def still_writes(writer: Writer) -> bool:
    """Tell whether the next transaction is done, and on a connection that answers what it is asked."""
    with writer.transaction() as connection:
        connection.execute("update counter set value = 7 where value = 3")
    return in_a_loop(lambda: asked(writer, "raise", "1", "100")) == 3


def test_it_tells_how_many_rows_it_was_done_to_and_can_be_asked_again(
    database: Database, writer: Writer
) -> None:
    async def work() -> list[int]:
        return [await asked(writer, "raise", "10", most) for most in ("100", "12", "0")]

    assert in_a_loop(work) == [3, 1, 0]
    assert values(database) == [12, 13, 21]


def test_the_loop_goes_on_while_the_server_waits_for_a_lock(database: Database, writer: Writer) -> None:
    async def work() -> int:
        with database.writing() as session:
            session.execute(text("lock table counter"))
            answer = asked(writer, "raise", "1", "100")
            await asyncio.sleep(0.1)
            assert not answer.done()
        return await answer

    assert in_a_loop(work) == 3


def test_what_no_socket_takes_at_once_leaves_piece_by_piece(database: Database, writer: Writer) -> None:
    long = "ä" * 20_000_000
    assert in_a_loop(lambda: asked(writer, "keep", long)) == 3
    with database.reading() as session:
        assert session.scalar(text("select length(said) from counter limit 1")) == len(long)


def test_a_statement_that_fails_is_an_error_and_changes_nothing(database: Database, writer: Writer) -> None:
    with pytest.raises(OperationalError, match="division by zero"):
        in_a_loop(lambda: asked(writer, "divide", "0"))
    assert values(database) == [1, 2, 3]
    assert still_writes(writer)


def test_a_connection_that_ends_before_the_answer_is_an_error(database: Database, writer: Writer) -> None:
    async def work() -> int:
        with database.writing() as session:
            session.execute(text("lock table counter"))
            answer = asked(writer, "raise", "1", "100")
            session.execute(text(OTHERS_END))
            return await answer

    with pytest.raises(OperationalError, match=r"terminating connection|server closed the connection"):
        in_a_loop(work)
    assert values(database) == [1, 2, 3]
    assert still_writes(writer)


class Lost:
    """libpq where the server says its last words and is gone: it closes the socket, and says so."""

    def __init__(self, *, unsent: bool = False) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._unsent = unsent
        self.socket = self._ours.fileno()

    @property
    def pgconn(self) -> Lost:
        return self

    def send_query_prepared(self, *words: object) -> None:
        self._ours.send(b"a question")
        self._theirs.send(b"terminating connection")
        # The question was not read: our end has an error now, not only an end.
        self._theirs.close()

    def flush(self) -> int:
        return self._unsent

    def consume_input(self) -> None:
        try:
            assert self._ours.recv(100)
        except ConnectionResetError as error:
            self._ours.close()
            raise ConnectionError("server closed the connection") from error

    def is_busy(self) -> bool:
        return True


@pytest.mark.parametrize("unsent", [False, True])
def test_a_server_that_dies_with_the_question_unread_is_an_error(unsent: bool) -> None:
    async def work() -> int:
        with closing(Asking(Lost(unsent=unsent))) as asking:
            return await asyncio.wait_for(asking.ask("raise", ()), 30)

    with pytest.raises(OperationalError, match="server closed the connection"):
        in_a_loop(work)


def test_whoever_gets_the_number_of_a_socket_that_libpq_closed_is_heard() -> None:
    async def work() -> bytes:
        line, loop = Lost(), asyncio.get_running_loop()
        asking = Asking(line)
        answer = asking.ask("raise", ())
        ours, theirs = socket.socketpair()
        heard: asyncio.Future[bytes] = loop.create_future()

        def take_the_number(answer: object) -> None:
            os.dup2(ours.fileno(), line.socket)
            loop.add_reader(line.socket, hear)

        def hear() -> None:
            loop.remove_reader(line.socket)
            heard.set_result(os.read(line.socket, 10))
            os.close(line.socket)

        answer.add_done_callback(take_the_number)
        with pytest.raises(OperationalError, match="server closed the connection"):
            await answer
        asking.close()
        with ours, theirs:
            theirs.send(b"hello")
            return await asyncio.wait_for(heard, 30)

    assert in_a_loop(work) == b"hello"


def test_a_connection_that_ended_before_the_question_is_an_error(database: Database, writer: Writer) -> None:
    with database.writing() as session:
        session.execute(text(OTHERS_END))
    with pytest.raises(OperationalError):
        in_a_loop(lambda: asked(writer, "raise", "1", "100"))
    assert still_writes(writer)


def test_an_answer_that_nobody_waits_for_any_more_leaves_the_loop_and_the_connection(
    database: Database, writer: Writer
) -> None:
    async def work() -> None:
        with database.writing() as session:
            session.execute(text("lock table counter"))
            answer = asked(writer, "raise", "1", "100")
            await asyncio.sleep(0.05)
            answer.cancel()
            await asyncio.sleep(0)
            assert writer.ask("raise", ("1", "100")) is None
        await asyncio.sleep(0.1)

    in_a_loop(work)
    assert still_writes(writer)


def test_before_a_connection_is_open_nobody_is_asked(database: Database) -> None:
    async def work() -> object:
        return Writer(database).ask("raise", ("1", "100"))

    assert in_a_loop(work) is None
