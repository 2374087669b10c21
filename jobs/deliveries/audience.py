"""Freezing an audience: who gets an issue, which edition, and when it is first tried. Set-based throughout.

What differs between readers is small, whatever the size of the list: what they chose is turned into editions
and times in Python, put into two temporary tables, and joined to the list in one INSERT … SELECT.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import (
    Column,
    Insert,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    func,
    insert,
    literal,
    outerjoin,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.db import UtcDateTime
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.store import changed
from jobs.deliveries.values import State
from subscribers.rows import SubscriberRow

# (language, interests) → edition.id, None for the issue's own bytes.
Editions = Mapping[tuple[str, str], int | None]
# (hour, zone) → when it is due.
Times = Mapping[tuple[int, str | None], datetime]

_ALL_THE_SAME: Editions = MappingProxyType({})
_AT_ONCE: Times = MappingProxyType({})

# Not on the product's metadata: they live for one transaction on one connection.
_TEMPORARY = MetaData()
_EDITION = Table(
    "chosen_edition",
    _TEMPORARY,
    Column("language", String, primary_key=True),
    Column("interests", String, primary_key=True),
    Column("edition_id", Integer),
    prefixes=["TEMPORARY"],
)
_TIME = Table(
    "chosen_time",
    _TEMPORARY,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("zone", String, primary_key=True),
    Column("at", UtcDateTime()),
    prefixes=["TEMPORARY"],
)


def freeze_audience(
    session: Session,
    issue_id: int,
    audience: Select[int],
    now: datetime,
    editions: Editions = _ALL_THE_SAME,
    times: Times = _AT_ONCE,
) -> int:
    """Add a pending delivery for every reader id that ``audience`` selects; return how many were added.

    ``audience`` is a SELECT from the list such as ``subscribers.store.audience_select`` makes.
    One statement, whatever the size of the list; readers who have a delivery already keep it. Call it once,
    when sending starts: called later it would add those who joined since. A reader whose choice is in neither
    mapping, because it was made this very moment, gets the issue's own bytes at once.
    """
    connection = session.connection()
    _TEMPORARY.create_all(connection, checkfirst=False)
    chosen = [
        {"language": language, "interests": interests, "edition_id": number}
        for (language, interests), number in editions.items()
        if number is not None
    ]
    due = [{"hour": hour, "zone": zone or "", "at": at} for (hour, zone), at in times.items()]
    for table, rows in ((_EDITION, chosen), (_TIME, due)):
        if rows:
            connection.execute(insert(table), rows)
    statement = freezing(session, issue_id, audience, now)
    added = changed(session.execute(statement.execution_options(preserve_rowcount=True)))
    # Where this raises, the rollback takes the tables away.
    _TEMPORARY.drop_all(connection, checkfirst=False)
    return added


def freezing(session: Session, issue_id: int, audience: Select[int], now: datetime) -> Insert:
    """Return the statement behind ``freeze_audience``, over its two temporary tables."""
    at = literal(now, UtcDateTime())
    reader, edition = SubscriberRow, _EDITION.c.edition_id
    same_edition = and_(
        _EDITION.c.language == reader.language,
        _EDITION.c.interests == func.coalesce(reader.interests, ""),
    )
    same_time = and_(_TIME.c.hour == reader.hour, _TIME.c.zone == func.coalesce(reader.zone, ""))
    chosen = (
        audience.with_only_columns(
            literal(issue_id),
            reader.id,
            edition,
            literal(State.PENDING.value),
            literal(0),
            func.coalesce(_TIME.c.at, at),
            at,
        )
        .select_from(outerjoin(outerjoin(reader, _EDITION, same_edition), _TIME, same_time))
        # Numbered edition by edition, so that a claim, which follows the numbers, seldom has many.
        .order_by(edition.nulls_first(), reader.id)
    )
    columns = ["issue_id", "reader_id", "edition_id", "state", "attempts", "next_try_at", "updated_at"]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(DeliveryRow).from_select(columns, chosen)
    once: Insert = statement.on_conflict_do_nothing(index_elements=["issue_id", "reader_id"])
    return once
