"""Single mails to one reader that wait to be sent. Here they are queued; ``jobs.notices`` sends them.

Queueing in the transaction of what they report means that neither is ever there without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.orm import Session

from digest.keyed import stand_in
from subscribers.abuse import rates
from subscribers.addresses import parse_address
from subscribers.rows import NoticeRow

CONFIRM = "confirm"
WELCOME = "welcome"
GOODBYE = "goodbye"
LEAVE = "leave"
RECONFIRM = "reconfirm"
PROBE = "probe"
CHANGE = "change"
CHANGED = "changed"
PENDING = "pending"
CANCELLED = "cancelled"

# These go to an address that is not, or no longer, the reader's own: what comes back tells nothing of theirs.
ELSEWHERE = (CHANGE, CHANGED)

# What one mailbox gets at most, whoever asks for it and from wherever.
MOST = 3
WITHIN = timedelta(hours=24)
APART = timedelta(minutes=10)
# Between two mails of a long list, and between two times that one reader is asked anew.
PACE = timedelta(milliseconds=100)
ASK_AGAIN = timedelta(days=30)


def queue(
    session: Session,
    kind: str,
    reader_id: int,
    mailbox: str,
    now: datetime,
    due: datetime | None = None,
    *,
    keys: Sequence[str],
    state: str = PENDING,
    to: str | None = None,
) -> bool:
    """Queue a mail of one kind unless the mailbox has had enough of that kind; tell whether it was.

    It goes out at ``due``, or at once. Mails count by ``mailbox`` (``Address.mailbox``), so that ``+tags`` do
    not multiply them, in a table of their own, so that erasing their reader does not undo it. It goes to the
    address ``to`` where that is another than the reader's.
    """
    counted = f"mail/{stand_in(keys[0], f'mail {kind}', mailbox)}"
    if not rates.take_place(session, counted, now, places=MOST, lasting=WITHIN, apart=APART):
        return False
    session.add(
        NoticeRow(
            subscriber_id=reader_id,
            kind=kind,
            state=state,
            queued_at=now,
            next_try_at=due or now,
            attempts=0,
            address=to,
        )
    )
    return True


def waiting(session: Session, now: datetime, retry: timedelta) -> tuple[dict[str, int], datetime | None]:
    """Return how many mails of each kind wait to be sent, and since when the first of them does.

    One whose relay was away is due again after ``retry``; it waits, too. Readers who are asked one after the
    other whether they still want it do so only once it is their turn.
    """
    query = (
        select(NoticeRow.kind, func.count(), func.min(NoticeRow.queued_at))
        .where(
            NoticeRow.state == PENDING,
            NoticeRow.next_try_at <= now + retry,
            or_(NoticeRow.next_try_at <= now, NoticeRow.kind != RECONFIRM),
        )
        .group_by(NoticeRow.kind)
        .order_by(NoticeRow.kind)
    )
    rows = session.execute(query).all()
    return {kind: count for kind, count, _ in rows}, min((since for *_, since in rows), default=None)


def asked_since(session: Session, reader_id: int, moment: datetime) -> bool:
    """Tell whether a confirmation was queued for the reader at or after ``moment``."""
    query = select(NoticeRow.id).where(
        NoticeRow.subscriber_id == reader_id, NoticeRow.kind == CONFIRM, NoticeRow.queued_at >= moment
    )
    return session.scalar(query.limit(1)) is not None


def asked_anew_since(session: Session, reader_id: int, moment: datetime | None) -> bool:
    """Tell whether a reader was asked, after ``moment`` if there is one, whether they still want it."""
    query = select(NoticeRow.id).where(NoticeRow.subscriber_id == reader_id, NoticeRow.kind == RECONFIRM)
    if moment is not None:
        query = query.where(NoticeRow.queued_at >= moment)
    return session.scalar(query.limit(1)) is not None


def reconfirming(reader_ids: Sequence[int], now: datetime, first: datetime) -> list[dict[str, object]]:
    """Return the rows that ask these readers whether they still want it.

    They become due one after the other: a new reader's confirmation must not wait behind a long list.
    """
    return [
        {
            "subscriber_id": reader_id,
            "kind": RECONFIRM,
            "state": PENDING,
            "queued_at": now,
            "next_try_at": first + place * PACE,
            "attempts": 0,
        }
        for place, reader_id in enumerate(reader_ids)
    ]


def cancel(session: Session, *reader_ids: int) -> None:
    """Take back what still waits to be sent to readers who have left."""
    cancel_where(session, NoticeRow.subscriber_id.in_(reader_ids))


def cancel_kind(session: Session, kind: str, reader_id: int) -> None:
    """Take back what of one kind still waits to be sent to a reader."""
    cancel_where(session, NoticeRow.subscriber_id == reader_id, NoticeRow.kind == kind)


def cancel_where(session: Session, *which: ColumnElement[bool]) -> None:
    """Take back such mails as still wait to be sent, and forget where else than to their reader they went."""
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.state == PENDING, *which)
        .values(state=CANCELLED, address=None)
        .execution_options(synchronize_session=False)
    )


def forget_address(session: Session, key: str) -> None:
    """Forget an address that mail of other readers went to, by its key; what still waits is taken back."""
    elsewhere = select(NoticeRow.id, NoticeRow.address).where(NoticeRow.address.is_not(None))
    theirs = [
        number for number, to in session.execute(elsewhere) if to is not None and parse_address(to).key == key
    ]
    state = case((NoticeRow.state == PENDING, CANCELLED), else_=NoticeRow.state)
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.id.in_(theirs))
        .values(state=state, address=None)
        .execution_options(synchronize_session=False)
    )
