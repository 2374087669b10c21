"""Which deliveries say something of a mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import State
from jobs.sending.replies import GAVE_UP
from subscribers.bounces.door import code_of_mailbox
from subscribers.rows import SubscriberRow
from subscribers.values import ON_THE_LIST

# Codes about the address or the mailbox (RFC 3463, 3.2 and 3.3); what each means is decided in Python.
_PERHAPS = ("5.1.", "5.2.", f"{GAVE_UP}4.2.")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Refusals:
    """A page of refusals: the server's code by reader id; ``last`` is where the next page begins behind."""

    codes: dict[int, str]
    last: tuple[datetime, int]


def refused_readers(
    session: Session, issue_id: int, after: tuple[datetime, int] | None = None, limit: int = _PAGE
) -> Refusals | None:
    """Return the next page of readers on the list whose mailbox the server refused; None behind the last.

    A plain 550 is not enough, nor is 5.7.1: those also mean "not from you" or "not now". Whoever was
    suppressed for it is on the list no longer, so that looking again finds what is new.
    """
    row = DeliveryRow
    refused = (
        select(row.reader_id, row.reply, row.next_try_at, row.id)
        .join(SubscriberRow, SubscriberRow.id == row.reader_id)
        .where(
            row.issue_id == issue_id,
            row.state == State.FAILED,
            row.code.between(400, 599),
            or_(*(row.reply.startswith(code) for code in _PERHAPS)),
            SubscriberRow.status.in_(ON_THE_LIST),
        )
    )
    if after is not None:
        refused = refused.where(tuple_(row.next_try_at, row.id) > after)
    # The order of the index: a page costs the same at the end as at the beginning.
    found = session.execute(refused.order_by(row.next_try_at, row.id).limit(limit)).all()
    if not found:
        return None
    codes = {reader: code_of_mailbox((reply or "").removeprefix(GAVE_UP)) for reader, reply, *_ in found}
    *_, moment, number = found[-1]
    return Refusals({reader: code for reader, code in codes.items() if code is not None}, (moment, number))
