"""What becomes of the tools that a feed brings: each is taken in once, and the desk's word stands.

A feed keeps what it brought up to date for as long as nobody else touched it. From the first change by
anybody else on, a take above all, the tool is the desk's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.catalogue.feeds import store
from digest.catalogue.feeds.store import Standing
from digest.catalogue.feeds.values import Arrival, FeedContent
from digest.catalogue.importing import import_contents
from digest.catalogue.model import Rules, ToolModel
from digest.catalogue.naming import free_slug, slug_of
from digest.catalogue.rows import FeedEntryRow
from digest.catalogue.store import ids_by_slug
from digest.catalogue.values import name_key
from digest.errors import WrongState

_OVERTAKEN = "the catalogue changed while the source was stored; it is tried again later"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came, as slugs; ``unchanged`` counts the rest. ``remarks`` say what was not simple."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Overtaken(WrongState):
    """Somebody else brought in one of the tools at the same moment; in a new transaction it is seen."""


def take_in(session: Session, feed: str, content: FeedContent, *, rules: Rules, now: datetime) -> Taken:
    """Bring what a feed says into the catalogue and return what became of it.

    The caller owns the transaction. Raises Overtaken, after which it has to be rolled back and may be tried
    again.
    """
    sorting = _Sorting(session, feed, content)
    for arrival in content.arrivals:
        sorting.place(arrival)
    source = source_of(feed)
    wanted = [(source, model) for model in sorting.wanted.values()]
    try:
        report = import_contents(session, wanted, rules=rules, published=rules.today, now=now)
    except IntegrityError as error:
        raise Overtaken(_OVERTAKEN) from error
    new = tuple(slug for slug in sorting.wanted if slug in sorting.fresh)
    changed = tuple(slug for slug in report.updated if slug not in sorting.fresh)
    # A fresh one that met a listing after all would have overwritten somebody's words.
    if set(new) != set(report.added):
        raise Overtaken(_OVERTAKEN)
    sorting.remember({*new, *changed}, now)
    return Taken(
        new=new,
        changed=changed,
        unchanged=len(content.arrivals) - len(new) - len(changed),
        refused=content.refused,
        remarks=(*content.warnings, *sorting.remarks, *report.warnings),
    )


def source_of(feed: str) -> str:
    """Return what a tool's ``source`` says when it came from this feed."""
    return f"feed:{feed}"


@dataclass
class _Sorting:
    """Decides which arrivals go into the catalogue: ``wanted``, by slug, of which ``fresh`` are new there.

    ``slugs`` has the tool of each key.
    """

    session: Session
    feed: str
    content: FeedContent
    wanted: dict[str, ToolModel] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    slugs: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        arrivals = self.content.arrivals
        self._met = store.entries_by_key(self.session, self.feed, [arrival.key for arrival in arrivals])
        ids = [entry.tool_id for entry in self._met.values() if entry.tool_id is not None]
        names = {name_key(arrival.model.name) for arrival in arrivals}
        found = store.standings(
            self.session, ids=ids, name_keys=names, slugs={_slug(arrival) for arrival in arrivals}
        )
        self._shared = store.shared_tools(self.session, self.feed, ids)
        self._by_id = {one.tool_id: one for one in found}
        self._by_slug = {one.slug: one.slug for one in found}
        # The oldest listing of a name is the one that is meant.
        self._by_name = {one.name_key: one.slug for one in reversed(found)}

    def place(self, arrival: Arrival) -> None:
        """Decide on one arrival: take it in, bring its tool up to date, link it, or leave it."""
        entry = self._met.get(arrival.key)
        if entry is None:
            self._meet(arrival)
        elif (tool := self._by_id.get(entry.tool_id or 0)) and self._is_ours(tool, entry, arrival):
            self._want(arrival, tool.slug)

    def remember(self, written: set[str], now: datetime) -> None:
        """Note for each entry which tool it became, and when the feed last wrote that."""
        ids = ids_by_slug(self.session, self.slugs.values())
        for key, slug in self.slugs.items():
            entry = self._met.get(key)
            if entry is None:
                self.session.add(FeedEntryRow(feed=self.feed, key=key, tool_id=ids[slug], seen_at=now))
            elif slug in written:
                entry.seen_at = now
        self.session.flush()

    def _meet(self, arrival: Arrival) -> None:
        name = arrival.model.name
        own = self._by_slug.get(arrival.model.slug or "")
        known = own or self._by_name.get(name_key(name))
        if known is not None:
            self.slugs[arrival.key] = known
            self.remarks.append(f"{name} is in the catalogue as {known}; not taken again")
            return
        slug = free_slug(_slug(arrival), self._is_taken)
        self._by_slug[slug] = self._by_name[name_key(name)] = slug
        self.fresh.add(slug)
        self._want(arrival, slug)

    def _want(self, arrival: Arrival, slug: str) -> None:
        self.slugs[arrival.key] = slug
        self.wanted[slug] = arrival.model.model_copy(update={"slug": slug})

    def _is_ours(self, tool: Standing, entry: FeedEntryRow, arrival: Arrival) -> bool:
        """Whether the tool is as this entry left it; ``seen_at`` is when that was."""
        untouched = tool.source == source_of(self.feed) and tool.updated_at == entry.seen_at
        by_the_panel = tool.has_takes and not arrival.model.takes
        return untouched and not by_the_panel and tool.tool_id not in self._shared

    def _is_taken(self, slug: str) -> bool:
        return slug in self._by_slug or bool(ids_by_slug(self.session, [slug]))


def _slug(arrival: Arrival) -> str:
    return arrival.model.slug or slug_of(arrival.model.name)
