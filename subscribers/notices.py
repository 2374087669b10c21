"""Single mails to one reader that wait to be sent. Here they are queued; ``jobs.notices`` sends them.

Queueing in the transaction of what they report means that neither is ever there without the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from subscribers.rows import NoticeRow

CONFIRM = "confirm"
PENDING = "pending"
CANCELLED = "cancelled"

# What one mailbox gets at most, whoever asks for it and from wherever.
MOST = 3
WITHIN = timedelta(hours=24)
APART = timedelta(minutes=10)


def queue_confirmation(session: Session, reader_id: int, mailbox: str, now: datetime) -> bool:
    """Queue a confirmation mail unless the mailbox has had enough of them; tell whether it was.

    Mails count by ``mailbox`` (``Address.mailbox``), so that ``+tags`` do not multiply them.
    """
    recent = select(func.count(), func.max(NoticeRow.queued_at)).where(
        NoticeRow.mailbox == mailbox, NoticeRow.kind == CONFIRM, NoticeRow.queued_at > now - WITHIN
    )
    number, last = session.execute(recent).one()
    if number >= MOST or (last is not None and now - last < APART):
        return False
    session.add(
        NoticeRow(
            subscriber_id=reader_id,
            mailbox=mailbox,
            kind=CONFIRM,
            state=PENDING,
            queued_at=now,
            next_try_at=now,
            attempts=0,
        )
    )
    return True


def asked_since(session: Session, reader_id: int, moment: datetime) -> bool:
    """Tell whether a confirmation was queued for the reader at or after ``moment``."""
    query = select(NoticeRow.id).where(
        NoticeRow.subscriber_id == reader_id, NoticeRow.kind == CONFIRM, NoticeRow.queued_at >= moment
    )
    return session.scalar(query.limit(1)) is not None


def cancel(session: Session, reader_id: int) -> None:
    """Take back what still waits to be sent to a reader who has left."""
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.subscriber_id == reader_id, NoticeRow.state == PENDING)
        .values(state=CANCELLED)
    )
