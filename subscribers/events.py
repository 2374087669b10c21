"""What happened to a reader, in order: written by whoever does it, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from subscribers.rows import ReaderEventRow


class What(StrEnum):
    """What may happen to a reader. The words are stored and shown; never rename one."""

    SIGNED_UP = "signed up"
    CONFIRMED = "confirmed"
    CHOSE = "chose"
    PAUSED = "paused"
    RESUMED = "resumed"
    LEFT = "left"
    CAME_BACK = "came back"
    CHANGED_ADDRESS = "changed address"
    BOUNCED = "bounced"
    PROBED = "probed"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    # A file said that somebody on the list had left.
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """One line of a reader's timeline; ``detail`` holds plain JSON values and never an address."""

    at: datetime
    what: What
    detail: dict[str, Any]


def note(session: Session, reader_id: int, what: What, now: datetime, **detail: Any) -> None:
    """Add a line to a reader's timeline."""
    session.add(ReaderEventRow(subscriber_id=reader_id, at=now, what=what.value, detail=written(detail)))


def note_all(session: Session, what: What, now: datetime, details: Mapping[int, dict[str, Any]]) -> None:
    """Add the same line, each with its own detail, to the timelines of many readers."""
    rows = [
        {
            "subscriber_id": reader_id,
            "at": now,
            "what": what.value,
            "detail": written(detail),
        }
        for reader_id, detail in details.items()
    ]
    if rows:
        session.execute(insert(ReaderEventRow), rows)


def timeline(session: Session, reader_id: int, limit: int = 200) -> list[ReaderEvent]:
    """Return the last ``limit`` things that happened to a reader, the oldest first."""
    query = select(ReaderEventRow).where(ReaderEventRow.subscriber_id == reader_id)
    rows = session.scalars(query.order_by(ReaderEventRow.id.desc()).limit(limit)).all()
    return [ReaderEvent(row.at, What(row.what), detail_of(row)) for row in reversed(rows)]


def written(detail: Mapping[str, Any]) -> str | None:
    """Return an event's detail as its row holds it, None for an empty one."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else None


def detail_of(row: ReaderEventRow) -> dict[str, Any]:
    """Return an event's detail as plain JSON values."""
    detail: dict[str, Any] = json.loads(row.detail) if row.detail else {}
    return detail
