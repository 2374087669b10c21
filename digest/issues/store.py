"""Queries over issues and the featured ledger. They take a session and never commit (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select
from sqlalchemy.orm import Session, aliased

from digest.catalogue.rows import ComparisonRow, ToolRow
from digest.errors import NotFound
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.values import Status
from digest.week import Week

NEWSLETTER = "weekly"


def find_issue(session: Session, week: Week, *, lock: bool = False) -> IssueRow | None:
    """Return the week's issue or None; with ``lock`` no other transaction may change it meanwhile."""
    query = select(IssueRow).where(IssueRow.newsletter == NEWSLETTER, IssueRow.week == str(week))
    return session.scalar(query.with_for_update() if lock else query)


def get_issue(session: Session, week: Week, *, lock: bool = False) -> IssueRow:
    """Return the week's issue; raise NotFound saying how to build one."""
    issue = find_issue(session, week, lock=lock)
    if issue is None:
        raise NotFound(f"there is no issue {week}; build it with: digest issue build --week {week}")
    return issue


def issues_before(session: Session, before: str | None, limit: int) -> list[IssueRow]:
    """Return a page of issues, the latest week first, of weeks before the key ``before``."""
    query = select(IssueRow).where(IssueRow.newsletter == NEWSLETTER)
    if before is not None:
        query = query.where(IssueRow.week < before)
    return list(session.scalars(query.order_by(IssueRow.week.desc()).limit(limit)))


def issues_in(session: Session, *statuses: Status) -> list[IssueRow]:
    """Return the issues in any of these states, the oldest week first."""
    query = select(IssueRow).where(IssueRow.newsletter == NEWSLETTER, IssueRow.status.in_(statuses))
    return list(session.scalars(query.order_by(IssueRow.week)))


def set_matchups(session: Session, issue: IssueRow, pairs: Sequence[tuple[int, int]]) -> None:
    """Make these pairs of tool ids the issue's matchups, in this order."""
    session.execute(delete(MatchupRow).where(MatchupRow.issue_id == issue.id))
    if pairs:
        session.execute(
            insert(MatchupRow),
            [
                {"issue_id": issue.id, "position": place, "left_id": left, "right_id": right}
                for place, (left, right) in enumerate(pairs, start=1)
            ],
        )
    session.expire(issue, ["matchups"])


def _counts(but: Week) -> ColumnElement[bool]:
    """True for issues of the ledger: all that were not called off before anybody was mailed."""
    called_off = IssueRow.status.in_((Status.CANCELLED, Status.MISSED))
    return and_(
        IssueRow.newsletter == NEWSLETTER,
        IssueRow.week != str(but),
        or_(~called_off, IssueRow.started_at.is_not(None)),
    )


def _featured_in(but: Week) -> ColumnElement[bool]:
    return (
        select(MatchupRow.id)
        .join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        .where(_counts(but), or_(MatchupRow.left_id == ToolRow.id, MatchupRow.right_id == ToolRow.id))
        .exists()
    )


def new_tool_ids(session: Session, week: Week) -> list[int]:
    """Return the ids of the tools that no other week's issue features."""
    return list(session.scalars(select(ToolRow.id).where(~_featured_in(week)).order_by(ToolRow.id)))


def incumbent_ids(session: Session, week: Week, new: Iterable[int], limit: int) -> list[int]:
    """Return ids of possible rivals: the latest ``limit`` featured tools, and all compared with ``new``."""
    latest = (
        select(ToolRow.id).where(_featured_in(week)).order_by(ToolRow.published_on.desc(), ToolRow.id)
    ).limit(limit)
    found = dict.fromkeys(session.scalars(latest))
    new = sorted(new)
    for mine, other in (
        (ComparisonRow.left_id, ComparisonRow.right_id),
        (ComparisonRow.right_id, ComparisonRow.left_id),
    ):
        compared = (
            select(ToolRow.id)
            .join(ComparisonRow, other == ToolRow.id)
            .where(mine.in_(new), _featured_in(week))
        )
        found |= dict.fromkeys(session.scalars(compared))
    return list(found)


def met_pairs(session: Session, week: Week) -> set[frozenset[str]]:
    """Return the pairs, by slug, that another week's issue ran."""
    left, right = aliased(ToolRow), aliased(ToolRow)
    query = (
        select(left.slug, right.slug)
        .select_from(MatchupRow)
        .join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        .join(left, left.id == MatchupRow.left_id)
        .join(right, right.id == MatchupRow.right_id)
        .where(_counts(week))
    )
    return {frozenset(pair) for pair in session.execute(query)}
