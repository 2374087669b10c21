"""Queries over issues. They take a session and never commit (law 8).

What issues ran before, and which tools are new, is asked in ``digest.issues.ledger``.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.values import Former, Status
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


def former_words(session: Session, week: Week) -> Former:
    """Return subject and preheader of the last issue before the week that readers may have in their inbox."""
    query = (
        select(IssueRow.subject, IssueRow.preheader)
        .where(IssueRow.newsletter == NEWSLETTER, IssueRow.week < str(week), IssueRow.started_at.is_not(None))
        .order_by(IssueRow.week.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    return Former() if found is None else Former(*found)


def turn_of(session: Session, week: Week) -> int:
    """Return how many other issues went out, or are on their way: whose turn it is is counted by it.

    A cancelled one does not count, so that whoever missed it is not left out for longer.
    """
    gone = (Status.SENDING, Status.PAUSED, Status.SENT)
    others = select(func.count()).where(
        IssueRow.newsletter == NEWSLETTER, IssueRow.week != str(week), IssueRow.status.in_(gone)
    )
    return session.scalar(others) or 0


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
