"""Polling: each source of ``[sources]`` is fetched when it is due, and what it brings is stored.

The fetch stands outside any transaction. Between two processes the feed's next turn decides: whoever puts it
off first has the feed, and stores only while that still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from digest.catalogue.feeds import store
from digest.catalogue.feeds.answers import Answer, FetchError, retry_time
from digest.catalogue.feeds.arriving import Overtaken, Taken, take_in
from digest.catalogue.feeds.fetching import Fetcher
from digest.catalogue.feeds.forms import read_feed_content
from digest.catalogue.feeds.values import FeedContent
from digest.catalogue.model import Rules
from digest.clock import Clock
from digest.db import Database
from digest.desk import Desk
from digest.errors import DigestError, NotFound
from digest.settings import Settings, SourceSettings

# Longer than any fetch and reading may take. A process that dies meanwhile holds a feed up so long.
_CLAIM = timedelta(minutes=5)
_DAY = timedelta(days=1)
# However long a server asks to be left alone.
_LONGEST_WAIT = timedelta(days=7)
_DOUBLINGS = 12
_TRIES = 3


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one source brought. ``error`` says why nothing; ``not_modified`` that there is no news."""

    name: str
    taken: Taken = field(default_factory=Taken)
    not_modified: bool = False
    error: str | None = None


def poll(
    database: Database,
    settings: Settings,
    clock: Clock,
    names: Iterable[str] | None = None,
    *,
    force: bool = False,
) -> list[PollResult]:
    """Fetch the sources that are due, of those named or of all, and store what they bring.

    ``force`` asks those that are not due, too. One that fails says so in its result and holds up no other;
    one that another process is at just now has no result. Raises NotFound for a name that is not set up.
    """
    results = (_poll_one(database, settings, clock, name, force=force) for name in chosen(settings, names))
    return [result for result in results if result is not None]


def chosen(settings: Settings, names: Iterable[str] | None = None) -> list[str]:
    """Return the names, or those of all sources; raise NotFound for one that is not set up."""
    wanted = list(dict.fromkeys(names or ())) or list(settings.sources)
    for name in wanted:
        if name not in settings.sources:
            near = get_close_matches(name, settings.sources, n=1)
            hint = f"did you mean {near[0]}?" if near else f"set it up in digest.toml as [sources.{name}]"
            raise NotFound(f"there is no source {name}; {hint}")
    return wanted


def due(database: Database, settings: Settings, clock: Clock) -> list[str]:
    """Return the names of the sources whose turn it is, the longest waiting first."""
    with database.reading() as session:
        rows = store.feeds_by_name(session)
    now = clock.now()
    waiting = {
        name: rows[name].next_at if name in rows else now
        for name, source in settings.sources.items()
        if store.is_due(rows.get(name), source.url, now)
    }
    return sorted(waiting, key=lambda name: waiting[name])


def _poll_one(
    database: Database, settings: Settings, clock: Clock, name: str, *, force: bool
) -> PollResult | None:
    source = settings.sources[name]
    now = clock.now()
    until = now + _CLAIM
    with database.writing() as session:
        row = store.claim(session, name, source.url, now=now, until=until, force=force)
    if row is None:
        return None
    turn = _Turn(database, settings, clock, name, source, until)
    try:
        answer = Fetcher(source.hosts).fetch(source.url, etag=row.etag, last_modified=row.last_modified)
        return turn.store(answer, turn.read(answer))
    except DigestError as error:
        return turn.fail(error)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One source's turn, claimed ``until`` then; what comes of it is written by exactly one method."""

    database: Database
    settings: Settings
    clock: Clock
    name: str
    source: SourceSettings
    until: datetime

    @property
    def _desk_rules(self) -> Rules:
        desk = Desk.of(self.settings)
        return desk.rules(desk.today(self.clock.now()))

    def read(self, answer: Answer) -> FeedContent | None:
        """Return what an answer brings, None for no news; raise BadInput for what cannot be read."""
        if answer.data is None:
            return None
        content = read_feed_content(
            answer.data,
            answer.url,
            answer.content_type,
            category=self.source.category,
            rules=self._desk_rules,
        )
        if answer.moved is None:
            return content
        moved = f"has moved for good to {answer.moved}; write that url into digest.toml"
        return replace(content, warnings=(moved, *content.warnings))

    def store(self, answer: Answer, content: FeedContent | None) -> PollResult | None:
        """Store what came and the next turn; None if another process has taken the feed over."""
        for _ in range(_TRIES - 1):
            with suppress(Overtaken):
                return self._store(answer, content)
        return self._store(answer, content)

    def _store(self, answer: Answer, content: FeedContent | None) -> PollResult | None:
        now = self.clock.now()
        with self.database.writing() as session:
            row = store.hold(session, self.name, self.until)
            if row is None:
                return None
            row.succeeded_at, row.next_at = now, now + self.source.every
            row.failures, row.error = 0, None
            if content is None:
                return PollResult(self.name, not_modified=True)
            row.etag, row.last_modified = answer.etag, answer.last_modified
            taken = take_in(session, self.name, content, rules=self._desk_rules, now=now)
            return PollResult(self.name, taken)

    def fail(self, error: DigestError) -> PollResult | None:
        """Note why the source brought nothing, and put its next turn off."""
        now = self.clock.now()
        with self.database.writing() as session:
            row = store.hold(session, self.name, self.until)
            if row is None:
                return None
            row.next_at = next_turn(self.source.every, row.failures, error, now)
            row.failures, row.error = row.failures + 1, str(error)
        return PollResult(self.name, error=str(error))


def next_turn(every: timedelta, failures: int, error: DigestError, now: datetime) -> datetime:
    """Return when a source that failed is due again, ``failures`` being those in a row before this one.

    The wait doubles up to a day, or ``every`` if that is longer; a server's Retry-After counts up to a week.
    What is gone for good is never due.
    """
    if isinstance(error, FetchError) and error.gone:
        return store.NEVER
    wait = min(every * (1 << min(failures, _DOUBLINGS)), max(every, _DAY))
    asked = retry_time(error.retry_after, now) if isinstance(error, FetchError) else None
    return max(now + wait, min(asked or now, now + _LONGEST_WAIT))
