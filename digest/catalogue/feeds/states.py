"""How each source of ``[sources]`` stands, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from digest.catalogue.feeds import store
from digest.catalogue.feeds.answers import shown
from digest.catalogue.rows import FeedRow
from digest.settings import Settings, SourceSettings


@dataclass(frozen=True, slots=True)
class SourceState:
    """``next_at`` is None for a source that is gone for good; ``url`` is without its query."""

    name: str
    url: str
    state: Literal["waiting", "good", "failing", "gone"]
    succeeded_at: datetime | None
    next_at: datetime | None
    failures: int
    error: str | None

    def json(self) -> dict[str, Any]:
        """Return it as JSON has it: times as ISO 8601, the unknown as null."""
        return {
            "name": self.name,
            "url": self.url,
            "state": self.state,
            "succeeded_at": self.succeeded_at and self.succeeded_at.isoformat(timespec="seconds"),
            "next_at": self.next_at and self.next_at.isoformat(timespec="seconds"),
            "failures": self.failures,
            "error": self.error,
        }


def states(session: Session, settings: Settings, now: datetime) -> Iterator[SourceState]:
    """Yield the state of every source that is set up, in the order of the settings."""
    rows = store.feeds_by_name(session)
    for name, source in settings.sources.items():
        row = rows.get(name)
        # What an earlier URL did says nothing about this one.
        yield _state(name, source, row if row and row.url == source.url else None, now)


def _state(name: str, source: SourceSettings, row: FeedRow | None, now: datetime) -> SourceState:
    url = shown(source.url)
    if row is None:
        return SourceState(name, url, "waiting", None, now, 0, None)
    if row.next_at == store.NEVER:
        return SourceState(name, url, "gone", row.succeeded_at, None, row.failures, row.error)
    word: Literal["good", "failing"] = "failing" if row.failures else "good"
    return SourceState(name, url, word, row.succeeded_at, row.next_at, row.failures, row.error)
