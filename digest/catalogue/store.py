"""Queries over the catalogue. They take a session and never commit (law 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, object_session

from digest.catalogue.columns import columns_of, take_columns, tool_of
from digest.catalogue.fingerprints import forget
from digest.catalogue.missing import no_such_tool
from digest.catalogue.rows import ComparisonRow, TakeRow, ToolRow
from digest.catalogue.values import Tool
from digest.catalogue.versions import changes, keep_versions
from digest.db import Base, chunks
from digest.errors import NotFound, WrongState

# The tables themselves, for writing many rows at once.
_TOOL, _TAKE, _COMPARISON = (Base.metadata.tables[name] for name in ("tool", "take", "comparison"))


@dataclass(frozen=True, slots=True)
class Record:
    """A tool as it stands in the catalogue: ``source`` had the last word on it, at ``updated_at``."""

    tool: Tool
    source: str
    imported_at: datetime
    updated_at: datetime


def load_tool(session: Session, slug: str) -> Tool:
    """Return one tool; raise NotFound naming the likely one."""
    tools = load_tools(session, slugs=[slug])
    if not tools:
        raise NotFound(no_such_tool(session, slug))
    return tools[0]


def load_tools(
    session: Session, *, ids: Iterable[int] | None = None, slugs: Iterable[str] | None = None
) -> list[Tool]:
    """Return the tools with these ids and these slugs, by slug; what is not there is left out.

    A handful of queries, however many tools.
    """
    rows = {row.id: row for row in _rows(session, ids=ids or (), slugs=slugs or ())}
    return tools_of(session, sorted(rows.values(), key=lambda row: row.slug))


def load_record(session: Session, slug: str) -> Record:
    """Return one tool with where it came from and when; else like ``load_tool``."""
    tool = load_tool(session, slug)
    [row] = rows_named(session, [], [slug])
    return Record(tool, row.source, row.imported_at, row.updated_at)


def listing_page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    category: str | None = None,
    waiting_for: int | None = None,
    excluded: bool | None = None,
) -> list[Tool]:
    """Return the next ``limit`` tools by slug, from the one after the slug ``after`` on.

    ``waiting_for`` leaves those that have fewer takes than that and are not excluded; ``excluded`` those that
    are, or are not.
    """
    query = select(ToolRow).order_by(ToolRow.slug).limit(limit)
    if after is not None:
        query = query.where(ToolRow.slug > after)
    if category is not None:
        query = query.where(ToolRow.category == category)
    if waiting_for is not None:
        takes = select(func.count()).where(TakeRow.tool_id == ToolRow.id).scalar_subquery()
        query = query.where(takes < waiting_for, ToolRow.excluded.is_(None))
    if excluded is not None:
        query = query.where(ToolRow.excluded.is_not(None) if excluded else ToolRow.excluded.is_(None))
    return tools_of(session, session.scalars(query).all())


def slugs_by_id(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return id → slug for those of the ids that are there."""
    found: dict[int, str] = {}
    for chunk in chunks(ids):
        rows = session.execute(select(ToolRow.id, ToolRow.slug).where(ToolRow.id.in_(chunk)))
        found.update((row.id, row.slug) for row in rows)
    return found


def ids_by_slug(session: Session, slugs: Iterable[str]) -> dict[str, int]:
    """Return slug → id for those of the slugs that are there."""
    found: dict[str, int] = {}
    for chunk in chunks(slugs):
        rows = session.execute(select(ToolRow.id, ToolRow.slug).where(ToolRow.slug.in_(chunk)))
        found.update((row.slug, row.id) for row in rows)
    return found


def compared_pairs(session: Session, among: Collection[int] | None = None) -> set[tuple[str, str]]:
    """Return the pairs of slugs that a source set side by side, as (left, right) in its order.

    With ``among`` only those of which both tools have one of these ids.
    """
    query = select(ComparisonRow.left_id, ComparisonRow.right_id)
    if among is None:
        pairs = {(left, right) for left, right in session.execute(query)}
    else:
        wanted = set(among)
        pairs = {
            (left, right)
            for chunk in chunks(wanted)
            for left, right in session.execute(query.where(ComparisonRow.left_id.in_(chunk)))
            if right in wanted
        }
    slugs = slugs_by_id(session, {tool_id for pair in pairs for tool_id in pair})
    return {(slugs[left], slugs[right]) for left, right in pairs}


def sources(session: Session) -> list[str]:
    """Return the paths that tools and comparisons came from, as they were given."""
    tools = set(session.scalars(select(ToolRow.source).distinct()))
    return sorted(tools | set(session.scalars(select(ComparisonRow.source).distinct())))


def rows_named(session: Session, keys: Iterable[str], slugs: Iterable[str]) -> list[ToolRow]:
    """Return the rows with one of these name keys or slugs, the oldest first."""
    rows = {row.id: row for row in _rows(session, keys=keys, slugs=slugs)}
    return [rows[tool_id] for tool_id in sorted(rows)]


def add_tool(session: Session, tool: Tool, source: str, now: datetime) -> ToolRow:
    """Add a listing and return its row, which has no id before the session is flushed.

    The tool must carry its day of publication.
    """
    takes = [TakeRow(**columns) for columns in take_columns(tool.takes)]
    row = ToolRow(
        slug=tool.slug, source=source, imported_at=now, updated_at=now, takes=takes, **columns_of(tool)
    )
    session.add(row)
    return row


def add_tools(session: Session, tools: Sequence[tuple[Tool, str]], now: datetime) -> dict[str, int]:
    """Add many listings, each with its source; return slug → id. Else like ``add_tool``."""
    if not tools:
        return {}
    times = {"imported_at": now, "updated_at": now}
    rows = [{"slug": tool.slug, "source": source, **times, **columns_of(tool)} for tool, source in tools]
    added = session.execute(insert(_TOOL).returning(_TOOL.c.slug, _TOOL.c.id), rows)
    ids = {row.slug: row.id for row in added}
    _add_takes(session, [(ids[tool.slug], tool) for tool, _ in tools])
    return ids


def update_tool(row: ToolRow, tool: Tool, source: str, now: datetime) -> None:
    """Make a row, which belongs to a session, say what ``tool`` says; its slug stays.

    What a published tool said until now is kept as a version.
    """
    session = object_session(row)
    assert session is not None, "a row that was loaded"
    update_tools(session, [(row, tool, source)], now)


def update_tools(session: Session, changed: Sequence[tuple[ToolRow, Tool, str]], now: datetime) -> None:
    """Make many rows say what their tools say, each by a source; else like ``update_tool``."""
    if not changed:
        return
    session.flush()
    before = [(row, tool_of(row, ()), tool) for row, tool, _ in changed]
    versions = [
        (row.id, said, row.source)
        for row, said, tool in before
        if row.published_on <= now.date() and any(changes(said, tool))
    ]
    keep_versions(session, versions, until=now)
    # Set by set, not row by row: an import may change a hundred thousand.
    session.execute(
        update(_TOOL).where(_TOOL.c.id == bindparam("tool_id")),
        [
            {"tool_id": row.id, "source": source, "updated_at": now, **columns_of(tool)}
            for row, tool, source in changed
        ],
    )
    for chunk in chunks(row.id for row, _, _ in changed):
        session.execute(delete(_TAKE).where(_TAKE.c.tool_id.in_(chunk)))
    _add_takes(session, [(row.id, tool) for row, tool, _ in changed])
    for row, _, _ in changed:
        session.expire(row)


def remove_tools(session: Session, slugs: Collection[str]) -> None:
    """Remove tools with all that hangs on them: takes, comparisons, versions.

    Raises NotFound, or WrongState for a tool that stands in an issue: what readers were sent stays explained.
    """
    ids = ids_by_slug(session, slugs)
    for slug in slugs:
        if slug not in ids:
            raise NotFound(no_such_tool(session, slug))
        # Their files may have asked for this tool, and are to be told that it is gone.
        forget(session, [ids[slug], *_partners(session, ids[slug])])
        try:
            session.execute(delete(ToolRow).where(ToolRow.id == ids[slug]))
        except IntegrityError:
            raise WrongState(
                f"{slug} stands in an issue and cannot be removed; keep it out of later ones with: "
                f"digest catalogue set {slug} --exclude REASON"
            ) from None


def add_comparisons(session: Session, pairs: Sequence[tuple[int, int, str]]) -> int:
    """Add (left id, right id, source) where the pair is not there yet; return how many were new."""
    wanted = {(left, right): source for left, right, source in reversed(pairs)}
    known: set[tuple[int, int]] = set()
    for chunk in chunks({left for left, _ in wanted}):
        query = select(ComparisonRow.left_id, ComparisonRow.right_id).where(ComparisonRow.left_id.in_(chunk))
        known.update((left, right) for left, right in session.execute(query))
    new = {pair: source for pair, source in wanted.items() if pair not in known}
    if new:
        rows = [
            {"left_id": left, "right_id": right, "source": source} for (left, right), source in new.items()
        ]
        session.execute(insert(_COMPARISON), rows)
    return len(new)


def drop_comparisons(session: Session, made_by: Mapping[int, str], kept: Collection[tuple[int, int]]) -> int:
    """Drop what a source, by the id of the tool on the left, compared before, except the pairs in ``kept``.

    Return how many were dropped.
    """
    dropped = [
        row
        for chunk in chunks(made_by)
        for row in session.scalars(select(ComparisonRow).where(ComparisonRow.left_id.in_(chunk)))
        if row.source == made_by[row.left_id] and (row.left_id, row.right_id) not in kept
    ]
    for row in dropped:
        session.delete(row)
    session.flush()
    return len(dropped)


def tools_of(session: Session, rows: Collection[ToolRow]) -> list[Tool]:
    """Return the rows as values, in their order, each with all it was compared with by slug."""
    compared = _compared_with(session, [row.id for row in rows])
    return [tool_of(row, tuple(sorted(compared[row.id]))) for row in rows]


def _rows(
    session: Session,
    *,
    ids: Iterable[int] = (),
    slugs: Iterable[str] = (),
    keys: Iterable[str] = (),
) -> Iterator[ToolRow]:
    wanted = ((ToolRow.id, ids), (ToolRow.slug, slugs), (ToolRow.name_key, keys))
    for column, values in wanted:
        for chunk in chunks(values):
            yield from session.scalars(select(ToolRow).where(column.in_(chunk)))


def _compared_with(session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    pairs: set[tuple[int, int]] = set()
    for chunk in chunks(ids):
        query = select(ComparisonRow.left_id, ComparisonRow.right_id).where(
            or_(ComparisonRow.left_id.in_(chunk), ComparisonRow.right_id.in_(chunk))
        )
        pairs.update((left, right) for left, right in session.execute(query))
    slugs = slugs_by_id(session, {tool_id for pair in pairs for tool_id in pair})
    found: dict[int, set[str]] = defaultdict(set)
    for left, right in pairs:
        found[left].add(slugs[right])
        found[right].add(slugs[left])
    return found


def _add_takes(session: Session, tools: Sequence[tuple[int, Tool]]) -> None:
    takes = [
        {"tool_id": tool_id, **columns} for tool_id, tool in tools for columns in take_columns(tool.takes)
    ]
    if takes:
        session.execute(insert(_TAKE), takes)


def _partners(session: Session, tool_id: int) -> Iterator[int]:
    """Give the ids of the tools to the left of this one, whose sources compared them with it."""
    yield from session.scalars(select(ComparisonRow.left_id).where(ComparisonRow.right_id == tool_id))
