"""The tables of deliveries. They hold opaque reader ids, never an address (law 7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digest.db import Base, UtcDateTime


class DeliveryRow(Base):
    """One edition to one reader: pending, sending, sent, failed or unknown.

    ``edition_id`` is edition.id, None for the issue's own bytes; no foreign key, which would have the whole
    table searched when an edition is dropped.
    ``reader_id`` is subscriber.id without a foreign key: an erased reader leaves the delivery behind.
    ``code``/``reply`` are the server's last answer, addresses masked; ``relay`` is the server that was asked
    last, from the moment a message is about to go there.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("issue_id", "reader_id"),
        Index(None, "issue_id", "state", "next_try_at", "id"),
        CheckConstraint("state in ('pending', 'sending', 'sent', 'failed', 'unknown')", name="state_word"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    reader_id: Mapped[int]
    edition_id: Mapped[int | None]
    state: Mapped[str]
    attempts: Mapped[int]
    first_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[int | None]
    reply: Mapped[str | None]
    relay: Mapped[str | None]


class ProgressRow(Base):
    """The last run of an issue's send-out: ``jobs.deliveries.values.Progress``."""

    __tablename__ = "progress"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alive_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent: Mapped[int]
    answered: Mapped[int]
    per_second: Mapped[float]
    note: Mapped[str | None]
