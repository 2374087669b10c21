"""A tool as a value, and as the columns of its row and of its takes' rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Community, Take, Tool, Verdict, name_key

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


def tool_of(row: ToolRow, compared_with: tuple[str, ...]) -> Tool:
    """Return what a row says, beside what it was compared with."""
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


def columns_of(tool: Tool) -> dict[str, Any]:
    """Return the columns that hold what a tool says, but for its slug and its takes.

    The tool must carry its day of publication.
    """
    assert tool.published_on is not None, "who imports decides on the day"
    votes = tool.community or Community()
    return {
        **{field: getattr(tool, field) for field in _PLAIN},
        "name_key": name_key(tool.name),
        "published_on": tool.published_on,
        "community_ships": votes.ships,
        "community_skips": votes.skips,
        "community_percent": votes.percent,
    }


def take_columns(takes: Sequence[Take]) -> Iterator[dict[str, Any]]:
    """Yield the columns of each take, in their order."""
    for position, take in enumerate(takes):
        yield {
            "position": position,
            "reviewer": take.reviewer,
            "score": take.score,
            "verdict": take.verdict.value if take.verdict else None,
            "text": take.text,
        }
