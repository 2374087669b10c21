"""What a sender writes over and over: the marks and results of all its connections, in one transaction.

The statements are SQLAlchemy's, so that names, types and databases stay right; but they are compiled once and
handed to the driver as they are. Each names the state it comes from, so that repeating it does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    FromClause,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement

from digest.db import Base, Database, UtcDateTime
from digest.writer import Writer
from jobs.deliveries.pen import Pen
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.deliveries.values import Progress, Result, State
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow

_DELIVERY = Base.metadata.tables[DeliveryRow.__tablename__]
_PROGRESS = Base.metadata.tables[ProgressRow.__tablename__]
# The statements for so many rows are kept for all databases of the process: compiling one takes milliseconds.
_SQLITE: Dialect = sqlite.dialect()
# What a result says of its delivery; also the names of its fields, but for the first.
_SAID = ("state", "attempts", "first_try_at", "next_try_at", "code", "reply", "relay")
_RESULT = ("id", *_SAID)
# So many results a statement takes: far below the 32,766 values SQLite does.
_MOST = 100
_NOW = bindparam("now", type_=UtcDateTime(), required=False)
_PENDING: ColumnElement[str] = literal_column(f"'{State.PENDING}'")
_SENDING: ColumnElement[str] = literal_column(f"'{State.SENDING}'")
_OPEN = or_(_DELIVERY.c.state == _PENDING, _DELIVERY.c.state == _SENDING)


class Barrier:
    """The door through which a sender writes to the table of deliveries. For one thread at a time.

    Whoever goes through holds the pen: WrongState for everybody else, whatever they call.
    """

    def __init__(self, database: Database) -> None:
        self._writer = Writer(database, None if database.is_sqlite else Pen().take)
        self._words: _Words = _Sqlite() if database.is_sqlite else _Postgres(database.engine.dialect)

    def open(self) -> None:
        """Open the connection; raises OperationalError."""
        with self._writer.transaction():
            pass

    def write(
        self,
        results: Sequence[Result],
        marks: Collection[int],
        now: datetime,
        progress: Progress | None = None,
    ) -> set[int]:
        """Commit results, progress and marks ("about to send"); return the ids whose marks are ours now.

        Only what is pending, and whose reader may be mailed, is marked; let no body go for another.
        A result for a delivery that is settled already is ignored.

        After OperationalError nobody knows whether the commit was done. Call it again with the same ``now``:
        results stay as they are, and a mark is known for ours by its time, which is exact to the microsecond.
        """
        words, ids = self._words, set(marks)
        with self._writer.transaction() as connection:
            if results:
                words.record(connection, results, now)
            if progress is not None:
                words.tell(connection, progress)
            marked = words.mark(connection, ids, now) if ids else None
        if marked is None or marked.rowcount == len(ids):
            return ids
        # Some reader left, or this is the second call. What the first one marked has this very time.
        with self._writer.transaction() as connection:
            found = words.marked(connection, ids, now)
        return {number for (number,) in found}

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class _Words(Protocol):
    """The statements as one database understands them."""

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None: ...
    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Any: ...
    def marked(self, connection: Any, ids: Collection[int], now: datetime) -> Any: ...
    def tell(self, connection: Any, progress: Progress) -> None: ...


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for the driver, the constants it names, and the order of all names where it has places."""

    text: str
    constants: Mapping[str, Any]
    places: Sequence[str]

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> _Compiled:
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        constants = {name: str(value) for name, value in compiled.params.items() if value is not None}
        return cls(str(compiled), constants, compiled.positiontup or ())


class _Sqlite:
    """Each statement is compiled for so many rows, and takes a step of the driver for all of them.

    An UPDATE for each row costs half as much again, and gives up the interpreter's lock each time.
    """

    def __init__(self) -> None:
        process = UtcDateTime().dialect_impl(_SQLITE).bind_processor(_SQLITE)
        assert process is not None
        # The moment an issue started is that of all its readers who chose no hour.
        self._time = lru_cache(maxsize=1000)(process)
        self._tell = _Compiled.of(_telling(sqlite.insert(_PROGRESS)), _SQLITE)

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None:
        time = self._time
        for some in _one_each(results):
            # In the order of the columns, row after row, and then the time: as ``_listed`` has it.
            values = [
                value
                for result in some
                for value in (
                    result.delivery_id,
                    result.state.value,
                    result.attempts,
                    time(result.first_try_at),
                    time(result.next_try_at),
                    result.code,
                    result.reply,
                    result.relay,
                )
            ]
            connection.execute(_recording_listed(len(some)).text, (*values, time(now)))

    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Any:
        return self._of(connection, _marking_listed(len(ids)), ids, now)

    def marked(self, connection: Any, ids: Collection[int], now: datetime) -> Any:
        # Read at once: with rows still to come there would be no commit.
        statement = _Compiled.of(_marked(_one_of(len(ids))), _SQLITE)
        return self._of(connection, statement, ids, now).fetchall()

    def _of(self, connection: Any, statement: _Compiled, ids: Collection[int], now: datetime) -> Any:
        which = dict(zip(_names(len(ids)), ids, strict=True))
        given = {**which, **statement.constants, "now": self._time(now)}
        return connection.execute(statement.text, [given[name] for name in statement.places])

    def tell(self, connection: Any, progress: Progress) -> None:
        times = {name: self._time(getattr(progress, name)) for name in ("began_at", "alive_at", "ended_at")}
        given = progress.columns() | times
        connection.execute(self._tell.text, [given[name] for name in self._tell.places])


class _Postgres:
    """One UPDATE for all results, one for all marks: their columns travel as arrays (``unnest``)."""

    def __init__(self, dialect: Dialect) -> None:
        which = _DELIVERY.c.id == any_(_array("id", "ids"))
        self._recording = _Compiled.of(_recording(_unnested()), dialect)
        self._marking = _Compiled.of(_marking(which), dialect)
        self._marked = _Compiled.of(_marked(which), dialect)
        self._tell = _Compiled.of(_telling(postgresql.insert(_PROGRESS)), dialect)

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None:
        for some in _one_each(results):
            columns: dict[str, list[Any]] = {
                "id": [result.delivery_id for result in some],
                "state": [result.state.value for result in some],
                "attempts": [result.attempts for result in some],
                "first_try_at": [result.first_try_at for result in some],
                "next_try_at": [result.next_try_at for result in some],
                "code": [result.code for result in some],
                "reply": [result.reply for result in some],
                "relay": [result.relay for result in some],
            }
            connection.execute(self._recording.text, {**columns, "now": now})

    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Any:
        return self._of(connection, self._marking, ids, now)

    def marked(self, connection: Any, ids: Collection[int], now: datetime) -> Any:
        return self._of(connection, self._marked, ids, now)

    def _of(self, connection: Any, statement: _Compiled, ids: Collection[int], now: datetime) -> Any:
        return connection.execute(statement.text, {**statement.constants, "ids": list(ids), "now": now})

    def tell(self, connection: Any, progress: Progress) -> None:
        connection.execute(self._tell.text, progress.columns())


def _one_each(results: Sequence[Result]) -> Iterator[Collection[Result]]:
    """Yield the results in parts in which no delivery is twice: a statement changes a row once only."""
    while results:
        first = {result.delivery_id: result for result in reversed(results[:_MOST])}
        yield first.values()
        results = [result for result in results if first.get(result.delivery_id) is not result]


def _recording(new: FromClause) -> ClauseElement:
    said = {name: new.c[name] for name in _SAID}
    return update(_DELIVERY).where(_DELIVERY.c.id == new.c.id, _OPEN).values(**said, updated_at=_NOW)


def _listed(count: int) -> FromClause:
    """Return a table of ``count`` results whose values are given row after row."""
    rows = [
        tuple(bindparam(f"{name}_{place}", type_=_DELIVERY.c[name].type, required=False) for name in _RESULT)
        for place in range(count)
    ]
    columns = (column(name, _DELIVERY.c[name].type) for name in _RESULT)
    return values(*columns, name="new").data(rows).cte("new")


def _unnested() -> FromClause:
    """Return a table of results whose values are given as an array for each column."""
    columns = (column(name, _DELIVERY.c[name].type) for name in _RESULT)
    arrays = (_array(name, name) for name in _RESULT)
    return func.unnest(*arrays).table_valued(*columns).render_derived()


@cache
def _recording_listed(count: int) -> _Compiled:
    return _Compiled.of(_recording(_listed(count)), _SQLITE)


@cache
def _marking_listed(count: int) -> _Compiled:
    return _Compiled.of(_marking(_one_of(count)), _SQLITE)


def _array(name: str, key: str) -> BindParameter[Any]:
    """Return the place ``key`` for an array of values of a column of ``delivery``."""
    return bindparam(key, type_=postgresql.ARRAY(_DELIVERY.c[name].type), required=False)


@cache
def _names(count: int) -> tuple[str, ...]:
    return tuple(f"id_{place}" for place in range(count))


def _one_of(count: int) -> ColumnElement[bool]:
    """Return the condition that a delivery is one of ``id_0``, ``id_1``, …"""
    return _DELIVERY.c.id.in_([bindparam(name, required=False) for name in _names(count)])


def _marking(which: ColumnElement[bool]) -> ClauseElement:
    return (
        update(_DELIVERY)
        .where(
            which,
            _DELIVERY.c.state == _PENDING,
            # Asked at the last moment, not only when it was claimed: who leaves or pauses is not mailed.
            audience_select(_NOW)
            .where(SubscriberRow.id == _DELIVERY.c.reader_id)
            .correlate(_DELIVERY)
            .exists(),
        )
        .values(
            state=_SENDING,
            attempts=_DELIVERY.c.attempts + literal_column("1"),
            first_try_at=func.coalesce(_DELIVERY.c.first_try_at, _NOW),
            updated_at=_NOW,
        )
    )


def _marked(which: ColumnElement[bool]) -> ClauseElement:
    return select(_DELIVERY.c.id).where(which, _DELIVERY.c.state == _SENDING, _DELIVERY.c.updated_at == _NOW)


def _telling(insert: sqlite.Insert | postgresql.Insert) -> ClauseElement:
    """Return the statement that keeps one row of progress for each issue."""
    told = insert.values({column.name: bindparam(column.name) for column in _PROGRESS.c})
    newer = {column.name: told.excluded[column.name] for column in _PROGRESS.c if not column.primary_key}
    statement: ClauseElement = told.on_conflict_do_update(index_elements=["issue_id"], set_=newer)
    return statement
