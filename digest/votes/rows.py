"""Tables of what readers do with tools. ``reader`` is a reader's public id, never an address (law 7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digest.db import Base, UtcDateTime


class VoteRow(Base):
    """One reader's vote on one tool. Without a reader it is that of one who was erased: it still counts."""

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("reader", "tool_id"),
        Index(None, "tool_id", "verdict"),
        CheckConstraint("verdict in ('ship', 'skip')", name="verdict_word"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id", ondelete="CASCADE"))
    reader: Mapped[str | None]
    verdict: Mapped[str]


class SavedRow(Base):
    """A tool that a reader saved for later."""

    __tablename__ = "saved"

    reader: Mapped[str] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(
        ForeignKey("tool.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
