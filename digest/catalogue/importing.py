"""Bringing tools in: everything is read first, then stored, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from digest.catalogue import fingerprints
from digest.catalogue.batch import Batch, Item, gather
from digest.catalogue.merging import Outcome
from digest.catalogue.model import Rules, ToolModel, WrittenTool
from digest.catalogue.pages.values import ComparisonPage
from digest.catalogue.reading import Track, untracked
from digest.catalogue.storing import Storing, Terms


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, as slugs; each tool stands in exactly one of the groups.

    ``kept_apart`` are new listings beside another of the same name. ``compared`` counts pairs that were not
    known before, ``parted`` those that their file no longer asks for. ``warnings`` and ``refused`` are
    readable lines that begin with their file; what is refused is not stored. ``gone`` are tools
    whose file stood in one of the folders and does not any more; they stay.
    """

    added: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept_apart: tuple[str, ...] = ()
    compared: int = 0
    parted: int = 0
    warnings: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


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
    batch = gather(session, paths, rules, update=update)
    return bring_in(session, batch, rules=rules, published=published, now=now, update=update)


def import_contents(
    session: Session,
    contents: Sequence[tuple[str, ToolModel | ComparisonPage]],
    *,
    rules: Rules,
    published: date,
    now: datetime,
    update: bool = False,
) -> ImportReport:
    """Bring in what was read already, as (source, content); else like ``import_paths``."""
    batch = Batch.of(
        Item(source, WrittenTool.of(content) if isinstance(content, ToolModel) else content)
        for source, content in contents
    )
    return bring_in(session, batch, rules=rules, published=published, now=now, update=update)


def bring_in(
    session: Session,
    batch: Batch,
    *,
    rules: Rules,
    published: date,
    now: datetime,
    update: bool = False,
    keep_going: bool = False,
    track: Track[int] = untracked,
) -> ImportReport:
    """Store what was gathered; else like ``import_paths``.

    With ``keep_going`` a source that only now turns out to be unacceptable is refused alone.
    """
    work = Storing(session, batch, Terms(rules.reviewers, published, now, update, keep_going))
    for items in batch.pieces(track):
        work.store(items)
    work.finish()
    changed = {
        slug for outcome, slugs in work.slugs.items() if outcome is not Outcome.UNCHANGED for slug in slugs
    }
    unchanged = dict.fromkeys((*batch.unchanged, *work.slugs[Outcome.UNCHANGED]))
    return ImportReport(
        added=tuple(work.slugs[Outcome.ADDED]),
        filled=tuple(work.slugs[Outcome.FILLED]),
        updated=tuple(work.slugs[Outcome.UPDATED]),
        unchanged=tuple(slug for slug in unchanged if slug not in changed),
        kept_apart=tuple(work.slugs[Outcome.APART]),
        compared=work.compared,
        parted=work.parted,
        warnings=tuple(work.warnings),
        refused=tuple(map(str, (*batch.refused, *work.refused))),
        gone=_gone(session, batch, work),
    )


def _gone(session: Session, batch: Batch, work: Storing) -> tuple[str, ...]:
    """Return the tools whose files have left the folders, but for those that another file now writes down."""
    left = fingerprints.left_without(session, batch.missing)
    return tuple(slug for tool_id, slug in left.items() if tool_id not in work.written)
