"""Tables of the issues."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digest.db import Base, UtcDateTime


class MatchupRow(Base):
    """Two tools of one issue, in the order they are read."""

    __tablename__ = "matchup"
    __table_args__ = (UniqueConstraint("issue_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    position: Mapped[int]
    left_id: Mapped[int] = mapped_column(ForeignKey("tool.id"), index=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("tool.id"), index=True)


class IssueEventRow(Base):
    """One step of an issue's life; only ever appended."""

    __tablename__ = "issue_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    old: Mapped[str | None]
    new: Mapped[str]
    reason: Mapped[str]


class EditionRow(Base):
    """One frozen edition of an issue beside its own bytes; ``name`` is ``digest.issues.editions``'s."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("issue_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    name: Mapped[str]
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subject: Mapped[str]
    preheader: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    mjml: Mapped[str]
    sentinel: Mapped[str]
    content_hash: Mapped[str]


class IssueRow(Base):
    """One week's issue. The frozen part is empty until the issue is approved (law 3).

    ``epoch`` grows with every step of its sending (``jobs.epochs``). ``content`` is JSON of IssueContent,
    ``overrides`` of Overrides, as the issue was built with them; ``why`` explains its pairs.
    """

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("newsletter", "week"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter: Mapped[str]
    week: Mapped[str]
    status: Mapped[str]
    seed: Mapped[int]
    built_at: Mapped[datetime] = mapped_column(UtcDateTime)
    overrides: Mapped[str | None]
    why: Mapped[str | None]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    epoch: Mapped[int] = mapped_column(default=0)

    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[str | None]
    subject: Mapped[str | None]
    preheader: Mapped[str | None]
    html: Mapped[str | None]
    text: Mapped[str | None]
    mjml: Mapped[str | None]
    sentinel: Mapped[str | None]
    content_hash: Mapped[str | None]

    matchups: Mapped[list[MatchupRow]] = relationship(
        cascade="all, delete-orphan", order_by=MatchupRow.position, lazy="selectin"
    )
    events: Mapped[list[IssueEventRow]] = relationship(
        cascade="all, delete-orphan", order_by=IssueEventRow.id
    )
