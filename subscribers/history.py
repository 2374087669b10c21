"""A reader's story for the operator: what happened to them, and which mails they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.cli import Told
from subscribers.bounces.statuses import meaning
from subscribers.events import What, timeline
from subscribers.rows import NoticeRow, SubscriberRow

_MOST = 200
_JOINED = "joined"
# Of one moment, these come first.
_FIRST = {_JOINED: 0, What.SIGNED_UP: 1, What.IMPORTED: 1, What.CONFIRMED: 2}
_MAIL, _ISSUE = "mail", "issue"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story; ``detail`` holds plain JSON values and never an address."""

    at: datetime
    what: str
    detail: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return it in the words of the JSON interface."""
        return {"at": self.at.isoformat(), "what": self.what, "detail": dict(self.detail)}

    def as_row(self) -> dict[str, str]:
        """Return it as a row of a table, in words."""
        said = [_in_words(name, value) for name, value in self.detail.items() if value is not None]
        return {"at": f"{self.at:%Y-%m-%d %H:%M} UTC", "what": self.what, "detail": ", ".join(said)}


def history(session: Session, row: SubscriberRow, issues: Told = ()) -> list[Line]:
    """Return the last 200 lines of a reader's story, the oldest first; times are UTC.

    ``issues`` are those they got, of which the list itself knows nothing (``digest.cli.App``).
    """
    events = [Line(one.at, one.what.value, one.detail) for one in timeline(session, row.id, _MOST)]
    sent = [Line(at, _ISSUE, detail) for at, detail in issues]
    known = _known_otherwise(row, {line.what for line in events})
    lines = [*events, *known, *_mails(session, row.id), *sent]
    return sorted(lines, key=lambda line: (line.at, _FIRST.get(line.what, len(_FIRST))))[-_MOST:]


def _known_otherwise(row: SubscriberRow, told: set[str]) -> list[Line]:
    """Return what the reader's own row tells: imports write no events, and older times had none."""
    lines = []
    if What.SIGNED_UP not in told:
        lines.append(Line(row.joined_at, _JOINED, {"by": row.consent} if row.consent else {}))
    if row.confirmed_at is not None and What.CONFIRMED not in told:
        lines.append(Line(row.confirmed_at, What.CONFIRMED.value, {}))
    if row.left_at is not None and not told & {What.LEFT, What.SUPPRESSED, What.IMPORTED}:
        lines.append(Line(row.left_at, What.LEFT.value, {"as": row.status}))
    return lines


def _mails(session: Session, reader_id: int) -> list[Line]:
    query = select(NoticeRow).where(NoticeRow.subscriber_id == reader_id).order_by(NoticeRow.id.desc())
    lines = []
    for notice in session.scalars(query.limit(_MOST)):
        detail = {"kind": notice.kind, "state": notice.state}
        if notice.error:
            detail["error"] = notice.error
        lines.append(Line(notice.sent_at or notice.queued_at, _MAIL, detail))
    return lines


def _in_words(name: str, value: object) -> str:
    if name == "status":
        return f"{value} {meaning(str(value)).words}"
    return str(value) if isinstance(value, str) and name != "was" else f"{name} {value}"
