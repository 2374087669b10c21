"""Tables of the list. Addresses live here and nowhere else (law 7)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from digest.db import Base, UtcDateTime

_ELSEWHERE = text("address IS NOT NULL")


class SubscriberRow(Base):
    """One reader. ``public_id`` is random and the only name of a reader outside this room.

    A paused reader counts as confirmed again from ``paused_until`` on; without one, when they say so.
    ``consent`` says how the address came last: a ``consent.Form``. ``interests`` are categories, sorted, a
    line each; None is all of them. An issue comes every ``every_weeks`` weeks, at ``hour`` (0 to 23) in
    ``zone`` (IANA) where set, else when it goes out.
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
    language: Mapped[str] = mapped_column(server_default="en", default="en")
    interests: Mapped[str | None]
    every_weeks: Mapped[int] = mapped_column(server_default="1", default=1)
    hour: Mapped[int | None]
    zone: Mapped[str | None]


class SuppressionRow(Base):
    """An address that must never be mailed, known only by its keyed hash, so that it outlives erasure."""

    __tablename__ = "suppression"

    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeRow(Base):
    """A single mail to one reader (a confirmation) that waits to be sent; durable across an SMTP outage.

    ``address`` is where it goes if not to the reader's own address; it is forgotten as soon as nothing waits
    any more.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "state", "next_try_at"),
        Index(None, "subscriber_id", "queued_at"),
        # Only mails that wait to go elsewhere have an address: a handful among a million.
        Index(
            None,
            "address",
            sqlite_where=_ELSEWHERE,
            postgresql_where=_ELSEWHERE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    kind: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None]
    address: Mapped[str | None]


class ReaderEventRow(Base):
    """One thing that happened to a reader, for the timeline; ``detail`` is JSON without any address.

    It goes with the reader: an erased reader has no past here.
    """

    __tablename__ = "reader_event"
    __table_args__ = (Index(None, "subscriber_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    what: Mapped[str]
    detail: Mapped[str | None]


class SoftBounceRow(Base):
    """A day (UTC) on which mail to a reader could not be delivered for now; one day counts once."""

    __tablename__ = "soft_bounce"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    status: Mapped[str]


class AddressChangeRow(Base):
    """The new address that a reader asked for last; once confirmed from there it is the reader's own."""

    __tablename__ = "address_change"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    )
    nonce: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    address_key: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RateRow(Base):
    """How often something was done in a window that ends at ``expires_at``; keys hold no plain address."""

    __tablename__ = "rate"
    __table_args__ = (Index(None, "expires_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReaderCountRow(Base):
    """A change of how many readers stand in a status, or are suppressed; only triggers write here."""

    __tablename__ = "reader_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    change: Mapped[int]
