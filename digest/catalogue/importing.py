"""Bringing tools in: read everything first, then merge it into the catalogue, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.merging import Outcome
from digest.catalogue.model import Rules, ToolModel
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.reading import Content, read_paths
from digest.catalogue.shelf import Entry, Shelf
from digest.catalogue.values import Tool, name_key
from digest.errors import BadInput


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, as slugs; each tool stands in exactly one of the groups.

    ``kept_apart`` are new listings beside another of the same name. ``compared`` counts pairs that were not
    known before. ``warnings`` are readable lines that begin with their file.
    """

    added: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept_apart: tuple[str, ...] = ()
    compared: int = 0
    warnings: tuple[str, ...] = ()


def import_paths(
    session: Session,
    paths: Sequence[Path],
    *,
    rules: Rules,
    published: date,
    now: datetime,
    update: bool = False,
) -> ImportReport:
    """Bring in saved pages and YAML tools from files and folders; return what became of them.

    ``published`` is the day of those that name none and are new. Pages fill gaps and never overwrite, unless
    ``update``; a YAML file decides what its own listing says. Raises BadInput before anything is stored; the
    caller owns the transaction. Importing the same files twice changes nothing.
    """
    contents = read_paths(paths, rules)
    return import_contents(session, contents, rules=rules, published=published, now=now, update=update)


def import_contents(
    session: Session,
    contents: Sequence[tuple[str, Content]],
    *,
    rules: Rules,
    published: date,
    now: datetime,
    update: bool = False,
) -> ImportReport:
    """Bring in what was read already, as (source, content); else like ``import_paths``."""
    known = _entries(session, [tool for _, content in contents for tool in _tools(content)])
    contents = _spelt_as_before(contents, known)
    files = [(source, content) for source, content in contents if isinstance(content, ToolModel)]
    pages = [(source, content) for source, content in contents if isinstance(content, ComparisonPage)]
    _refuse_two_files_for_one_slug(files)
    shelf = Shelf(
        known,
        lambda slug: bool(store.ids_by_slug(session, [slug])),
        reviewers=rules.reviewers,
        published=published,
        update=update,
    )
    # Files first: a slug that an editor wrote down must not be given away to a page.
    entries = [shelf.put_file(file.tool(), source, named=file.slug is not None) for source, file in files]
    pairs = [(shelf.put(page.left, source), shelf.put(page.right, source), source) for source, page in pages]
    shelf.warnings += [warning for _, page in pages for warning in page.warnings]
    _store(session, shelf, now)
    compared = store.add_comparisons(
        session,
        [
            *((_id(left), _id(right), source) for left, right, source in pairs),
            *_wished(session, shelf, files, entries),
        ],
    )
    session.flush()
    return _report(shelf, compared)


def _tools(content: Content) -> list[Tool]:
    return [content.left, content.right] if isinstance(content, ComparisonPage) else [content.tool()]


def _spelt_as_before(
    contents: Sequence[tuple[str, Content]], known: Sequence[Entry]
) -> list[tuple[str, Content]]:
    """Return the contents with each path spelt as when the catalogue first heard of the file."""
    spelt = {Path(entry.source).resolve(): entry.source for entry in known}
    return [(spelt.get(Path(source).resolve(), source), content) for source, content in contents]


def _refuse_two_files_for_one_slug(files: Sequence[tuple[str, ToolModel]]) -> None:
    met: dict[str, str] = {}
    for source, file in files:
        slug = file.tool().slug
        if slug in met:
            raise BadInput(f"{met[slug]} has the slug {slug} too; write another slug into one", source=source)
        met[slug] = source


def _entries(session: Session, tools: Sequence[Tool]) -> list[Entry]:
    """Return every listing the tools may meet, by name or by slug."""
    rows = store.rows_named(session, [name_key(tool.name) for tool in tools], [tool.slug for tool in tools])
    known = store.tools_of(session, rows)
    return [Entry(tool, row.source, row) for tool, row in zip(known, rows, strict=True)]


def _store(session: Session, shelf: Shelf, now: datetime) -> None:
    for entry in shelf.entries:
        if entry.row is None:
            entry.row = store.add_tool(session, entry.tool, entry.source, now)
        elif entry.tool != entry.before:
            store.update_tool(entry.row, entry.tool, entry.source, now)
    session.flush()


def _wished(
    session: Session, shelf: Shelf, files: Sequence[tuple[str, ToolModel]], entries: Sequence[Entry]
) -> list[tuple[int, int, str]]:
    """Return the pairs that files ask for; their slugs mean each other first, then the catalogue's tools."""
    here = {file.tool().slug: _id(entry) for (_, file), entry in zip(files, entries, strict=True)}
    ids = store.ids_by_slug(session, {slug for _, file in files for slug in file.compared_with}) | here
    pairs = []
    for (source, file), entry in zip(files, entries, strict=True):
        for slug in file.compared_with:
            if ids.get(slug, _id(entry)) == _id(entry):
                shelf.warnings.append(f"{source}: compared_with: there is no other tool {slug}; left out")
            else:
                pairs.append((_id(entry), ids[slug], source))
    return pairs


def _id(entry: Entry) -> int:
    assert entry.row is not None
    return entry.row.id


def _report(shelf: Shelf, compared: int) -> ImportReport:
    def slugs(*outcomes: Outcome) -> tuple[str, ...]:
        return tuple(entry.tool.slug for entry in shelf.entries if entry.outcome in outcomes)

    return ImportReport(
        added=slugs(Outcome.ADDED),
        filled=slugs(Outcome.FILLED),
        updated=slugs(Outcome.UPDATED),
        unchanged=slugs(Outcome.UNCHANGED),
        kept_apart=slugs(Outcome.APART),
        compared=compared,
        warnings=tuple(dict.fromkeys(shelf.warnings)),
    )
