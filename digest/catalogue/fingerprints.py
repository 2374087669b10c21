"""Files as they were last read, so that one which did not change need not be read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from digest.catalogue.model import Rules
from digest.catalogue.rows import SourceFileRow, ToolRow
from digest.db import Base

# Raised when the same bytes come to mean another tool: all files are then read again.
_FORM = 1
_CHUNK = 500


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
    for start in range(0, len(paths), _CHUNK):
        query = (
            select(SourceFileRow.path, SourceFileRow.fingerprint, ToolRow.slug)
            .join(ToolRow, ToolRow.id == SourceFileRow.tool_id)
            .where(
                SourceFileRow.path.in_(paths[start : start + _CHUNK]),
                SourceFileRow.tool_updated_at == ToolRow.updated_at,
            )
        )
        found.update((path, Seen(mark, slug)) for path, mark, slug in session.execute(query))
    return found


def remember(session: Session, files: Sequence[tuple[str, str, int, datetime]]) -> None:
    """Keep (path, fingerprint, tool id, when the tool was last changed) of files that made their tools."""
    columns = ("path", "fingerprint", "tool_id", "tool_updated_at")
    if files:
        rows = [dict(zip(columns, file, strict=True)) for file in files]
        session.execute(insert(Base.metadata.tables["source_file"]), rows)


def forget_files(session: Session, paths: Sequence[str]) -> None:
    """Have these files read again the next time."""
    for start in range(0, len(paths), _CHUNK):
        session.execute(delete(SourceFileRow).where(SourceFileRow.path.in_(paths[start : start + _CHUNK])))


def forget(session: Session, tool_ids: Iterable[int]) -> None:
    """Have the files of these tools read again the next time."""
    for tool_id in tool_ids:
        session.execute(delete(SourceFileRow).where(SourceFileRow.tool_id == tool_id))
