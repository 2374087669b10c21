"""Tables of the catalogue."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digest.db import Base, UtcDateTime


class TakeRow(Base):
    """One reviewer's take; at most one per tool and reviewer."""

    __tablename__ = "take"
    __table_args__ = (
        UniqueConstraint("tool_id", "reviewer"),
        CheckConstraint("score between 0 and 100", name="score_range"),
        CheckConstraint("verdict in ('ship', 'skip')", name="verdict_word"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id", ondelete="CASCADE"))
    position: Mapped[int]
    reviewer: Mapped[str]
    score: Mapped[int | None]
    verdict: Mapped[str | None]
    text: Mapped[str]


class ToolRow(Base):
    """One listing. Two listings may share a name (``name_key``), never a slug."""

    __tablename__ = "tool"
    __table_args__ = (
        Index(None, "name_key"),
        Index(None, "published_on"),
        Index(None, "category", "slug"),
        Index(None, "category", "published_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str]
    category: Mapped[str | None]
    tagline: Mapped[str | None]
    description: Mapped[str | None]
    pricing: Mapped[str | None]
    price_tier: Mapped[str | None]
    entry: Mapped[str | None]
    best_for: Mapped[str | None]
    link: Mapped[str | None]
    published_on: Mapped[date]
    stated_percent: Mapped[int | None]
    community_ships: Mapped[int | None]
    community_skips: Mapped[int | None]
    community_percent: Mapped[int | None]
    embargoed_until: Mapped[date | None]
    excluded: Mapped[str | None]
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    source: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    takes: Mapped[list[TakeRow]] = relationship(
        cascade="all, delete-orphan", order_by=TakeRow.position, lazy="selectin"
    )


class ComparisonRow(Base):
    """Two tools that a source set side by side, in the order it printed them."""

    __tablename__ = "comparison"

    left_id: Mapped[int] = mapped_column(ForeignKey("tool.id", ondelete="CASCADE"), primary_key=True)
    right_id: Mapped[int] = mapped_column(
        ForeignKey("tool.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    source: Mapped[str]


class ToolVersionRow(Base):
    """What a published tool said until it was changed; ``content`` is JSON of a Tool. Only ever appended."""

    __tablename__ = "tool_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str]
    content: Mapped[str]


class SourceFileRow(Base):
    """A tool's file as it was last read, so that one which did not change need not be read again.

    ``fingerprint`` is a hash of its bytes; ``tool_updated_at`` tells whether anybody else changed the tool.
    """

    __tablename__ = "source_file"

    path: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id", ondelete="CASCADE"), index=True)
    tool_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeedRow(Base):
    """How polling a source of ``[sources]`` went the last time, and when it is due again."""

    __tablename__ = "feed"

    name: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    polled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class FeedEntryRow(Base):
    """An entry met in a feed, by the feed's own key, and the tool it became.

    It stays when the tool is removed, so that what the desk threw away does not come back.
    """

    __tablename__ = "feed_entry"

    feed: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    tool_id: Mapped[int | None] = mapped_column(ForeignKey("tool.id", ondelete="SET NULL"), index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKeyRow(Base):
    """A key to the API. Only its hash is kept; ``prefix`` lets a person tell one from another."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
