"""Queries for the public archive: only what has begun to go out. They take a session and never commit.

An issue called off half-way stays: readers hold links to it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, defer, lazyload

from digest.catalogue.rows import ComparisonRow, TakeRow, ToolRow
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.store import NEWSLETTER
from digest.week import Week

Pair = tuple[int, int]


def public_issue(session: Session, week: Week) -> IssueRow | None:
    """Return the week's issue if readers may see it, else None."""
    return session.scalar(_public().where(IssueRow.week == str(week)))


def public_issues(session: Session, before: Week | None, limit: int) -> list[IssueRow]:
    """Return a page of the issues readers may see, the latest first, of weeks before ``before``."""
    query = _public() if before is None else _public().where(IssueRow.week < str(before))
    return list(session.scalars(query.order_by(IssueRow.week.desc()).limit(limit)))


def met_in(session: Session, one: int, other: int) -> MatchupRow | None:
    """Return the latest public matchup of two tools, by id, whichever way round, or None."""
    query = (
        select(MatchupRow)
        .join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        .where(_visible(), _either_way(MatchupRow, one, other))
        .order_by(IssueRow.week.desc())
        .limit(1)
    )
    return session.scalar(query)


def issue_of(session: Session, matchup: MatchupRow) -> IssueRow:
    """Return the issue that a public matchup belongs to."""
    return session.scalars(_public().where(IssueRow.id == matchup.issue_id)).one()


def after(session: Session, matchup: MatchupRow) -> Pair | None:
    """Return the tool ids of the matchup that follows in the same issue, or None after the last."""
    query = (
        select(MatchupRow.left_id, MatchupRow.right_id)
        .where(MatchupRow.issue_id == matchup.issue_id, MatchupRow.position > matchup.position)
        .order_by(MatchupRow.position)
        .limit(1)
    )
    return session.execute(query).first()


def compared_as(session: Session, one: int, other: int) -> Pair | None:
    """Return the order in which a source set two tools side by side, or None if none did."""
    query = select(ComparisonRow.left_id, ComparisonRow.right_id).where(
        _either_way(ComparisonRow, one, other)
    )
    orders = list(session.execute(query))
    return (one, other) if (one, other) in orders else orders[0] if orders else None


def open_tools(session: Session, ids: Collection[int], today: date) -> set[int]:
    """Return those of a few tools that have a page: what is on show, and what an issue that went out had."""
    featured = exists().where(
        MatchupRow.issue_id == IssueRow.id,
        _visible(),
        or_(MatchupRow.left_id == ToolRow.id, MatchupRow.right_id == ToolRow.id),
    )
    return set(session.scalars(select(ToolRow.id).where(ToolRow.id.in_(ids), or_(_on_show(today), featured))))


def listed_tools(
    session: Session, category: str | None, after: str | None, limit: int, *, today: date
) -> list[int]:
    """Return a page of ids of tools on show, the latest first, of one category or all.

    ``after`` is the slug of the last tool of the page before; an unknown one begins at the top.
    """
    query = select(ToolRow.id).where(_on_show(today))
    if category is not None:
        query = query.where(ToolRow.category == category)
    if after is not None:
        last = session.execute(select(ToolRow.published_on, ToolRow.id).where(ToolRow.slug == after)).first()
        if last is not None:
            query = query.where(tuple_(ToolRow.published_on, ToolRow.id) < tuple_(*last))
    return list(session.scalars(query.order_by(ToolRow.published_on.desc(), ToolRow.id.desc()).limit(limit)))


def _on_show(today: date) -> ColumnElement[bool]:
    """A tool the desk lets everybody see: judged by somebody, not held back, not left out."""
    return and_(
        ToolRow.excluded.is_(None),
        or_(ToolRow.embargoed_until.is_(None), ToolRow.embargoed_until <= today),
        or_(ToolRow.stated_percent.is_not(None), exists().where(TakeRow.tool_id == ToolRow.id)),
    )


def _visible() -> ColumnElement[bool]:
    return and_(IssueRow.newsletter == NEWSLETTER, IssueRow.started_at.is_not(None))


def _public() -> Select[IssueRow]:
    # A list of issues must not drag a hundred kilobytes of e-mail along for each.
    large = (IssueRow.html, IssueRow.text, IssueRow.mjml, IssueRow.content, IssueRow.why)
    return select(IssueRow).where(_visible()).options(*map(defer, large), lazyload(IssueRow.matchups))


def _either_way(row: type[MatchupRow] | type[ComparisonRow], one: int, other: int) -> ColumnElement[bool]:
    return or_(
        and_(row.left_id == one, row.right_id == other), and_(row.left_id == other, row.right_id == one)
    )
