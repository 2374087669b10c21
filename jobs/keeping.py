"""What the rooms beside the list keep of a reader, put together for that reader, or the operator, to see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from digest.catalogue.rows import ToolRow
from digest.cli import Told
from digest.db import chunks
from digest.issues.editions import MAIN, edition_names
from digest.issues.rows import IssueRow
from digest.votes.rows import SavedRow, VoteRow
from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import State
from subscribers.choices.keeping import Records

# A page offers no more; whoever has more categories has none that say anything.
_MOST_CATEGORIES = 60


def kept_elsewhere(session: Session, public_id: str, reader_id: int) -> Mapping[str, Records]:
    """Return the reader's votes, saved tools and deliveries, as plain JSON values."""
    return {
        "votes": _votes(session, public_id),
        "saved": _saved(session, public_id),
        "deliveries": _deliveries(session, reader_id),
    }


def categories(session: Session) -> Sequence[str]:
    """Return the categories of the catalogue's tools, sorted: what a reader may be interested in."""
    query = select(ToolRow.category).where(ToolRow.category.is_not(None)).distinct()
    found = session.scalars(query.order_by(ToolRow.category).limit(_MOST_CATEGORIES))
    return [category for category in found if category is not None]


def issues_of(session: Session, reader_id: int) -> Told:
    """Return the issues that went, or are to go, to a reader: when, and which edition in which state."""
    found = _deliveries_to(session, reader_id)
    names = edition_names(session, [row.edition_id for _, row in found if row.edition_id is not None])
    return [(row.updated_at, _in_short(week, row, names)) for week, row in found]


def _in_short(week: str, row: DeliveryRow, names: Mapping[int, str]) -> dict[str, Any]:
    edition = MAIN if row.edition_id is None else names.get(row.edition_id)
    # What the server said of a mail that it took is of no interest.
    reply = None if row.state == State.SENT else row.reply
    return {"week": week, "edition": edition, "state": row.state, "code": row.code, "reply": reply}


def _votes(session: Session, public_id: str) -> Records:
    query = select(ToolRow.slug, VoteRow.verdict).join(ToolRow, ToolRow.id == VoteRow.tool_id)
    rows = session.execute(query.where(VoteRow.reader == public_id).order_by(ToolRow.slug))
    return [{"tool": slug, "verdict": verdict} for slug, verdict in rows]


def _saved(session: Session, public_id: str) -> Records:
    query = select(ToolRow.slug, SavedRow.at).join(ToolRow, ToolRow.id == SavedRow.tool_id)
    rows = session.execute(query.where(SavedRow.reader == public_id).order_by(SavedRow.at))
    return [{"at": at.isoformat(), "tool": slug} for slug, at in rows]


def _deliveries(session: Session, reader_id: int) -> Records:
    return [
        {
            "week": week,
            "state": row.state,
            "attempts": row.attempts,
            "updated_at": row.updated_at.isoformat(),
            "code": row.code,
            "reply": row.reply,
        }
        for week, row in _deliveries_to(session, reader_id)
    ]


def _deliveries_to(session: Session, reader_id: int) -> list[tuple[str, DeliveryRow]]:
    """Return a reader's deliveries, each with its week, in the order of the weeks."""
    weeks: dict[int, str] = dict(session.execute(select(IssueRow.id, IssueRow.week)).all())
    # By issue and reader, which are an index: there are far more deliveries than issues.
    found = [
        (weeks[row.issue_id], row)
        for issues in chunks(weeks)
        for row in session.scalars(deliveries_of(reader_id, issues))
    ]
    return sorted(found, key=itemgetter(0))


def deliveries_of(reader_id: int, issues: Collection[int]) -> Select[DeliveryRow]:
    """Return the SELECT of a reader's deliveries of these issues."""
    return select(DeliveryRow).where(DeliveryRow.issue_id.in_(issues), DeliveryRow.reader_id == reader_id)
