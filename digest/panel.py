"""The tally of a panel: who ships, who skips, and what that makes of a tool or a pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from digest.catalogue.values import Take, Tool, Verdict


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A seat on the panel. ``initial`` is a letter or two, ``colour`` #rrggbb, ``brief`` what they ask."""

    name: str
    initial: str
    colour: str
    brief: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The standing reviewers, in the order every panel is shown in."""

    reviewers: tuple[Reviewer, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(reviewer.name for reviewer in self.reviewers)

    def find(self, name: str) -> Reviewer | None:
        """Return the standing reviewer of this name, or None for a guest."""
        return next((reviewer for reviewer in self.reviewers if reviewer.name == name), None)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return the names once each: the standing panel first, others in the order met."""
        met = dict.fromkeys(names)
        return [name for name in self.names if name in met] + [name for name in met if name not in self.names]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a panel says together.

    ``ships`` and ``skips`` count takes with a verdict, ``unknown`` those without. ``percent`` is the share
    that ships, 0-100, or None when nobody says; ``verdict`` follows from it. ``mean_score`` is over the takes
    that have a score.
    """

    ships: int
    skips: int
    unknown: int
    percent: int | None
    verdict: Verdict | None
    mean_score: float | None


def tally(tool: Tool) -> Tally:
    """Return the tally of a tool's panel.

    Counted votes decide. Where some verdicts are unknown the percentage its source stated stands in, and only
    without one are the known votes taken for the whole.
    """
    ships = sum(take.verdict is Verdict.SHIP for take in tool.takes)
    skips = sum(take.verdict is Verdict.SKIP for take in tool.takes)
    unknown = len(tool.takes) - ships - skips
    counted = (200 * ships + ships + skips) // (2 * (ships + skips)) if ships + skips else None
    percent = counted
    if tool.stated_percent is not None and (unknown or counted is None):
        percent = tool.stated_percent
    scores = [take.score for take in tool.takes if take.score is not None]
    return Tally(
        ships=ships,
        skips=skips,
        unknown=unknown,
        percent=percent,
        verdict=verdict_of(percent),
        mean_score=sum(scores) / len(scores) if scores else None,
    )


def votes_known(tool: Tool) -> bool:
    """Return whether every reviewer's verdict is known, so that votes may be told one by one."""
    return bool(tool.takes) and all(take.verdict is not None for take in tool.takes)


def verdict_of(percent: int | None) -> Verdict | None:
    """Return what a share of ships amounts to: more than half ships, less skips, exactly half is split."""
    if percent is None:
        return None
    return Verdict.SHIP if percent > 50 else Verdict.SKIP if percent < 50 else Verdict.SPLIT


def panels_pick(left: Tool, right: Tool) -> Tool | None:
    """Return the tool the panel prefers: it ships, by the higher share, then by the higher mean score."""

    def strength(tool: Tool) -> tuple[float, float]:
        own = tally(tool)
        return (own.percent or 0, own.mean_score or 0)

    if strength(left) == strength(right):
        return None
    first = max(left, right, key=strength)
    return first if tally(first).verdict is Verdict.SHIP else None


def paired_takes(left: Tool, right: Tool, panel: Panel) -> list[tuple[str, Take | None, Take | None]]:
    """Return (reviewer, take on left, take on right) for everyone who spoke on either, in panel order."""
    return [
        (reviewer, take_of(left, reviewer), take_of(right, reviewer))
        for reviewer in panel.in_order(take.reviewer for tool in (left, right) for take in tool.takes)
    ]


def take_of(tool: Tool, reviewer: str) -> Take | None:
    """Return a reviewer's take on a tool, or None where there is no panel take."""
    return next((take for take in tool.takes if take.reviewer == reviewer), None)
