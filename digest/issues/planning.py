"""What a week's issue would be: selection, matchups and words in one pure step."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from digest.catalogue.values import Tool
from digest.issues.values import IssueContent, Matchup
from digest.matchups import Pair, pair_up, with_depths
from digest.panel import Panel
from digest.selection import candidates
from digest.week import Week
from digest.words import preheader_for, subject_for


@dataclass(frozen=True, slots=True)
class IssuePlan:
    """A possible issue. ``content`` is None when not even one matchup can be made.

    ``unpaired`` new tools found nobody to meet; ``waiting`` ones found no room; ``postdated`` ones are not
    out yet. All three come again next week.
    """

    content: IssueContent | None
    unpaired: tuple[Tool, ...]
    waiting: tuple[Tool, ...]
    postdated: tuple[Tool, ...]

    @property
    def left_out(self) -> list[str]:
        """One line each for the tools that wait, and why."""
        reasons = (
            (self.unpaired, "has nobody to meet and waits for the next week"),
            (self.waiting, "finds no room in this issue and waits for the next week"),
            (self.postdated, "is not out yet"),
        )
        return [f"{tool.name} {reason}" for tools, reason in reasons for tool in tools]


def plan_issue(
    week: Week,
    tools: Iterable[Tool],
    *,
    featured: Collection[str],
    met: Collection[Pair],
    compared: Collection[tuple[str, str]],
    panel: Panel,
    as_of: date,
    size: int,
    seed: int = 0,
) -> IssuePlan:
    """Return the issue of ``week`` made of ``tools``; equal arguments give an equal plan.

    ``featured`` (slugs) and ``met`` (pairs of slugs) are the history; ``compared`` are pairs that a source
    set side by side, as (left, right).
    """
    chosen = candidates(tools, featured, as_of=as_of, size=size)
    pairing = pair_up(chosen.new, chosen.incumbents, met=met, compared=compared, seed=seed)
    # More pairs than the issue holds only come about when many new tools each need a rival.
    kept, dropped = pairing.pairs[:size], pairing.pairs[size:]
    waiting = tuple(tool for pair in dropped for tool in pair if tool.slug not in featured)
    matchups = with_depths([Matchup(left, right) for left, right in kept])
    content = (
        IssueContent(week, matchups, subject_for(matchups), preheader_for(matchups), panel)
        if matchups
        else None
    )
    return IssuePlan(content, pairing.unpaired, chosen.waiting + waiting, chosen.postdated)
