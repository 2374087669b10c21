"""What changed since the last issue: who is new, who is gone, who comes again with other figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.catalogue.values import Community, Tool
from digest.issues.values import IssueContent
from digest.panel import tally


@dataclass(frozen=True, slots=True)
class Moved:
    """One figure of a tool that both issues have, in words; None where it was, or is, not known."""

    tool: str
    what: str
    before: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two issues. ``since`` is the earlier week; tools are named in the issues' order.

    ``returning`` tools stand in both; ``repeated`` are pairs that both run. ``lines`` are the subject and the
    preheader, where they differ.
    """

    since: str
    new: tuple[str, ...]
    dropped: tuple[str, ...]
    returning: tuple[str, ...]
    repeated: tuple[str, ...]
    moved: tuple[Moved, ...]
    lines: tuple[Moved, ...]


def changes(before: IssueContent, now: IssueContent) -> Changes:
    """Return what ``now`` says that ``before`` did not, and the other way round."""
    old, new = _tools(before), _tools(now)
    pairs = {_pair(matchup.left, matchup.right) for matchup in before.matchups}
    return Changes(
        since=str(before.week),
        new=tuple(tool.name for slug, tool in new.items() if slug not in old),
        dropped=tuple(tool.name for slug, tool in old.items() if slug not in new),
        returning=tuple(tool.name for slug, tool in new.items() if slug in old),
        repeated=tuple(
            f"{matchup.left.name} vs {matchup.right.name}"
            for matchup in now.matchups
            if _pair(matchup.left, matchup.right) in pairs
        ),
        moved=tuple(moved for slug, tool in new.items() if slug in old for moved in _moved(old[slug], tool)),
        lines=tuple(
            Moved("", what, was, is_now)
            for what, was, is_now in (
                ("Subject", before.subject, now.subject),
                ("Preheader", before.preheader, now.preheader),
            )
            if was != is_now
        ),
    )


def _tools(content: IssueContent) -> dict[str, Tool]:
    return {tool.slug: tool for matchup in content.matchups for tool in (matchup.left, matchup.right)}


def _pair(left: Tool, right: Tool) -> frozenset[str]:
    return frozenset((left.slug, right.slug))


def _moved(before: Tool, now: Tool) -> Iterator[Moved]:
    was, is_now = _figures(before), _figures(now)
    for what in {**was, **is_now}:
        if was.get(what) != is_now.get(what):
            yield Moved(now.name, what, was.get(what), is_now.get(what))


def _figures(tool: Tool) -> dict[str, str]:
    """Return a tool's figures in words, by what they are; an unknown one is left out."""
    percent = tally(tool).percent
    figures = {
        "Panel": f"{percent}% ship" if percent is not None else None,
        "Community": _community(tool.community),
        "Price": tool.pricing or tool.price_tier,
        **{take.reviewer: _take(take.score, take.verdict) for take in tool.takes},
    }
    return {what: figure for what, figure in figures.items() if figure}


def _take(score: int | None, verdict: str | None) -> str:
    return " ".join(str(part) for part in (score, verdict) if part is not None)


def _community(community: Community | None) -> str | None:
    if community is None:
        return None
    if community.ships is not None and community.skips is not None:
        return f"{community.ships} ship, {community.skips} skip"
    return f"{community.percent}% ship" if community.percent is not None else None
