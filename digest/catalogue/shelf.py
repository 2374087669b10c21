"""The listings an import works on, in memory: those of the database, and those that come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from digest.catalogue.merging import Listing, Meeting, Outcome, contradictions, meet, overwrite
from digest.catalogue.model import WrittenTool
from digest.catalogue.naming import free_slug
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.rows import ToolRow
from digest.catalogue.sourcefiles import is_tool_file
from digest.catalogue.values import Tool, name_key
from digest.errors import BadInput


@dataclass
class Entry:
    """One listing: as it was (``before``, with its ``row``; None when it is new) and as it is by now.

    ``outcome`` is None until a source speaks of it; ``said`` is what each source of this import says of it.
    ``id`` is None until it is stored.
    """

    tool: Tool
    source: str
    row: ToolRow | None = None
    id: int | None = None
    outcome: Outcome | None = None
    before: Tool | None = field(init=False)
    said: dict[str, Tool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = None if self.row is None else self.tool
        self.id = None if self.row is None else self.row.id

    @property
    def listing(self) -> Listing:
        return Listing(self.tool, self.source)

    def take(self, meeting: Meeting, source: str) -> None:
        """Become what a meeting made of it; whoever decided what it says is its source."""
        self.tool = meeting.tool
        if meeting.outcome is Outcome.UPDATED:
            self.source = source
        if self.before is None:
            return
        if self.tool == self.before:
            self.outcome = Outcome.UNCHANGED
        elif self.outcome is not Outcome.UPDATED:
            self.outcome = Outcome.FILLED if meeting.outcome is Outcome.UNCHANGED else meeting.outcome


class Shelf:
    """Takes in one tool after the other and remembers what became of each.

    ``entries`` are all that may be met, by name or by slug. ``in_use`` says whether a slug is taken; it is
    asked only about numbered ones.
    ``reviewers`` is the order takes are kept in.
    ``published`` is the day of new tools whose source names none.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        in_use: Callable[[str], bool],
        *,
        reviewers: Sequence[str],
        published: date,
        update: bool,
    ) -> None:
        self.entries: list[Entry] = []
        self.warnings: list[str] = []
        self._in_use = in_use
        self._reviewers = reviewers
        self._published = published
        self._update = update
        self._by_slug: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._keep(entry)

    def put_page(self, page: ComparisonPage, source: str) -> tuple[Entry, Entry]:
        """Take in both tools of a page and return the listings they now belong to.

        Raises BadInput, and takes in neither, where one would replace a review that this import brought.
        """
        left, right = (self._meet(tool, source) for tool in (page.left, page.right))
        return self._settle(page.left, source, left), self._settle(page.right, source, right)

    def put_written(self, written: WrittenTool, source: str) -> Entry:
        """Take in a tool that somebody wrote down.

        It decides over the listing it names, and over the one that came from it or from another file of that
        slug. Anything else it meets like a page does.
        """
        tool = written.tool
        own = self._by_slug.get(tool.slug) if written.named else self._own(tool, source)
        if own is None:
            entry = self._settle(tool, source, self._meet(tool, source))
            if written.named and entry.tool.slug != tool.slug:
                remark = f"this review is there already as {entry.tool.slug} and keeps that slug"
                self.warnings.append(f"{source}: {tool.name}: {remark}")
            return entry
        meeting = overwrite(own.listing, tool, source, self._reviewers, written.desk)
        own.take(meeting, source)
        own.said[source] = tool
        self.warnings += [f"{source}: {tool.name}: {remark}" for remark in meeting.remarks]
        if own not in self._by_name[name_key(tool.name)]:
            self._by_name[name_key(tool.name)].append(own)
        return own

    def _meet(self, tool: Tool, source: str) -> Meeting:
        namesakes = self._by_name[name_key(tool.name)]
        listings = [entry.listing for entry in namesakes]
        meeting = meet(tool, listings, source, self._reviewers, update=self._update)
        if meeting.met is not None and contradictions(namesakes[meeting.met].tool, tool):
            _refuse_rivals(namesakes[meeting.met], tool, source)
        return meeting

    def _settle(self, tool: Tool, source: str, meeting: Meeting) -> Entry:
        if meeting.met is not None:
            entry = self._by_name[name_key(tool.name)][meeting.met]
            entry.take(meeting, source)
            place = f"{source}: {tool.name}"
        else:
            entry = self._add(meeting, source)
            place = f"{source}: {tool.name} is kept apart as {entry.tool.slug}"
        entry.said[source] = tool
        self.warnings += [f"{place}: {remark}" for remark in meeting.remarks]
        return entry

    def _own(self, tool: Tool, source: str) -> Entry | None:
        files = [entry for entry in self._by_name[name_key(tool.name)] if is_tool_file(entry.source)]
        return next(
            (entry for entry in files if entry.source == source),
            next((entry for entry in files if entry.tool.slug == tool.slug), None),
        )

    def _add(self, meeting: Meeting, source: str) -> Entry:
        slug = meeting.tool.slug
        if slug in self._by_slug:
            slug = free_slug(slug, lambda slug: slug in self._by_slug or self._in_use(slug))
        tool = replace(
            meeting.tool,
            slug=slug,
            published_on=meeting.tool.published_on or self._published,
            compared_with=(),
        )
        entry = Entry(tool, source, outcome=meeting.outcome)
        self._keep(entry)
        return entry

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._by_slug[entry.tool.slug] = entry
        self._by_name[name_key(entry.tool.name)].append(entry)


def _refuse_rivals(entry: Entry, tool: Tool, source: str) -> None:
    # Whichever came last would win, now and in every import to come.
    for other, said in entry.said.items():
        if reasons := contradictions(said, tool):
            raise BadInput(
                f"{tool.name}: {other} holds a different review ({', '.join(reasons)}); "
                "with --update bring in only one of the two files",
                source=source,
            )
