"""Which deliveries prove that a mailbox does not exist."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.deliveries.rows import DeliveryRow
from jobs.deliveries.values import State


def readers_without_mailbox(session: Session, issue_id: int) -> list[int]:
    """Return the readers whose address the server itself called unknown: 5xx with 5.1.1 (RFC 3463, 3.2).

    A plain 550 is not enough, nor is 5.7.1: those also mean "not from you" or "not now".
    """
    return list(
        session.scalars(
            select(DeliveryRow.reader_id).where(
                DeliveryRow.issue_id == issue_id,
                DeliveryRow.state == State.FAILED,
                DeliveryRow.code.between(500, 599),
                DeliveryRow.reply.startswith("5.1.1 "),
            )
        )
    )
