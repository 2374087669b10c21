"""What a sender writes over and over: the marks and results of all its connections, in one transaction.

The statements are SQLAlchemy's, so that names, types and databases stay right; but they are compiled once and
handed to the driver as they are. Each names the state it comes from, so that repeating it does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Update,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import Executable

from digest.db import Base, Database, UtcDateTime
from digest.writer import Writer
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.deliveries.values import Progress, Result, State
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow

_DELIVERY = Base.metadata.tables[DeliveryRow.__tablename__]
_PROGRESS = Base.metadata.tables[ProgressRow.__tablename__]
# What a result says of its delivery; also the names of its fields.
_SAID = ("state", "attempts", "first_try_at", "next_try_at", "code", "reply", "relay")
_NOW = bindparam("now", type_=UtcDateTime(), required=False)
_SENDING: ColumnElement[str] = literal_column(f"'{State.SENDING}'")
_OPEN = or_(_DELIVERY.c.state == literal_column(f"'{State.PENDING}'"), _DELIVERY.c.state == _SENDING)


class Barrier:
    """The door through which a sender writes to the table of deliveries. For one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._writer = Writer(database)
        dialect = database.engine.dialect
        self._words: _Words = _Sqlite(dialect) if database.is_sqlite else _Postgres(dialect)

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
        words = self._words
        with self._writer.transaction() as connection:
            if results:
                words.record(connection, results, now)
            if progress is not None:
                words.tell(connection, progress)
            marked = words.mark(connection, marks, now) if marks else ()
        ours = {number for (number,) in marked}
        if len(ours) < len(marks):
            with self._writer.transaction() as connection:
                before = words.marked_before(connection, set(marks) - ours, now)
            ours.update(number for (number,) in before)
        return ours

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class _Words(Protocol):
    """The statements as one database understands them. Rows that come back are read behind the block."""

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None: ...
    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]: ...
    def marked_before(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]: ...
    def tell(self, connection: Any, progress: Progress) -> None: ...


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for the driver, and the constants it names."""

    text: str
    constants: Mapping[str, str]

    @classmethod
    def of(cls, statement: Executable, dialect: Dialect) -> _Compiled:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        given = {name: str(value) for name, value in compiled.params.items() if value is not None}
        return cls(str(compiled), given)


class _Sqlite:
    """One UPDATE for each result (executemany), one for all marks."""

    def __init__(self, dialect: Dialect) -> None:
        named: Any = type(dialect)
        self._dialect: Dialect = named(paramstyle="named")
        process = UtcDateTime().bind_processor(self._dialect)
        assert process is not None
        # The moment an issue started is that of all its readers who chose no hour.
        self._time = lru_cache(maxsize=1000)(process)
        self._mark = lru_cache(maxsize=None)(lambda count: self._compiled(_marking(_one_of(count))))
        self._record = self._compiled(_RECORD_ONE)
        self._tell = self._compiled(_telling(sqlite.insert(_PROGRESS)))

    def _compiled(self, statement: Executable) -> _Compiled:
        return _Compiled.of(statement, self._dialect)

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None:
        time, at = self._time, self._time(now)
        rows = [
            {
                "which": result.delivery_id,
                "new_state": result.state.value,
                "new_attempts": result.attempts,
                "new_first_try_at": time(result.first_try_at),
                "new_next_try_at": time(result.next_try_at),
                "new_code": result.code,
                "new_reply": result.reply,
                "new_relay": result.relay,
                "now": at,
            }
            for result in results
        ]
        connection.executemany(self._record.text, rows)

    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]:
        return self._asked(connection, self._mark(len(ids)), ids, now)

    def marked_before(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]:
        return self._asked(connection, self._compiled(_marked(_one_of(len(ids)))), ids, now)

    def _asked(
        self, connection: Any, statement: _Compiled, ids: Collection[int], now: datetime
    ) -> Iterable[tuple[int]]:
        which = {f"id_{place}": number for place, number in enumerate(ids)}
        # Read at once: with rows still to come there would be no commit.
        rows: list[tuple[int]] = connection.execute(
            statement.text, {**statement.constants, **which, "now": self._time(now)}
        ).fetchall()
        return rows

    def tell(self, connection: Any, progress: Progress) -> None:
        times = {name: self._time(getattr(progress, name)) for name in ("began_at", "alive_at", "ended_at")}
        connection.execute(self._tell.text, {**progress.columns(), **times})


class _Postgres:
    """One UPDATE for all results (``unnest``), one for all marks."""

    def __init__(self, dialect: Dialect) -> None:
        which = _DELIVERY.c.id == any_(_array("id", "ids"))
        self._mark, self._marked = (_Compiled.of(made(which), dialect) for made in (_marking, _marked))
        self._record = _Compiled.of(_recording_all(), dialect)
        self._tell = _Compiled.of(_telling(postgresql.insert(_PROGRESS)), dialect)

    def record(self, connection: Any, results: Sequence[Result], now: datetime) -> None:
        for some in _one_each(results):
            columns: dict[str, list[Any]] = {
                "which": [result.delivery_id for result in some],
                "new_state": [result.state.value for result in some],
                "new_attempts": [result.attempts for result in some],
                "new_first_try_at": [result.first_try_at for result in some],
                "new_next_try_at": [result.next_try_at for result in some],
                "new_code": [result.code for result in some],
                "new_reply": [result.reply for result in some],
                "new_relay": [result.relay for result in some],
            }
            connection.execute(self._record.text, {**columns, "now": now})

    def mark(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]:
        return self._asked(connection, self._mark, ids, now)

    def marked_before(self, connection: Any, ids: Collection[int], now: datetime) -> Iterable[tuple[int]]:
        return self._asked(connection, self._marked, ids, now)

    def _asked(
        self, connection: Any, statement: _Compiled, ids: Collection[int], now: datetime
    ) -> Iterable[tuple[int]]:
        rows: Iterable[tuple[int]] = connection.execute(
            statement.text, {**statement.constants, "ids": list(ids), "now": now}
        )
        return rows

    def tell(self, connection: Any, progress: Progress) -> None:
        connection.execute(self._tell.text, progress.columns())


def _one_each(results: Sequence[Result]) -> Iterator[Collection[Result]]:
    """Yield the results so that each delivery is in a part once: a statement changes a row once only."""
    while results:
        first = {result.delivery_id: result for result in reversed(results)}
        yield first.values()
        results = [result for result in results if first[result.delivery_id] is not result]


def _one_of(count: int) -> ColumnElement[bool]:
    """Return the condition that a delivery is one of ``id_0``, ``id_1``, …"""
    return _DELIVERY.c.id.in_([bindparam(f"id_{place}", required=False) for place in range(count)])


def _array(column_name: str, key: str) -> BindParameter[Any]:
    """Return the place ``key`` for an array of values of a column of ``delivery``."""
    return bindparam(key, type_=postgresql.ARRAY(_DELIVERY.c[column_name].type), required=False)


def _marking(which: ColumnElement[bool]) -> Executable:
    return (
        update(_DELIVERY)
        .where(
            which,
            _DELIVERY.c.state == literal_column(f"'{State.PENDING}'"),
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
        .returning(_DELIVERY.c.id)
    )


def _marked(which: ColumnElement[bool]) -> Executable:
    return select(_DELIVERY.c.id).where(which, _DELIVERY.c.state == _SENDING, _DELIVERY.c.updated_at == _NOW)


def _recording_all() -> Update:
    arrays = {"id": _array("id", "which"), **{name: _array(name, f"new_{name}") for name in _SAID}}
    new = (
        func.unnest(*arrays.values())
        .table_valued(*(column(name, _DELIVERY.c[name].type) for name in arrays), name="new")
        .render_derived()
    )
    said = {name: new.c[name] for name in _SAID}
    return update(_DELIVERY).where(_DELIVERY.c.id == new.c.id, _OPEN).values(**said, updated_at=_NOW)


_RECORD_ONE = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == bindparam("which"), _OPEN)
    .values(
        {name: bindparam(f"new_{name}", type_=_DELIVERY.c[name].type) for name in _SAID}
        | {"updated_at": _NOW}
    )
)


def _telling(insert: sqlite.Insert | postgresql.Insert) -> Executable:
    """Return the statement that keeps one row of progress for each issue."""
    values = insert.values({column.name: bindparam(column.name) for column in _PROGRESS.c})
    newer = {column.name: values.excluded[column.name] for column in _PROGRESS.c if not column.primary_key}
    statement: Executable = values.on_conflict_do_update(index_elements=["issue_id"], set_=newer)
    return statement
