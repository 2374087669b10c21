"""Queries over the catalogue. They take a session and never commit (law 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from digest.catalogue.rows import ComparisonRow, TakeRow, ToolRow
from digest.catalogue.values import Community, Take, Tool, Verdict, name_key
from digest.errors import NotFound

# So many values one IN (…) holds; every database takes that many.
_CHUNK = 500
_Value = TypeVar("_Value")
# Fields that a row and a tool share by name.
_PLAIN = (
    "name",
    "category",
    "tagline",
    "description",
    "pricing",
    "price_tier",
    "entry",
    "best_for",
    "link",
    "stated_percent",
    "embargoed_until",
    "excluded",
    "pinned",
)


def load_tool(session: Session, slug: str) -> Tool:
    """Return one tool; raise NotFound saying how to list them all."""
    tools = load_tools(session, slugs=[slug])
    if not tools:
        raise NotFound(f"there is no tool {slug}; digest catalogue list shows them all")
    return tools[0]


def load_tools(
    session: Session, *, ids: Iterable[int] | None = None, slugs: Iterable[str] | None = None
) -> list[Tool]:
    """Return the tools with these ids and these slugs, by slug; what is not there is left out.

    A handful of queries, however many tools.
    """
    rows = {row.id: row for row in _rows(session, ids=ids or (), slugs=slugs or ())}
    return tools_of(session, sorted(rows.values(), key=lambda row: row.slug))


def listing_page(session: Session, after: str | None, limit: int) -> list[Tool]:
    """Return the next ``limit`` tools by slug, from the one after the slug ``after`` on."""
    query = select(ToolRow).order_by(ToolRow.slug).limit(limit)
    if after is not None:
        query = query.where(ToolRow.slug > after)
    return tools_of(session, session.scalars(query).all())


def slugs_by_id(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return id → slug for those of the ids that are there."""
    found: dict[int, str] = {}
    for chunk in _chunks(ids):
        rows = session.execute(select(ToolRow.id, ToolRow.slug).where(ToolRow.id.in_(chunk)))
        found.update((row.id, row.slug) for row in rows)
    return found


def ids_by_slug(session: Session, slugs: Iterable[str]) -> dict[str, int]:
    """Return slug → id for those of the slugs that are there."""
    found: dict[str, int] = {}
    for chunk in _chunks(slugs):
        rows = session.execute(select(ToolRow.id, ToolRow.slug).where(ToolRow.slug.in_(chunk)))
        found.update((row.slug, row.id) for row in rows)
    return found


def compared_pairs(session: Session) -> set[tuple[str, str]]:
    """Return every pair of slugs that a source set side by side, as (left, right) in its order."""
    left, right = ToolRow.__table__.alias("left_tool"), ToolRow.__table__.alias("right_tool")
    query = (
        select(left.c.slug, right.c.slug)
        .select_from(ComparisonRow)
        .join(left, left.c.id == ComparisonRow.left_id)
        .join(right, right.c.id == ComparisonRow.right_id)
    )
    return {(one, other) for one, other in session.execute(query)}


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
    row = ToolRow(slug=tool.slug, source=source, imported_at=now, updated_at=now)
    _write(row, tool)
    session.add(row)
    return row


def update_tool(row: ToolRow, tool: Tool, source: str, now: datetime) -> None:
    """Make a row say what ``tool`` says; its slug stays."""
    row.source, row.updated_at = source, now
    _write(row, tool)


def add_comparisons(session: Session, pairs: Sequence[tuple[int, int, str]]) -> int:
    """Add (left id, right id, source) where the pair is not there yet; return how many were new."""
    wanted = {(left, right): source for left, right, source in reversed(pairs)}
    known: set[tuple[int, int]] = set()
    for chunk in _chunks({left for left, _ in wanted}):
        query = select(ComparisonRow.left_id, ComparisonRow.right_id).where(ComparisonRow.left_id.in_(chunk))
        known.update((left, right) for left, right in session.execute(query))
    new = {pair: source for pair, source in wanted.items() if pair not in known}
    session.add_all(
        ComparisonRow(left_id=left, right_id=right, source=source) for (left, right), source in new.items()
    )
    return len(new)


def tools_of(session: Session, rows: Collection[ToolRow]) -> list[Tool]:
    """Return the rows as values, in their order, each with all it was compared with by slug."""
    compared = _compared_with(session, [row.id for row in rows])
    return [_tool(row, tuple(sorted(compared[row.id]))) for row in rows]


def _rows(
    session: Session,
    *,
    ids: Iterable[int] = (),
    slugs: Iterable[str] = (),
    keys: Iterable[str] = (),
) -> Iterator[ToolRow]:
    wanted = ((ToolRow.id, ids), (ToolRow.slug, slugs), (ToolRow.name_key, keys))
    for column, values in wanted:
        for chunk in _chunks(values):
            yield from session.scalars(select(ToolRow).where(column.in_(chunk)))


def _compared_with(session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    pairs: set[tuple[int, int]] = set()
    for chunk in _chunks(ids):
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


def _tool(row: ToolRow, compared_with: tuple[str, ...]) -> Tool:
    votes = (row.community_ships, row.community_skips, row.community_percent)
    return Tool(
        slug=row.slug,
        **{field: getattr(row, field) for field in _PLAIN},
        published_on=row.published_on,
        community=None if votes == (None, None, None) else Community(*votes),
        takes=tuple(
            Take(take.reviewer, take.text, take.score, Verdict(take.verdict) if take.verdict else None)
            for take in row.takes
        ),
        compared_with=compared_with,
    )


def _write(row: ToolRow, tool: Tool) -> None:
    assert tool.published_on is not None, "who imports decides on the day"
    for field in _PLAIN:
        setattr(row, field, getattr(tool, field))
    row.name_key = name_key(tool.name)
    row.published_on = tool.published_on
    votes = tool.community or Community()
    row.community_ships, row.community_skips = votes.ships, votes.skips
    row.community_percent = votes.percent
    # Rows are kept by reviewer: the session inserts before it deletes, and a reviewer may stand there once.
    known = {take.reviewer: take for take in row.takes}
    row.takes = [
        _write_take(known.get(take.reviewer) or TakeRow(reviewer=take.reviewer), position, take)
        for position, take in enumerate(tool.takes)
    ]


def _write_take(row: TakeRow, position: int, take: Take) -> TakeRow:
    row.position, row.score, row.text = position, take.score, take.text
    row.verdict = take.verdict.value if take.verdict else None
    return row


def _chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    everything = list(dict.fromkeys(values))
    for start in range(0, len(everything), _CHUNK):
        yield everything[start : start + _CHUNK]
