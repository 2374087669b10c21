"""Tables of the catalogue."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
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
    __table_args__ = (Index(None, "name_key"), Index(None, "published_on"))

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
    published_on: Mapped[date]
    stated_percent: Mapped[int | None]
    community_ships: Mapped[int | None]
    community_skips: Mapped[int | None]
    community_percent: Mapped[int | None]
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
