"""Files as they were last read, so that one which did not change need not be read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from digest.catalogue.model import Rules
from digest.catalogue.rows import SourceFileRow, ToolRow
from digest.db import Base, chunks

# Raised when the same bytes come to mean another tool: all files are then read again.
_FORM = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that made a tool what it still is: its fingerprint, and the tool's slug."""

    fingerprint: str
    slug: str


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Makes fingerprints under some rules: a file means something else to another panel."""

    key: bytes

    @classmethod
    def under(cls, rules: Rules) -> Fingerprints:
        """Return what makes fingerprints under these rules."""
        return cls(blake2b(repr((_FORM, rules.reviewers)).encode(), digest_size=32).digest())

    def of(self, data: bytes) -> str:
        """Return the fingerprint of a file's bytes, 32 hex digits."""
        return blake2b(data, digest_size=16, key=self.key).hexdigest()


def seen(session: Session, paths: Sequence[str]) -> dict[str, Seen]:
    """Return path → what was seen, for those of the files whose tool nobody else changed since."""
    found: dict[str, Seen] = {}
    for chunk in chunks(paths):
        query = (
            select(SourceFileRow.path, SourceFileRow.fingerprint, ToolRow.slug)
            .join(ToolRow, ToolRow.id == SourceFileRow.tool_id)
            .where(
                SourceFileRow.path.in_(chunk),
                SourceFileRow.tool_updated_at == ToolRow.updated_at,
            )
        )
        found.update((path, Seen(mark, slug)) for path, mark, slug in session.execute(query))
    return found


def missing(session: Session, folders: Sequence[str], present: Collection[str]) -> list[str]:
    """Return the files below these folders that made their tools and are not among those ``present``, sorted.

    All are paths as ``real_path`` gives them.
    """
    found: set[str] = set()
    for folder in folders:
        inside = folder.rstrip("/") + "/"
        query = select(SourceFileRow.path).where(SourceFileRow.path.startswith(inside, autoescape=True))
        # To SQLite's LIKE, A and a are the same.
        found.update(
            path for path in session.scalars(query) if path.startswith(inside) and path not in present
        )
    return sorted(found)


def left_without(session: Session, files: Sequence[str]) -> dict[int, str]:
    """Return id → slug of the tools that these files made and that have no other file, by slug."""
    gone = set(files)
    tools: dict[int, str] = {}
    for chunk in chunks(files):
        query = select(ToolRow.id, ToolRow.slug).join(SourceFileRow, SourceFileRow.tool_id == ToolRow.id)
        rows = session.execute(query.where(SourceFileRow.path.in_(chunk)))
        tools.update((row.id, row.slug) for row in rows)
    for ids in chunks(list(tools)):
        others = select(SourceFileRow.tool_id, SourceFileRow.path).where(SourceFileRow.tool_id.in_(ids))
        for tool_id, path in session.execute(others).all():
            if path not in gone:
                tools.pop(tool_id, None)
    return dict(sorted(tools.items(), key=lambda tool: tool[1]))


def remember(session: Session, files: Sequence[tuple[str, str, int, datetime]]) -> None:
    """Keep (path, fingerprint, tool id, when the tool was last changed) of files that made their tools."""
    columns = ("path", "fingerprint", "tool_id", "tool_updated_at")
    if files:
        rows = [dict(zip(columns, file, strict=True)) for file in files]
        session.execute(insert(Base.metadata.tables["source_file"]), rows)


def forget_files(session: Session, paths: Sequence[str]) -> None:
    """Have these files read again the next time."""
    for chunk in chunks(paths):
        session.execute(delete(SourceFileRow).where(SourceFileRow.path.in_(chunk)))


def forget(session: Session, tool_ids: Iterable[int]) -> None:
    """Have the files of these tools read again the next time."""
    for tool_id in tool_ids:
        session.execute(delete(SourceFileRow).where(SourceFileRow.tool_id == tool_id))
