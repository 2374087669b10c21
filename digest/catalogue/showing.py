"""A tool of the catalogue in words, as ``digest catalogue show`` prints it, and its history. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from digest.catalogue.json import tool_json
from digest.catalogue.store import Record
from digest.catalogue.values import Take, Tool
from digest.catalogue.versions import Version
from digest.panel import tally
from digest.phrases import vote_counts


def tool_lines(tool: Tool) -> Iterator[str]:
    """Yield the lines that show a tool with its takes."""
    yield tool.name
    if tool.tagline:
        yield tool.tagline
    facts = {
        "Panel": _panel(tool),
        "Community": vote_counts(tool.community) if tool.community else "no votes yet",
        "Category": tool.category,
        "Pricing": tool.pricing,
        "Price tier": tool.price_tier,
        "Best for": tool.best_for,
        "Link": tool.link,
        "Published": tool.published_on,
        "Compared": ", ".join(tool.compared_with) or None,
    }
    for label, fact in facts.items():
        yield f"{label:<11}{fact or 'not stated'}"
    yield from _marks(tool)
    if tool.description:
        yield f"\n{tool.description}"
    for take in tool.takes:
        yield f"\n{_head(take)}\n{take.text}"


def record_lines(record: Record) -> Iterator[str]:
    """Yield the lines that show a tool and where it came from."""
    yield from tool_lines(record.tool)
    changed = "" if record.updated_at == record.imported_at else f", last changed {_time(record.updated_at)}"
    yield f"\nFrom {record.source}, {_time(record.imported_at)}{changed}"


def history_lines(versions: Sequence[Version]) -> Iterator[str]:
    """Yield the lines that show what earlier versions said and what then changed, the latest first."""
    if not versions:
        yield "No earlier version: it has not changed since it was published."
    for version in versions:
        yield f"until {_time(version.until)}, from {version.source}"
        for change in version.changes:
            yield f"  {change.field}: {change.old or 'not stated'} → {change.new or 'not stated'}"


def record_json(record: Record) -> dict[str, Any]:
    """Return a tool's JSON object with ``source``, ``imported_at`` and ``updated_at``."""
    return tool_json(record.tool) | {
        "source": record.source,
        "imported_at": record.imported_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
    }


def history_json(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """Return the versions as JSON objects, each with the tool as it was and what then changed."""
    return [
        {
            "until": version.until.isoformat(),
            "source": version.source,
            "changes": [
                {"field": change.field, "old": change.old, "new": change.new} for change in version.changes
            ],
            "tool": tool_json(version.tool),
        }
        for version in versions
    ]


def _marks(tool: Tool) -> Iterator[str]:
    if tool.pinned:
        yield "Pinned     before all others"
    if tool.embargoed_until:
        yield f"Embargoed  until {tool.embargoed_until}"
    if tool.excluded:
        yield f"Excluded   {tool.excluded}"


def _panel(tool: Tool) -> str | None:
    panel = tally(tool)
    if panel.verdict is None:
        return None
    counts = f", {panel.ships} ship / {panel.skips} skip" if panel.ships + panel.skips else ""
    return f"{panel.verdict} {panel.percent}%{counts}"


def _head(take: Take) -> str:
    score = "score not stated" if take.score is None else f"{take.score}/100"
    return f"{take.reviewer}  {score}" + (f", {take.verdict}" if take.verdict else "")


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
