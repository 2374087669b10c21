"""What a published tool said before it was changed, so that an old issue can be understood later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from digest.catalogue.model import DESK
from digest.catalogue.rows import ToolRow, ToolVersionRow
from digest.catalogue.values import Community, Take, Tool
from digest.db import Base
from digest.phrases import vote_counts

_CONTENT = TypeAdapter(Tool)
# Pairs are no tool's own word, they are kept beside the tools, with sources of their own; and what the desk
# decides on a tool, the tool did not say.
_NOT_SAID = ("slug", "compared_with", *DESK)


@dataclass(frozen=True, slots=True)
class Change:
    """One field, ``old`` → ``new``, as values for people; None where nothing was or is said.

    ``field`` is a tool's field, or ``takes.Builder`` for one reviewer's take.
    """

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What a tool said until ``until``, by the word of ``source``, and what changed then."""

    tool: Tool
    source: str
    until: datetime
    changes: tuple[Change, ...]


def keep_versions(session: Session, tools: Sequence[tuple[int, Tool, str]], *, until: datetime) -> None:
    """Keep what tools, each as (id, tool, source), say and are about to say no more."""
    rows = [
        {"tool_id": tool_id, "until": until, "source": source, "content": _CONTENT.dump_json(tool).decode()}
        for tool_id, tool, source in tools
    ]
    if rows:
        session.execute(insert(Base.metadata.tables["tool_version"]), rows)


def history(session: Session, present: Tool) -> list[Version]:
    """Return the earlier versions of a tool as it stands, the latest first."""
    query = (
        select(ToolVersionRow)
        .join(ToolRow, ToolRow.id == ToolVersionRow.tool_id)
        .where(ToolRow.slug == present.slug)
        .order_by(ToolVersionRow.id.desc())
    )
    found = []
    for row in session.scalars(query):
        tool = _CONTENT.validate_json(row.content)
        found.append(Version(tool, row.source, row.until, tuple(changes(tool, present))))
        present = tool
    return found


def changes(old: Tool, new: Tool) -> Iterator[Change]:
    """Yield what differs between two versions of a tool, in the order of its fields."""
    for field in fields(Tool):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in _NOT_SAID or before == after:
            continue
        if field.name == "takes":
            yield from _take_changes(before, after)
        else:
            yield Change(field.name, _words(before), _words(after))


def _take_changes(old: tuple[Take, ...], new: tuple[Take, ...]) -> Iterator[Change]:
    before = {take.reviewer: take for take in old}
    after = {take.reviewer: take for take in new}
    for reviewer in dict.fromkeys((*before, *after)):
        if before.get(reviewer) != after.get(reviewer):
            yield Change(f"takes.{reviewer}", _words(before.get(reviewer)), _words(after.get(reviewer)))


def _words(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case Take():
            score = "score not stated" if value.score is None else f"{value.score}/100"
            return " · ".join(filter(None, (score, value.verdict, value.text)))
        case Community():
            return vote_counts(value)
        case _:
            return str(value)
