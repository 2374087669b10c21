"""The featured ledger: which tools had their issue, and what is left for the next. Queries only (law 8).

A catalogue grows for ever, and nearly all of it was featured long ago. So nothing here loads it: one pass
over the tools asks two indexes of ``matchup`` about each, and a bounded number of ids comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from digest.catalogue.rows import ComparisonRow, TakeRow, ToolRow
from digest.db import chunks
from digest.issues.rows import IssueRow, MatchupRow
from digest.issues.store import NEWSLETTER
from digest.issues.values import Status
from digest.week import Week

# So many new tools one week's plan looks at: pinned ones and those that came out last, and those that wait
# the longest. An issue holds some thirty tools; that is choice enough, and what a plan costs stays bounded.
MOST_LATEST = 2_000
MOST_WAITING = 1_000
# Of those that may not take part so many are named, per reason; the others are counted.
MOST_NAMED = 24


class Standing(StrEnum):
    """What a tool that was never featured is to this week."""

    READY = "ready"
    EXCLUDED = "excluded"
    EMBARGOED = "embargoed"
    POSTDATED = "postdated"
    WAITING = "waiting for its panel"


@dataclass(frozen=True, slots=True)
class Fresh:
    """The tools that no other week's issue features: ids by standing, and how many there are in all.

    ``ids`` holds at most MOST_LATEST + MOST_WAITING that are ready and MOST_NAMED of each other standing.
    """

    ids: dict[Standing, tuple[int, ...]]
    totals: dict[Standing, int]

    def beyond(self, standing: Standing) -> int:
        """Return how many of a standing were only counted."""
        return self.totals.get(standing, 0) - len(self.ids.get(standing, ()))


def fresh_tools(session: Session, week: Week, *, as_of: date, min_takes: int) -> Fresh:
    """Return what the week's issue may be made of, and who has to wait: those that came out last in front."""
    ids: dict[Standing, list[int]] = {}
    totals: dict[Standing, int] = {}
    for tool_id, standing, total in session.execute(fresh_query(week, as_of=as_of, min_takes=min_takes)):
        ids.setdefault(Standing(standing), []).append(tool_id)
        totals[Standing(standing)] = total
    return Fresh({standing: tuple(found) for standing, found in ids.items()}, totals)


def fresh_query(week: Week, *, as_of: date, min_takes: int) -> Select[int, str, int]:
    """Return the query behind ``fresh_tools``: (id, standing, how many of that standing)."""
    takes = select(func.count()).select_from(TakeRow).where(TakeRow.tool_id == ToolRow.id).scalar_subquery()
    standing = case(
        (ToolRow.excluded.is_not(None), Standing.EXCLUDED.value),
        (ToolRow.embargoed_until > as_of, Standing.EMBARGOED.value),
        (ToolRow.published_on > as_of, Standing.POSTDATED.value),
        (takes < min_takes, Standing.WAITING.value),
        else_=Standing.READY.value,
    )
    fresh = (
        select(ToolRow.id, ToolRow.pinned, ToolRow.published_on, ToolRow.slug, standing.label("standing"))
        .where(*_never_featured(week))
        .cte("fresh")
    )
    latest = (fresh.c.pinned.desc(), fresh.c.published_on.desc(), fresh.c.slug)
    ranked = select(
        fresh.c.id,
        fresh.c.standing,
        func.row_number().over(partition_by=fresh.c.standing, order_by=latest).label("place"),
        # Ids are given as tools come in.
        func.row_number().over(partition_by=fresh.c.standing, order_by=fresh.c.id).label("wait"),
        func.count().over(partition_by=fresh.c.standing).label("total"),
    ).cte("ranked")
    ready = ranked.c.standing == Standing.READY.value
    return (
        select(ranked.c.id, ranked.c.standing, ranked.c.total)
        .where(
            or_(
                ranked.c.place <= case((ready, MOST_LATEST), else_=MOST_NAMED),
                and_(ready, ranked.c.wait <= MOST_WAITING),
            )
        )
        .order_by(ranked.c.standing, ranked.c.place)
    )


def days_added(session: Session, ids: Collection[int], zone: ZoneInfo) -> dict[str, date]:
    """Return slug → the day, in the desk's zone, on which the tool came into the catalogue."""
    found: dict[str, date] = {}
    for chunk in chunks(ids):
        query = select(ToolRow.slug, ToolRow.imported_at).where(ToolRow.id.in_(chunk))
        found.update((slug, at.astimezone(zone).date()) for slug, at in session.execute(query))
    return found


def held_back(session: Session, issue: IssueRow, day: date) -> list[str]:
    """Return a line for each tool of the issue that is excluded by now, or under embargo on the day."""
    ids = [tool_id for row in issue.matchups for tool_id in (row.left_id, row.right_id)]
    query = (
        select(ToolRow.name, ToolRow.excluded, ToolRow.embargoed_until)
        .where(ToolRow.id.in_(ids), or_(ToolRow.excluded.is_not(None), ToolRow.embargoed_until > day))
        .order_by(ToolRow.slug)
    )
    return [
        f"{name} is excluded: {excluded}" if excluded else f"{name} is under embargo until {until}"
        for name, excluded, until in session.execute(query)
    ]


def featured_among(session: Session, week: Week, ids: Collection[int]) -> set[int]:
    """Return those of the tools that another week's issue features."""
    found: set[int] = set()
    for chunk in chunks(ids):
        for side in (MatchupRow.left_id, MatchupRow.right_id):
            query = select(side).join(IssueRow, IssueRow.id == MatchupRow.issue_id)
            found.update(session.scalars(query.where(_counts(week), side.in_(chunk))))
    return found


def incumbent_ids(session: Session, week: Week, new: Collection[int], limit: int) -> list[int]:
    """Return ids of possible rivals: the ``limit`` last featured, and all compared with ``new``."""
    latest = (
        select(MatchupRow.left_id, MatchupRow.right_id)
        .join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        .where(_counts(week))
        .order_by(IssueRow.week.desc(), MatchupRow.position)
        .limit(limit // 2)
    )
    found = dict.fromkeys(tool_id for pair in session.execute(latest) for tool_id in pair)
    compared = _compared_with(session, new) - set(new) - found.keys()
    found |= dict.fromkeys(sorted(featured_among(session, week, compared)))
    return list(found)


def met_pairs(session: Session, week: Week, within: int) -> set[frozenset[str]]:
    """Return the pairs, by slug, that an issue at most ``within`` weeks before or after ran.

    Both ways, since an issue may be built when a later one stands already.
    """
    left, right = aliased(ToolRow), aliased(ToolRow)
    query = (
        select(left.slug, right.slug)
        .select_from(MatchupRow)
        .join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        .join(left, left.id == MatchupRow.left_id)
        .join(right, right.id == MatchupRow.right_id)
        .where(_counts(week), IssueRow.week.between(str(week.plus(-within)), str(week.plus(within))))
    )
    return {frozenset(pair) for pair in session.execute(query)}


def _counts(but: Week) -> ColumnElement[bool]:
    """True for issues of the ledger: all that were not called off before anybody was mailed."""
    called_off = IssueRow.status.in_((Status.CANCELLED, Status.MISSED))
    return and_(
        IssueRow.newsletter == NEWSLETTER,
        IssueRow.week != str(but),
        or_(~called_off, IssueRow.started_at.is_not(None)),
    )


def _never_featured(week: Week) -> Iterable[ColumnElement[bool]]:
    """True for tools of no other week. One question a side: each then has an index to answer it."""
    for side in (MatchupRow.left_id, MatchupRow.right_id):
        featured = select(MatchupRow.id).join(IssueRow, IssueRow.id == MatchupRow.issue_id)
        yield ~featured.where(side == ToolRow.id, _counts(week)).exists()


def _compared_with(session: Session, ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(ids):
        sides = [
            select(other).where(mine.in_(chunk))
            for mine, other in (
                (ComparisonRow.left_id, ComparisonRow.right_id),
                (ComparisonRow.right_id, ComparisonRow.left_id),
            )
        ]
        found.update(session.scalars(union(*sides)))
    return found
