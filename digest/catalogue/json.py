"""A tool as JSON, in the words of docs/design.md; the command line and the API print and read the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.catalogue.model import Rules, ToolModel
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


def tool_from_json(value: object, rules: Rules) -> ToolModel:
    """Return the tool that a JSON object describes, written by hand or as ``tool_json`` gives it.

    ``panel`` is computed and not read, but for its ``percent`` where that says more than the verdicts do; it
    then counts as ``panel_percent``. Raises pydantic's ValidationError with everything that is wrong.
    """
    if not isinstance(value, Mapping):
        return ToolModel.model_validate(value, context=rules)
    plain = {key: part for key, part in value.items() if key != "panel"}
    if plain.get("community") == {"ships": None, "skips": None}:
        plain["community"] = None
    model = ToolModel.model_validate(plain, context=rules)
    percent = value["panel"].get("percent") if isinstance(value.get("panel"), Mapping) else None
    if percent is None or model.panel_percent is not None or percent == tally(model.tool()).percent:
        return model
    stated = ToolModel.model_validate(plain | {"panel_percent": percent}, context=rules)
    return stated if tally(stated.tool()).percent == percent else model
