"""The opening of an issue, where an editor wrote none: how many tools, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from digest.catalogue.values import Verdict
from digest.issues.values import Matchup
from digest.text import number
from digest.words.sides import NAME_LIMITS, Side, agreeing, all_of, capital

# Tools that came out this close together are the week's own; an older one comes from the back catalogue.
_ONE_CROP = timedelta(days=14)


def intro_for(matchups: Sequence[Matchup]) -> str:
    """Return the editor's opening: how many tools and matchups, and what became of them.

    "New" is said only where every tool has a date and all came out within a fortnight.
    """
    tools = {tool.slug: tool for matchup in matchups for tool in (matchup.left, matchup.right)}.values()
    dates = [tool.published_on for tool in tools if tool.published_on]
    new = "new " if len(dates) == len(tools) and max(dates) - min(dates) <= _ONE_CROP else ""
    pairs = f"{number(len(matchups))} {'matchup' if len(matchups) == 1 else 'matchups'}"
    sides = [Side.of(tool, NAME_LIMITS[0]) for tool in tools]
    return f"{capital(number(len(tools)))} {new}tools, {pairs}. {_outcomes(sides)}"


def _outcomes(sides: Sequence[Side]) -> str:
    """Return "Four ship, one skips; only two carry the whole panel."."""
    verdicts = [side.own.verdict for side in sides]
    ships, unjudged = verdicts.count(Verdict.SHIP), verdicts.count(None)
    parts = []
    for verdict, after in ((Verdict.SHIP, ""), (Verdict.SKIP, ""), (Verdict.SPLIT, " the panel")):
        if count := verdicts.count(verdict):
            amount = number(count) if count < len(sides) else all_of(count, of="")
            parts.append(f"{amount} {agreeing(verdict, count)}{after}")
    if unjudged:
        parts.append(f"{number(unjudged)} {agreeing('wait', unjudged)} for a panel verdict")
    said = capital(", ".join(parts))
    if not ships:
        return f"{said}."
    return f"{said}; {_carried(sum(side.carried for side in sides), ships)} the whole panel."


def _carried(whole: int, ships: int) -> str:
    if whole == 0:
        return "none carries"
    if whole < ships:
        return f"only {number(whole)} {'carries' if whole == 1 else 'carry'}"
    return "the one that ships carries" if ships == 1 else f"{all_of(ships, of='')} carry"
