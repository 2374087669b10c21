"""Why an issue is as it is, in lines for people: the explanation that is kept with it, and its subjects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.issues.overrides import from_stored
from digest.issues.planning import subjects_of
from digest.issues.rendered import content_of
from digest.issues.rows import IssueRow
from digest.issues.store import former_words
from digest.panel import Panel

Explanation = Mapping[str, Any]


def explanation_of(session: Session, issue: IssueRow, panel: Panel) -> Explanation:
    """Return why a stored issue is as it is: as it was built, with the subjects of what it says now.

    ``panel`` is the standing one. Raises NotFound where nothing was kept.
    """
    if issue.why is None:
        raise NotFound(f"why issue {issue.week} is as it is was not kept when it was built")
    content = content_of(session, issue, panel)
    former = former_words(session, content.week)
    subjects = subjects_of(content.matchups, from_stored(issue.overrides), former)
    said = [{"text": one.text, "points": one.points, "notes": list(one.notes)} for one in subjects]
    return {**json.loads(issue.why), "subjects": said}


def pair_rows(why: Explanation) -> list[dict[str, Any]]:
    """Return a row for each pair in the issue's order: the two, the weight and its parts, and if forced."""
    parts = dict.fromkeys(part for pair in why["pairs"] for part in pair["parts"])
    return [
        {
            "pair": f"{pair['left']} vs {pair['right']}",
            "weight": pair["weight"],
            **{part: pair["parts"].get(part) for part in parts},
            "forced": "by the editor" if pair["forced"] else None,
        }
        for pair in why["pairs"]
    ]


def subject_lines(why: Explanation) -> Iterator[str]:
    """Yield a line for each subject that was weighed, the best first: points, text, and what told."""
    for one in why["subjects"]:
        notes = "; ".join(one["notes"])
        yield f"{one['points']:>4}  {one['text']}" + (f"  ({notes})" if notes else "")


def left_out_lines(why: Explanation, *, most: int | None = None) -> list[str]:
    """Return a line for each tool that waits, the first ``most`` of them, and lines that count the rest."""
    named = [f"{one['name']} {one['reason']}" for one in why["left_out"]]
    unsaid = len(named[most:]) if most is not None else 0
    counted = [f"{one['count']:,} more {one['reason']}" for one in why.get("more", ())]
    return [*named[:most], *([f"{unsaid:,} more are left out"] if unsaid else []), *counted]
