"""Asking PostgreSQL from within an event loop: libpq's asynchronous commands (PostgreSQL's manual, 34.4).

They work on any connection of psycopg's; its asynchronous kind would be a second one beside the thread's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import OperationalError


def ask(connection: Any, name: str, given: Sequence[str]) -> asyncio.Future[int]:
    """Ask psycopg's connection, in autocommit, for a prepared statement; its texts stand for ``$1, $2 …``.

    The future, of the running loop, gets how many rows it was done to. Until then the connection is for
    nobody else. Where the future was cancelled or got OperationalError, nobody knows what was done, nor what
    the connection still has to say: close it.

    Raises psycopg.OperationalError where the connection is broken already.
    """
    return Question(connection.pgconn, name, given).answer


class Question:
    """One statement on its way; ``answer`` is what ``ask`` returns."""

    def __init__(self, line: Any, name: str, given: Sequence[str]) -> None:
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._affected: int | None = None
        self._said = ""
        line.send_query_prepared(name.encode(), [value.encode() for value in given])
        # Nearly always all of it has left by now.
        unsent = line.flush()
        self._socket: int | None = line.socket
        self._loop.add_reader(line.socket, self._listen, self.hear)
        if unsent:
            self._loop.add_writer(line.socket, self._listen, self._tell)
        self.answer: asyncio.Future[int] = self._loop.create_future()
        self.answer.add_done_callback(self._leave)

    def _leave(self, answer: object = None) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            # One that is closed already cannot be changed in epoll, only forgotten.
            with suppress(OSError):
                self._loop.remove_reader(socket)
            self._loop.remove_writer(socket)

    def _listen(self, step: Callable[[], None]) -> None:
        """Take a step now that the socket is ready for it."""
        try:
            step()
        except Exception as error:
            # libpq may have closed the socket, and the next one that anybody opens gets its number.
            self._leave()
            self._fail(error)

    def _tell(self) -> None:
        if not self._line.flush():
            self._loop.remove_writer(self._line.socket)

    def hear(self) -> None:
        """Take what came; the answer is whole once libpq has no further result."""
        self._line.consume_input()
        while not self._line.is_busy():
            result = self._line.get_result()
            if result is None:
                self._settle()
                return
            self._affected, self._said = result.command_tuples, result.get_error_message()

    def _settle(self) -> None:
        # An error has no rows.
        if self._affected is None:
            self._fail(ConnectionError(self._said))
        elif not self.answer.done():
            self.answer.set_result(self._affected)

    def _fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(OperationalError(None, None, error))
