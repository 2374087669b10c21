"""What a sender writes over and over: the marks and results of all its connections, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from digest.db import Database
from digest.writer import Writer
from jobs.deliveries.pen import Pen
from jobs.deliveries.values import Marks, Progress, Result
from jobs.deliveries.words import Postgres, Said, Sqlite, Words


class Barrier:
    """The door through which a sender writes to the table of deliveries. For one thread at a time.

    Whoever goes through holds the pen: WrongState for everybody else, whatever they call.
    """

    def __init__(self, database: Database) -> None:
        self._words: Words = Sqlite() if database.is_sqlite else Postgres()
        self._pen = None if database.is_sqlite else Pen()
        self._writer = Writer(database, self._begin)

    def open(self) -> None:
        """Open the connection; raises OperationalError."""
        with self._writer.transaction():
            pass

    def write(
        self,
        results: Sequence[Result],
        marks: Marks,
        now: datetime,
        progress: Progress | None = None,
    ) -> set[int]:
        """Commit results, progress and marks ("about to send"); return the ids whose marks are ours now.

        Only what is pending, and whose reader may be mailed, is marked; let no body go for another.
        A result for a delivery that is settled already is ignored.

        After OperationalError nobody knows whether the commit was done. Call it again with the same ``now``:
        results stay as they are, and a mark is known for ours by its time, which is exact to the microsecond.
        """
        said = self._words.say(results, marks, now, progress)
        with self._writer.transaction(alone=len(said) == 1) as connection:
            answer = _tell(connection, said)
        return self._ours(answer, set(marks), now)

    def write_if_free(
        self,
        results: Sequence[Result],
        marks: Marks,
        now: datetime,
        progress: Progress | None = None,
    ) -> set[int] | None:
        """Do what ``write`` does but wait for nobody: None where it would have to, and nothing was done.

        That is while somebody else writes, be it a thread of ours or another process, before the connection
        is open and after it was lost, and always on PostgreSQL, which can be asked. The disk is waited for
        as ever.
        """
        with self._writer.transaction_if_free() as connection:
            if connection is None:
                return None
            answer = _tell(connection, self._words.say(results, marks, now, progress))
        return self._ours(answer, set(marks), now)

    def ask(self, results: Sequence[Result], marks: Marks, now: datetime) -> asyncio.Future[int] | None:
        """Have PostgreSQL do what ``write`` does, and go on; the future gets how many marks are ours now.

        Which, only ``write`` tells, where they are not all. That is also to be called after OperationalError,
        with the same ``now``. Until the future is done nothing else may be called.

        None, and nothing was done, on SQLite, before the connection is open and after it was lost, and for
        whatever it takes more than one statement to say.
        """
        if self._pen is None:
            return None
        said = self._words.say(results, marks, now, None)
        if len(said) != 1 or said[0].name is None:
            return None
        return self._writer.ask(said[0].name, said[0].given)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    def _begin(self, connection: Any) -> None:
        """Make a connection that was just opened the sender's."""
        if self._pen is not None:
            self._pen.take(connection)
        for name, text in self._words.prepared.items():
            connection.execute(f"PREPARE {name} AS {text}")

    def _ours(self, answer: Any, ids: set[int], now: datetime) -> set[int]:
        """Return the ids whose marks, which are committed, are ours; ``answer`` is that to the marks."""
        if not ids or answer.rowcount == len(ids):
            return ids
        # Some reader left, it took several statements, or this is the second call: what the first one marked
        # has this very time.
        with self._writer.connection() as connection:
            # Read at once: on SQLite there would be no commit with rows still to come.
            marked = _tell(connection, [self._words.ask(ids, now)]).fetchall()
        return {number for (number,) in marked}


def _tell(connection: Any, said: Sequence[Said]) -> Any:
    """Have the driver do these statements; return its answer to the last one."""
    answer = None
    for one in said:
        answer = (connection.executemany if one.many else connection.execute)(one.text, one.given)
    return answer
