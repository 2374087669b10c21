"""Which deliveries say something of a mailbox."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import State
from jobs.sending.replies import GAVE_UP
from subscribers.bounces.door import code_of_mailbox

# Codes about the address or the mailbox (RFC 3463, 3.2 and 3.3); what each means is decided in Python.
_PERHAPS = ("5.1.", "5.2.", f"{GAVE_UP}4.2.")


def refused_readers(session: Session, issue_id: int) -> dict[int, str]:
    """Return the code the server gave, by reader id, where it refused the mailbox itself.

    A plain 550 is not enough, nor is 5.7.1: those also mean "not from you" or "not now".
    """
    refused = select(DeliveryRow.reader_id, DeliveryRow.reply).where(
        DeliveryRow.issue_id == issue_id,
        DeliveryRow.state == State.FAILED,
        DeliveryRow.code.between(400, 599),
        or_(*(DeliveryRow.reply.startswith(code) for code in _PERHAPS)),
    )
    codes = {
        reader: code_of_mailbox((reply or "").removeprefix(GAVE_UP))
        for reader, reply in session.execute(refused)
    }
    return {reader: code for reader, code in codes.items() if code is not None}
