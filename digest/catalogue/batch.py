"""What an import is about to bring in: everything is read and checked before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from digest.catalogue.fingerprints import Fingerprints, Seen, missing, seen
from digest.catalogue.model import Rules
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.reading import Claims, Content, Track, file_bytes, read_content, untracked
from digest.catalogue.sourcefiles import SourceFile, files_in, folders_in, is_tool_file
from digest.catalogue.values import Tool, name_key
from digest.errors import BadInput

_PACK = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """What one source says. ``real`` and ``fingerprint`` are those of a file, None for anything else."""

    source: str
    content: Content
    real: str | None = None
    fingerprint: str | None = None


_ITEMS = TypeAdapter(list[Item])


@dataclass
class Batch:
    """Items, ready to be stored, and what became of the files that gave none.

    They are kept as JSON, a thousand in a piece: as objects, 100,000 tools would take 400 MB.
    ``unchanged`` are the slugs of tools whose files are as they were; ``refused`` says why others are not in.
    ``missing`` are files that made tools once and have left the folders.
    """

    unchanged: list[str] = field(default_factory=list)
    refused: list[BadInput] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    _packs: list[bytes] = field(default_factory=list)
    _open: list[Item] = field(default_factory=list)
    _keys: Counter[str] = field(default_factory=Counter)
    _claims: Claims = field(default_factory=Claims)

    @classmethod
    def of(cls, items: Iterable[Item]) -> Batch:
        """Return a batch of these; raise BadInput where two of them claim one slug."""
        batch = cls()
        for item in items:
            batch.add(item)
        return batch

    def add(self, item: Item) -> None:
        """Add what a source says; raise BadInput for a slug that another one has claimed."""
        self._claims.note(item.content, item.source)
        self._keys.update(_keys_of(item))
        self._open.append(item)
        if len(self._open) == _PACK:
            self._packs.append(_ITEMS.dump_json(self._open))
            self._open = []

    def pass_over(self, file: SourceFile, slug: str) -> None:
        """Note a file that did not change; raise BadInput for a slug that another one has claimed."""
        self._claims.claim(slug, file.source)
        self.unchanged.append(slug)

    def asks_for(self, slug: str) -> bool:
        """Whether anything in the batch would have this slug."""
        return _slug_key(slug) in self._keys

    def pieces(self, track: Track[int]) -> Iterator[list[Item]]:
        """Give all items in pieces that have nothing to do with each other; may be called once.

        Items that share a name or a slug are in one piece, the last one; within a piece those that somebody
        wrote down come first, since a slug they name must not be given away to a page.
        """
        shared = {key for key, count in self._keys.items() if count > 1}
        together: list[Item] = []
        packs = [*self._packs, _ITEMS.dump_json(self._open)]
        self._packs, self._open = [], []
        for place in track(range(len(packs)), "Storing"):
            items = _ITEMS.validate_json(packs[place])
            packs[place] = b""
            alone = [item for item in items if not shared or shared.isdisjoint(_keys_of(item))]
            if len(alone) < len(items):
                together += [item for item in items if not shared.isdisjoint(_keys_of(item))]
            yield _written_first(alone)
        yield _written_first(together)


def gather(
    session: Session,
    paths: Sequence[Path],
    rules: Rules,
    *,
    update: bool = False,
    keep_going: bool = False,
    track: Track[SourceFile] = untracked,
) -> Batch:
    """Return what the files at these paths say; the session is only read from.

    YAML files that made their tools what they still are, are passed over unread, unless ``update``. Raises
    BadInput for the first file that is refused; with ``keep_going`` all that are go to ``refused``.
    """
    files = files_in(paths)
    fingerprints = Fingerprints.under(rules)
    known = {} if update else seen(session, [file.real for file in files if is_tool_file(file.path)])
    batch = Batch()
    if folders := folders_in(paths):
        batch.missing += missing(session, folders, {file.real for file in files})
    for file in track(files, "Reading"):
        try:
            _read(file, batch, rules, fingerprints, known.get(file.real))
        except BadInput as error:
            if not keep_going:
                raise
            batch.refused.append(error)
    return batch


def _read(
    file: SourceFile, batch: Batch, rules: Rules, fingerprints: Fingerprints, known: Seen | None
) -> None:
    data = file_bytes(file)
    if not is_tool_file(file.path):
        batch.add(Item(file.source, read_content(file, data, rules), file.real))
        return
    fingerprint = fingerprints.of(data)
    if known is not None and known.fingerprint == fingerprint:
        batch.pass_over(file, known.slug)
    else:
        batch.add(Item(file.source, read_content(file, data, rules), file.real, fingerprint))


def tools_in(content: Content) -> tuple[Tool, ...]:
    """Return the tools that a source speaks of."""
    return (content.left, content.right) if isinstance(content, ComparisonPage) else (content.tool,)


def _keys_of(item: Item) -> set[str]:
    keys = set()
    for tool in tools_in(item.content):
        keys |= {name_key(tool.name), _slug_key(tool.slug)}
    return keys


def _slug_key(slug: str) -> str:
    # No name key has two spaces.
    return f"  {slug}"


def _written_first(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: isinstance(item.content, ComparisonPage))
