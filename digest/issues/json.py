"""An issue as JSON, in the words of docs/design.md; the command line and the API print the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.issues.rows import IssueRow
from digest.issues.values import IssueContent


def issue_json(
    issue: IssueRow, content: IssueContent, counts: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the issue's JSON object; ``counts`` are the deliveries by state, once sending has begun."""
    return {
        "week": issue.week,
        "status": issue.status,
        "subject": issue.subject or content.subject,
        "preheader": issue.preheader or content.preheader,
        "matchups": [{"left": pair.left.slug, "right": pair.right.slug} for pair in content.matchups],
        "built_at": issue.built_at.isoformat(),
        "started_at": issue.started_at.isoformat() if issue.started_at else None,
        "finished_at": issue.finished_at.isoformat() if issue.finished_at else None,
        **(counts or {}),
    }
