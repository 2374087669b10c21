"""Asking PostgreSQL from within an event loop: libpq's asynchronous commands (PostgreSQL's manual, 34.4).

They work on any connection of psycopg's; its asynchronous kind would be a second one beside the thread's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any

from sqlalchemy.exc import OperationalError


class Asking:
    """A connection of psycopg's, in autocommit, that an event loop may ask; close it before the connection.

    The loop never watches libpq's socket itself, but a selector of ours that does (epoll and kqueue can be
    watched in turn). Where a server dies with our question unread, its socket has an error: libuv then calls
    once at most, for the server's last words, and never again (its manual, uv_poll_cb, UV_EBADF). And a
    socket that libpq closed, whose number the next one gets that anybody opens, leaves a selector by itself.
    """

    def __init__(self, connection: Any) -> None:
        """Raises psycopg.OperationalError where the connection is broken already."""
        self._line = connection.pgconn
        self._ready = DefaultSelector()
        self._ready.register(self._line.socket, EVENT_READ)

    def ask(self, name: str, given: Sequence[str]) -> asyncio.Future[int]:
        """Ask for a prepared statement; the texts given stand for its ``$1, $2 …``.

        The future, of the running loop, gets how many rows it was done to. Until then the connection is for
        nobody else. Where the future was cancelled or got OperationalError, nobody knows what was done, nor
        what the connection still has to say: close both.

        Raises psycopg.OperationalError where the connection is broken already.
        """
        return Question(self._line, self._ready, name, given).answer

    def close(self) -> None:
        """Watch the connection no more."""
        self._ready.close()


class Question:
    """One statement on its way; ``answer`` is what ``Asking.ask`` returns."""

    def __init__(self, line: Any, ready: DefaultSelector, name: str, given: Sequence[str]) -> None:
        self._line = line
        self._ready = ready
        self._affected: int | None = None
        self._said = ""
        line.send_query_prepared(name.encode(), [value.encode() for value in given])
        # Nearly always all of it has left by now.
        self._unsent = bool(line.flush())
        if self._unsent:
            ready.modify(line.socket, EVENT_READ | EVENT_WRITE)
        loop, watched = asyncio.get_running_loop(), ready.fileno()
        loop.add_reader(watched, self._go_on)
        self.answer: asyncio.Future[int] = loop.create_future()
        self.answer.add_done_callback(lambda answer: loop.remove_reader(watched))

    def _go_on(self) -> None:
        try:
            if self._unsent:
                self._tell()
            self.hear()
        except Exception as error:
            self._fail(error)

    def _tell(self) -> None:
        self._unsent = bool(self._line.flush())
        if not self._unsent:
            self._ready.modify(self._line.socket, EVENT_READ)

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
