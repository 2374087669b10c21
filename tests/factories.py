"""Values for tests, with words of our own."""

from __future__ import annotations

from datetime import date
from typing import Any

from digest.catalogue.values import Take, Tool, Verdict
from digest.desk import Desk
from digest.settings import Settings

FRIDAY = date(2026, 11, 20)
DESK = Desk.of(Settings())
PANEL = DESK.panel
REVIEWERS = PANEL.names
RULES = DESK.rules(FRIDAY)


def take(reviewer: str, score: int | None, text: str | None = None) -> Take:
    """Return a take whose verdict follows from its score; a score of None leaves both unknown."""
    verdict = None if score is None else Verdict.SHIP if score >= 60 else Verdict.SKIP
    return Take(reviewer, text or f"The {reviewer} looked at it for a day and kept notes.", score, verdict)


def tool(name: str, *scores: int | None, slug: str | None = None, **values: Any) -> Tool:
    """Return a tool with one take per score, in the panel's order."""
    defaults: dict[str, Any] = {
        "category": "Developer Tools",
        "tagline": f"{name} does one thing",
        "published_on": FRIDAY,
        "takes": tuple(take(who, score) for who, score in zip(REVIEWERS, scores, strict=False)),
    }
    return Tool(slug=slug or name.lower().replace(" ", "-"), name=name, **(defaults | values))
