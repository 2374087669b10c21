"""The barrier's statements as each database is told them: compiled once, handed to the driver as they are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from digest.db import sqlite_time
from jobs.deliveries import statements
from jobs.deliveries.statements import Compiled
from jobs.deliveries.values import Marks, Progress, Result

# The statements for so many rows are kept for all databases of the process: compiling one takes milliseconds.
_SQLITE: Dialect = sqlite.dialect()
# The server's own places ($1), so that it understands the text without psycopg as well.
_POSTGRES: Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Said(NamedTuple):
    """One statement and its values; ``many`` has it done once for each of these.

    ``name`` is that of one of ``prepared``.
    """

    text: str
    given: Any
    many: bool = False
    name: str | None = None


class Words(Protocol):
    """What the barrier says, as one database understands it."""

    @property
    def prepared(self) -> Mapping[str, str]:
        """What a connection is to know by heart: the texts of statements by their names."""

    def say(
        self, results: Sequence[Result], marks: Marks, now: datetime, progress: Progress | None
    ) -> list[Said]:
        """Return the statements that write it all, marks last.

        Where one marks them all its ``rowcount`` tells how many; of several none does.
        """

    def ask(self, ids: Collection[int], now: datetime) -> Said:
        """Return the query for those of these ids that were marked at ``now``."""


class Sqlite:
    """A result takes a step of the driver of its own, all marks for one relay together take one."""

    # The driver remembers by itself.
    prepared = _NOTHING

    def __init__(self) -> None:
        # The moment an issue started is that of all its readers who chose no hour.
        self._often = lru_cache(maxsize=1000)(sqlite_time)
        self._recording = Compiled.of(statements.recording(), _SQLITE)
        self._telling = Compiled.of(statements.telling(sqlite.insert), _SQLITE)

    def say(
        self, results: Sequence[Result], marks: Marks, now: datetime, progress: Progress | None
    ) -> list[Said]:
        said = []
        if results:
            said.append(self._record(results, now))
        if progress is not None:
            said.append(self._tell(progress))
        for relay in dict.fromkeys(marks.values()):
            ids = [number for number, its in marks.items() if its == relay]
            said.append(self._of(_marking(len(ids)), ids, now, relay=relay))
        return said

    def ask(self, ids: Collection[int], now: datetime) -> Said:
        return self._of(_marked(len(ids)), ids, now)

    def _record(self, results: Sequence[Result], now: datetime) -> Said:
        often, at = self._often, sqlite_time(now)
        given = [
            (str(state), attempts, sqlite_time(first), often(next_try), code, reply, relay, at, number)
            for number, state, attempts, first, next_try, code, reply, relay in results
        ]
        return Said(self._recording.text, given, many=True)

    def _tell(self, progress: Progress) -> Said:
        times = {name: sqlite_time(getattr(progress, name)) for name in ("began_at", "alive_at", "ended_at")}
        return Said(self._telling.text, self._telling.places(progress.columns() | times))

    def _of(self, statement: Compiled, ids: Collection[int], now: datetime, **more: str) -> Said:
        named = zip(_names(len(ids)), ids, strict=True)
        given = dict(named, now=sqlite_time(now), **more, **statement.constants)
        return Said(statement.text, statement.places(given))


class Postgres:
    """One statement for all results and all marks, as a rule: each more is a round of the driver."""

    def __init__(self) -> None:
        which = statements.one_of_array()
        recording = statements.recording_all()
        marking = statements.marking(which, statements.relay_of_each())
        self._recording = Compiled.of(recording, _POSTGRES)
        self._marking = Compiled.of(marking, _POSTGRES)
        self._both = Compiled.of(marking.add_cte(recording.cte("recorded")), _POSTGRES)
        self._marked = Compiled.of(statements.marked(which), _POSTGRES)
        self._telling = Compiled.of(statements.telling(postgresql.insert), _POSTGRES)
        self.prepared = {"barrier": self._both.text}

    def say(
        self, results: Sequence[Result], marks: Marks, now: datetime, progress: Progress | None
    ) -> list[Said]:
        marking = _array(marks) | {"relays": json.dumps(marks), "now": now}
        parts = list(_one_each(results))
        said = [] if progress is None else [self._of(self._telling, progress.columns())]
        # A statement changes a row once only.
        if marks and len(parts) == 1 and parts[0].keys().isdisjoint(marks):
            both = self._of(self._both, _listed(parts[0].values()) | marking)
            return [*said, both._replace(name="barrier")]
        said += [self._of(self._recording, _listed(part.values()) | {"now": now}) for part in parts]
        if marks:
            said.append(self._of(self._marking, marking))
        return said

    def ask(self, ids: Collection[int], now: datetime) -> Said:
        return self._of(self._marked, _array(ids) | {"now": now})

    def _of(self, statement: Compiled, given: Mapping[str, Any]) -> Said:
        places = statement.places({**statement.constants, **given})
        return Said(statement.text, tuple(map(_text, places)))


def _text(value: Any) -> str | None:
    """Return a value as PostgreSQL reads it from a text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _array(ids: Collection[int]) -> dict[str, str]:
    return {"ids": f"{{{','.join(map(str, ids))}}}"}


def _listed(results: Collection[Result]) -> dict[str, str]:
    """Return the results as one text: arrays, one for each column, the driver would write in Python."""
    return {"results": json.dumps([result._asdict() for result in results], default=datetime.isoformat)}


def _one_each(results: Sequence[Result]) -> Iterator[dict[int, Result]]:
    """Yield the results by delivery, in parts in which none is twice."""
    while results:
        first = {result.delivery_id: result for result in reversed(results)}
        yield first
        results = [result for result in results if first.get(result.delivery_id) is not result]


@cache
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"id_{place}" for place in range(count))


@cache
def _marking(count: int) -> Compiled:
    which = statements.one_of(_names(count))
    return Compiled.of(statements.marking(which, statements.relay_of_all()), _SQLITE)


@cache
def _marked(count: int) -> Compiled:
    return Compiled.of(statements.marked(statements.one_of(_names(count))), _SQLITE)
