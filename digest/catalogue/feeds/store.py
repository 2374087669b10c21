"""Queries over feeds and their entries. They take a session and never commit (law 8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import CursorResult, Update, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.catalogue.rows import FeedEntryRow, FeedRow, TakeRow, ToolRow
from digest.db import chunks

# When a feed is due that is gone for good.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """A listing as far as a feed must know it; ``has_takes`` means that a panel has spoken."""

    tool_id: int
    slug: str
    name_key: str
    source: str
    updated_at: datetime
    has_takes: bool


def feeds_by_name(session: Session) -> dict[str, FeedRow]:
    """Return how each feed that was ever polled stands, those that are no longer set up among them."""
    return {row.name: row for row in session.scalars(select(FeedRow))}


def is_due(row: FeedRow | None, url: str, now: datetime) -> bool:
    """Whether it is a feed's turn: always, if it is new or has a new URL."""
    return row is None or row.url != url or row.next_at <= now


def claim(
    session: Session, name: str, url: str, *, now: datetime, until: datetime, force: bool
) -> FeedRow | None:
    """Put the feed's next turn off to ``until`` and return its row; None when it is not its turn.

    With ``force`` it always is; of two processes still only one gets it. A feed that has a new URL begins
    anew: nothing that the old one said of itself holds.
    """
    row = session.scalar(select(FeedRow).where(FeedRow.name == name))
    if row is None:
        return _begin(session, FeedRow(name=name, url=url, polled_at=now, next_at=until, failures=0))
    if not force and not is_due(row, url, now):
        return None
    claimed = update(FeedRow).where(FeedRow.name == name, FeedRow.next_at == row.next_at)
    if _changed(session, claimed.values(next_at=until, polled_at=now)) == 0:
        return None
    session.refresh(row)
    if row.url != url:
        row.url, row.etag, row.last_modified, row.failures, row.error = url, None, None, 0, None
    return row


def hold(session: Session, name: str, until: datetime) -> FeedRow | None:
    """Return the feed's row, locked, if the claim ``until`` still stands; else None."""
    mine = update(FeedRow).where(FeedRow.name == name, FeedRow.next_at == until)
    if _changed(session, mine.values(next_at=until)) == 0:
        return None
    return session.scalar(select(FeedRow).where(FeedRow.name == name))


def entries_by_key(session: Session, feed: str, keys: Collection[str]) -> dict[str, FeedEntryRow]:
    """Return those of a feed's entries that were met before."""
    return {
        row.key: row
        for chunk in chunks(keys)
        for row in session.scalars(
            select(FeedEntryRow).where(FeedEntryRow.feed == feed, FeedEntryRow.key.in_(chunk))
        )
    }


def shared_tools(session: Session, feed: str, tool_ids: Collection[int]) -> set[int]:
    """Return those of the tools that more than one entry of the feed speaks of."""
    return {
        tool_id
        for chunk in chunks(tool_ids)
        for tool_id in session.scalars(
            select(FeedEntryRow.tool_id)
            .where(FeedEntryRow.feed == feed, FeedEntryRow.tool_id.in_(chunk))
            .group_by(FeedEntryRow.tool_id)
            .having(func.count() > 1)
        )
        if tool_id is not None
    }


def standings(
    session: Session, *, ids: Collection[int], name_keys: Collection[str], slugs: Collection[str]
) -> list[Standing]:
    """Return the listings with one of these ids, names or slugs, the oldest first; PostgreSQL locks them."""
    has_takes = select(TakeRow.id).where(TakeRow.tool_id == ToolRow.id).exists()
    columns = (ToolRow.id, ToolRow.slug, ToolRow.name_key, ToolRow.source, ToolRow.updated_at)
    query = select(*columns, has_takes).with_for_update()
    wanted = [ToolRow.id.in_(chunk) for chunk in chunks(ids)]
    wanted += [ToolRow.name_key.in_(chunk) for chunk in chunks(name_keys)]
    wanted += [ToolRow.slug.in_(chunk) for chunk in chunks(slugs)]
    found = {row[0]: Standing(*row) for each in wanted for row in session.execute(query.where(each))}
    return [found[tool_id] for tool_id in sorted(found)]


def _begin(session: Session, row: FeedRow) -> FeedRow | None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return row


def _changed(session: Session, statement: Update) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount
