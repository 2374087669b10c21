"""An import at work: it stores piece after piece of a batch, and keeps the books on what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.catalogue import fingerprints, store
from digest.catalogue.batch import Batch, Item, tools_in
from digest.catalogue.merging import Outcome
from digest.catalogue.model import WrittenTool
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.shelf import Entry, Shelf
from digest.catalogue.sourcefiles import real_path
from digest.catalogue.values import name_key
from digest.errors import BadInput


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms tools come in.

    ``reviewers`` is the order takes are kept in, ``published`` the day of new tools whose source names none.
    With ``update`` pages overwrite; with ``keep_going`` what is not acceptable is refused alone.
    """

    reviewers: tuple[str, ...]
    published: date
    now: datetime
    update: bool = False
    keep_going: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    """A written tool's file, and the listing it now belongs to.

    ``sole`` if the listing says what the file says and nothing else, so that it need not be read again.
    """

    source: str
    real: str | None
    fingerprint: str | None
    tool_id: int
    tool_updated_at: datetime
    wishes: tuple[str, ...]
    sole: bool
    is_new: bool


@dataclass
class Storing:
    """Stores the pieces of one batch; ``finish`` is for what only the whole of it can tell."""

    session: Session
    batch: Batch
    terms: Terms
    slugs: dict[Outcome, list[str]] = field(default_factory=lambda: defaultdict(list))
    warnings: dict[str, None] = field(default_factory=dict)
    refused: list[BadInput] = field(default_factory=list)
    compared: int = 0
    parted: int = 0
    # The ids of the tools that files of this batch write down.
    written: set[int] = field(default_factory=set)
    _wishing: list[_File] = field(default_factory=list)
    _called: dict[str, int] = field(default_factory=dict)

    def store(self, items: Sequence[Item]) -> None:
        """Store one piece; raise BadInput for what cannot be, unless it is to be refused alone."""
        known = self._known(items)
        shelf = Shelf(
            known,
            self._in_use,
            reviewers=self.terms.reviewers,
            published=self.terms.published,
            update=self.terms.update,
        )
        pairs: list[tuple[Entry, Entry, str]] = []
        files: list[tuple[Item, Entry, str]] = []
        for item, source in zip(items, _spelt_as_before(items, known), strict=True):
            try:
                if isinstance(item.content, ComparisonPage):
                    pairs.append((*shelf.put_page(item.content, source), source))
                else:
                    files.append((item, shelf.put_written(item.content, source), source))
            except BadInput as error:
                if not self.terms.keep_going:
                    raise
                self.refused.append(error)
            else:
                self._warn(item.content.warnings)
        self._warn(shelf.warnings)
        self._write(shelf.entries)
        self.compared += store.add_comparisons(
            self.session, [(_id(left), _id(right), source) for left, right, source in pairs]
        )
        self._settle([self._file(item, entry, source) for item, entry, source in files])

    def finish(self) -> None:
        """Compare the tools that files wish to see compared, now that all are there."""
        wanted = {slug for file in self._wishing for slug in file.wishes}
        # A slug means the tool of that file first: its listing may have had to take another.
        ids = store.ids_by_slug(self.session, wanted) | self._called
        met = [file for file in self._wishing if not self._unmet(file, ids)]
        pairs = [
            (file.tool_id, ids[slug], file.source)
            for file in self._wishing
            for slug in file.wishes
            if ids.get(slug, file.tool_id) != file.tool_id
        ]
        self._part(self._wishing, pairs)
        self.compared += store.add_comparisons(self.session, pairs)
        self._remember(self._wishing, met)
        self.session.flush()

    def _known(self, items: Sequence[Item]) -> list[Entry]:
        """Return every listing that the items may meet, by name or by slug."""
        tools = [tool for item in items for tool in tools_in(item.content)]
        keys, slugs = [name_key(tool.name) for tool in tools], [tool.slug for tool in tools]
        rows = store.rows_named(self.session, keys, slugs)
        known = store.tools_of(self.session, rows)
        return [Entry(tool, row.source, row) for tool, row in zip(known, rows, strict=True)]

    def _in_use(self, slug: str) -> bool:
        return self.batch.asks_for(slug) or bool(store.ids_by_slug(self.session, [slug]))

    def _write(self, entries: Sequence[Entry]) -> None:
        now = self.terms.now
        new = [entry for entry in entries if entry.row is None]
        ids = store.add_tools(self.session, [(entry.tool, entry.source) for entry in new], now)
        for entry in new:
            entry.id = ids[entry.tool.slug]
        changed = [
            (entry.row, entry.tool, entry.source)
            for entry in entries
            if entry.row is not None and entry.tool != entry.before
        ]
        store.update_tools(self.session, changed, now)
        for entry in entries:
            if entry.outcome is not None:
                self.slugs[entry.outcome].append(entry.tool.slug)

    def _file(self, item: Item, entry: Entry, source: str) -> _File:
        assert isinstance(item.content, WrittenTool)
        tool = item.content.tool
        if entry.tool.slug != tool.slug:
            self._called[tool.slug] = _id(entry)
        return _File(
            source,
            item.real,
            item.fingerprint,
            _id(entry),
            self.terms.now if entry.row is None or entry.tool != entry.before else entry.row.updated_at,
            tool.compared_with,
            sole=entry.source == source and entry.tool.slug == tool.slug and entry.said.keys() == {source},
            is_new=entry.row is None,
        )

    def _settle(self, files: Sequence[_File]) -> None:
        self.written.update(file.tool_id for file in files)
        self._wishing += [file for file in files if file.wishes]
        content = [file for file in files if not file.wishes]
        self._part(content, [])
        self._remember(content, content)

    def _unmet(self, file: _File, ids: Mapping[str, int]) -> list[str]:
        """Return the slugs that a file wishes to be compared with and that are no other tool, and say so."""
        unmet = [slug for slug in file.wishes if ids.get(slug, file.tool_id) == file.tool_id]
        self._warn(
            [f"{file.source}: compared_with: there is no other tool {slug}; left out" for slug in unmet]
        )
        return unmet

    def _part(self, files: Sequence[_File], pairs: Sequence[tuple[int, int, str]]) -> None:
        """Take apart what these files once compared, and do not any more."""
        known = {file.tool_id: file.source for file in files if not file.is_new}
        self.parted += store.drop_comparisons(
            self.session, known, {(left, right) for left, right, _ in pairs}
        )

    def _remember(self, files: Sequence[_File], content: Sequence[_File]) -> None:
        """Pass the files in ``content`` over the next time; have the others read again."""
        fingerprints.forget_files(self.session, [file.real for file in files if file.real])
        seen = [
            (file.real, file.fingerprint, file.tool_id, file.tool_updated_at)
            for file in content
            if file.sole and file.real and file.fingerprint
        ]
        fingerprints.remember(self.session, seen)

    def _warn(self, lines: Sequence[str]) -> None:
        self.warnings.update(dict.fromkeys(lines))


def _spelt_as_before(items: Sequence[Item], known: Sequence[Entry]) -> list[str]:
    """Return the items' sources, each path spelt as when the catalogue first heard of the file."""
    given = {item.source for item in items}
    spelt = {real_path(entry.source): entry.source for entry in known if entry.source not in given}
    return [spelt.get(item.real, item.source) if item.real else item.source for item in items]


def _id(entry: Entry) -> int:
    assert entry.id is not None
    return entry.id
