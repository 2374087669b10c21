"""The statements behind the barrier: SQLAlchemy's, so that names, types and databases stay right.

Each names the state it comes from, so that repeating it does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Dialect,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement

from digest.db import Base, UtcDateTime
from jobs.deliveries.rows import DeliveryRow, ProgressRow
from jobs.deliveries.values import Result, State
from subscribers.audience import audience_select
from subscribers.rows import SubscriberRow

_DELIVERY = Base.metadata.tables[DeliveryRow.__tablename__]
_PROGRESS = Base.metadata.tables[ProgressRow.__tablename__]
# What a result says of its delivery: its fields but for the first, ``delivery_id``.
_SAID = Result._fields[1:]
_NOW = bindparam("now", type_=UtcDateTime(), required=False)
_PENDING: ColumnElement[str] = literal_column(f"'{State.PENDING}'")
_SENDING: ColumnElement[str] = literal_column(f"'{State.SENDING}'")
_OPEN = or_(_DELIVERY.c.state == _PENDING, _DELIVERY.c.state == _SENDING)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement for the driver: its text, the constants it names, and what puts values into its places."""

    text: str
    constants: Mapping[str, Any]
    places: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> Compiled:
        """Compile a statement; the places are SQLite's, PostgreSQL knows the names."""
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        constants = {name: str(value) for name, value in compiled.params.items() if value is not None}
        return cls(str(compiled), constants, itemgetter(*(compiled.positiontup or compiled.params)))


def recording() -> ClauseElement:
    """Return the UPDATE for one result; its places are the result's fields, then ``now`` and the id."""
    said = [(_DELIVERY.c[name], _place(name, name)) for name in _SAID]
    one = _DELIVERY.c.id == _place("id", "delivery_id")
    return update(_DELIVERY).where(one, _OPEN).ordered_values(*said, (_DELIVERY.c.updated_at, _NOW))


def recording_all() -> Update:
    """Return PostgreSQL's UPDATE for results that come as one JSON text, a list of objects."""
    columns = [
        column(field, _DELIVERY.c[name].type)
        for field, name in zip(Result._fields, ("id", *_SAID), strict=True)
    ]
    listed = cast(bindparam("results", type_=Text, required=False), JSON)
    new = func.json_to_recordset(listed).table_valued(*columns, name="new").render_derived(with_types=True)
    said = {name: new.c[name] for name in _SAID}
    return update(_DELIVERY).where(_DELIVERY.c.id == new.c.delivery_id, _OPEN).values(**said, updated_at=_NOW)


def marking(which: ColumnElement[bool], relay: ColumnElement[str]) -> Update:
    """Return the UPDATE that marks deliveries as about to be sent, those whose readers may be mailed.

    ``relay`` is what tells by which server.
    """
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
            # Known already: where we are killed now, a person has to look into that server's log.
            relay=relay,
            updated_at=_NOW,
        )
    )


def marked(which: ColumnElement[bool]) -> ClauseElement:
    """Return the SELECT of those that were marked at ``now``."""
    return select(_DELIVERY.c.id).where(which, _DELIVERY.c.state == _SENDING, _DELIVERY.c.updated_at == _NOW)


def one_of(names: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a delivery is one of those whose ids are given by these names."""
    return _DELIVERY.c.id.in_([bindparam(name, required=False) for name in names])


def one_of_array() -> ColumnElement[bool]:
    """Return the condition that a delivery is in PostgreSQL's array ``ids``."""
    array = bindparam("ids", type_=postgresql.ARRAY(_DELIVERY.c.id.type), required=False)
    return _DELIVERY.c.id == any_(array)


def relay_of_all() -> ColumnElement[str]:
    """Return the place ``relay``: of all deliveries that are marked."""
    return _place("relay", "relay")


def relay_of_each() -> ColumnElement[str]:
    """Return what PostgreSQL finds for a delivery in the JSON object ``relays``, whose keys are ids."""
    relays = cast(bindparam("relays", type_=Text, required=False), JSON)
    return func.json_extract_path_text(relays, cast(_DELIVERY.c.id, Text))


def telling(insert: Callable[..., sqlite.Insert | postgresql.Insert]) -> ClauseElement:
    """Return the statement that keeps one row of progress for each issue."""
    told = insert(_PROGRESS).values({column.name: bindparam(column.name) for column in _PROGRESS.c})
    newer = {column.name: told.excluded[column.name] for column in _PROGRESS.c if not column.primary_key}
    statement: ClauseElement = told.on_conflict_do_update(index_elements=["issue_id"], set_=newer)
    return statement


def _place(name: str, key: str) -> BindParameter[Any]:
    """Return the place ``key`` for a value of a column of ``delivery``."""
    return bindparam(key, type_=_DELIVERY.c[name].type, required=False)
