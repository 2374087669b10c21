"""Tables of the list. Addresses live here and nowhere else (law 7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from digest.db import Base, UtcDateTime


class SubscriberRow(Base):
    """One reader. ``public_id`` is random and the only name of a reader outside this room.

    A paused reader counts as confirmed again from ``paused_until`` on; without one, when they say so.
    """

    __tablename__ = "subscriber"
    # An id is never given a second time: deliveries of an erased reader must not become a stranger's.
    __table_args__ = (Index(None, "status", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    status: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent: Mapped[str | None]


class SuppressionRow(Base):
    """An address that must never be mailed, known only by its keyed hash, so that it outlives erasure."""

    __tablename__ = "suppression"

    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeRow(Base):
    """A single mail to one reader (a confirmation) that waits to be sent; durable across an SMTP outage.

    ``mailbox`` is the inbox it ends in (``Address.mailbox``), by which mails are counted.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "state", "next_try_at"),
        Index(None, "subscriber_id", "queued_at"),
        Index(None, "mailbox", "queued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    mailbox: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None]
