"""A tool as JSON, in the words of docs/design.md; the command line and the API print the same."""

from __future__ import annotations

from typing import Any

from digest.catalogue.values import Tool
from digest.panel import tally


def tool_json(tool: Tool) -> dict[str, Any]:
    """Return the tool's JSON object. What no source says is null, never a made-up value.

    ``community`` is null without votes; its counts are null where a source states only a percentage.
    """
    panel = tally(tool)
    votes = tool.community
    return {
        "slug": tool.slug,
        "name": tool.name,
        "category": tool.category,
        "tagline": tool.tagline,
        "description": tool.description,
        "pricing": tool.pricing,
        "price_tier": tool.price_tier,
        "entry": tool.entry,
        "best_for": tool.best_for,
        "link": tool.link,
        "published_on": tool.published_on.isoformat() if tool.published_on else None,
        "panel": {
            "ships": panel.ships,
            "skips": panel.skips,
            "unknown": panel.unknown,
            "percent": panel.percent,
            "verdict": panel.verdict,
        },
        "community": {"ships": votes.ships, "skips": votes.skips} if votes else None,
        "takes": [
            {"reviewer": take.reviewer, "score": take.score, "verdict": take.verdict, "text": take.text}
            for take in tool.takes
        ],
        "compared_with": list(tool.compared_with),
        "embargoed_until": tool.embargoed_until.isoformat() if tool.embargoed_until else None,
        "excluded": tool.excluded,
        "pinned": tool.pinned,
    }
