"""Queries on votes and saved tools. They take a Session and never commit (law 8).

One row per reader and tool bounds what any link can write, however often it is used. A vote bears no time,
and an erased reader's loses the reader: what is left says that somebody once voted so, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Tool, Verdict
from digest.db import chunks
from digest.errors import WrongState
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.store import NEWSLETTER
from digest.votes.rows import SavedRow, VoteRow
from digest.votes.values import together

# What one reader keeps for later; more would be a catalogue of their own.
MOST_SAVED = 200


def find_featured(session: Session, slug: str) -> int | None:
    """Return the id of a tool that an issue featured which went out or is going out, else None."""
    featured = exists().where(
        MatchupRow.issue_id == IssueRow.id,
        or_(MatchupRow.left_id == ToolRow.id, MatchupRow.right_id == ToolRow.id),
        IssueRow.newsletter == NEWSLETTER,
        IssueRow.started_at.is_not(None),
    )
    return session.scalar(select(ToolRow.id).where(ToolRow.slug == slug, featured))


def cast(session: Session, reader: str, tool_id: int, verdict: Verdict) -> None:
    """Make ``verdict`` (ship or skip) the reader's vote on a tool, whatever it was before."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    vote = insert(VoteRow).values(reader=reader, tool_id=tool_id, verdict=verdict.value)
    session.execute(
        vote.on_conflict_do_update(
            index_elements=["reader", "tool_id"], set_={"verdict": vote.excluded.verdict}
        )
    )


def take_back(session: Session, reader: str, tool_id: int) -> None:
    """Remove the reader's vote on a tool, if there is one."""
    session.execute(delete(VoteRow).where(VoteRow.reader == reader, VoteRow.tool_id == tool_id))


def vote_of(session: Session, reader: str, tool_id: int) -> Verdict | None:
    """Return the reader's vote on a tool."""
    own = select(VoteRow.verdict).where(VoteRow.reader == reader, VoteRow.tool_id == tool_id)
    verdict = session.scalar(own)
    return None if verdict is None else Verdict(verdict)


def with_votes(session: Session, tools: Iterable[Tool]) -> list[Tool]:
    """Return the tools, in their order, with our readers' votes in ``community``.

    For whoever shows tools to readers. Whoever changes a tool and stores it must not ask here: the counts of
    its source are kept apart.
    """
    found, votes = list(tools), dict[str, tuple[int, int]]()
    for slugs in chunks(tool.slug for tool in found):
        votes |= _votes(session, slugs)
    return [
        replace(tool, community=together(tool.community, *votes[tool.slug])) if tool.slug in votes else tool
        for tool in found
    ]


def _votes(session: Session, slugs: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (ships, skips) by slug for the tools that have votes."""
    # Counted along the index, range by range; grouping what a join gives took more than twice as long.
    ships, skips = (
        select(func.count())
        .where(VoteRow.tool_id == ToolRow.id, VoteRow.verdict == verdict)
        .correlate(ToolRow)
        .scalar_subquery()
        for verdict in (Verdict.SHIP, Verdict.SKIP)
    )
    found = session.execute(select(ToolRow.slug, ships, skips).where(ToolRow.slug.in_(slugs)))
    return {slug: (shipped, skipped) for slug, shipped, skipped in found if shipped or skipped}


def save(session: Session, reader: str, tool_id: int, now: datetime) -> None:
    """Save a tool for the reader; once saved it stays as it is.

    Raises WrongState when MOST_SAVED are saved already.
    """
    there = list(saved(session, reader))
    if tool_id in there:
        return
    if len(there) >= MOST_SAVED:
        raise WrongState(f"{MOST_SAVED} tools are saved, which is all there is room for; remove one first")
    session.add(SavedRow(reader=reader, tool_id=tool_id, at=now))
    session.flush()


def unsave(session: Session, reader: str, tool_id: int) -> None:
    """Remove a tool from what the reader saved, if it is there."""
    session.execute(delete(SavedRow).where(SavedRow.reader == reader, SavedRow.tool_id == tool_id))


def saved(session: Session, reader: str) -> Iterator[int]:
    """Yield the ids of the tools the reader saved, the latest first."""
    query = select(SavedRow.tool_id).where(SavedRow.reader == reader)
    yield from session.scalars(query.order_by(SavedRow.at.desc(), SavedRow.tool_id.desc()))


def forget(session: Session, reader: str) -> None:
    """Forget an erased reader: what was saved goes, votes keep counting as nobody's."""
    session.execute(delete(SavedRow).where(SavedRow.reader == reader))
    session.execute(update(VoteRow).where(VoteRow.reader == reader).values(reader=None))
