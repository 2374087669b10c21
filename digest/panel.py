"""The tally of a panel: who ships, who skips, and what that makes of a tool or a pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from digest.catalogue.values import Take, Tool, Verdict
from digest.text import initials

# A guest has no colour of their own: the grey of all that is said beside the verdicts.
GUEST_COLOUR = "#5a636b"


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

    def seat(self, name: str) -> Reviewer:
        """Return the standing reviewer of this name, or one made up for a guest, who asks nothing fixed."""
        return self.find(name) or Reviewer(name, initials(name), GUEST_COLOUR, "")

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return the names once each: the standing panel first, others in the order met."""
        met = dict.fromkeys(names)
        return [name for name in self.names if name in met] + [name for name in met if name not in self.names]


class Basis(Enum):
    """What a tally rests on."""

    COUNTED = auto()
    """Every reviewer's verdict is known, so votes may be told one by one."""
    STATED = auto()
    """The share that a source states; single votes are unknown."""
    KNOWN = auto()
    """Those verdicts that are known, while others are not and no source states a share."""
    NOTHING = auto()
    """Nobody says anything."""


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
    basis: Basis

    @property
    def voted(self) -> int:
        """How many verdicts are known."""
        return self.ships + self.skips

    @property
    def counted(self) -> bool:
        """Whether votes may be told one by one."""
        return self.basis is Basis.COUNTED

    @property
    def meter(self) -> tuple[Verdict, ...]:
        """One verdict per reviewer, ships first; empty where not every vote is known."""
        return (Verdict.SHIP,) * self.ships + (Verdict.SKIP,) * self.skips if self.counted else ()


def tally(tool: Tool) -> Tally:
    """Return the tally of a tool's panel.

    Counted votes decide. Where some verdicts are unknown the percentage its source stated stands in, unless
    the known ones rule it out; without one, the known votes are taken for the whole.
    """
    ships = sum(take.verdict is Verdict.SHIP for take in tool.takes)
    skips = sum(take.verdict is Verdict.SKIP for take in tool.takes)
    unknown = len(tool.takes) - ships - skips
    stated = tool.stated_percent
    if ships + skips and not unknown:
        basis, percent = Basis.COUNTED, share_of(ships, ships + skips)
    elif stated is not None and _possible(stated, ships, skips, unknown):
        basis, percent = Basis.STATED, stated
    elif ships + skips:
        basis, percent = Basis.KNOWN, share_of(ships, ships + skips)
    else:
        basis, percent = Basis.NOTHING, None
    scores = [take.score for take in tool.takes if take.score is not None]
    return Tally(
        ships=ships,
        skips=skips,
        unknown=unknown,
        percent=percent,
        verdict=verdict_of(percent),
        mean_score=sum(scores) / len(scores) if scores else None,
        basis=basis,
    )


def share_of(ships: int, voted: int) -> int:
    """Return the share in per cent, rounded half up, but to 0, 50 or 100 only where it is exactly that.

    So one skip among three hundred is still seen, and a narrow majority still is one.
    """
    rounded = (200 * ships + voted) // (2 * voted)
    if rounded in (0, 50, 100) and 100 * ships != rounded * voted:
        return rounded + (1 if 100 * ships > rounded * voted else -1)
    return rounded


def _possible(percent: int, ships: int, skips: int, unknown: int) -> bool:
    """Whether a stated share can be true of these votes, however its source rounds."""
    takes = ships + skips + unknown
    if (percent == 0 and ships) or (percent == 100 and skips):
        return False
    return not takes or 100 * ships // takes <= percent <= -(-100 * (takes - skips) // takes)


def verdict_of(percent: int | None) -> Verdict | None:
    """Return what a share of ships amounts to: more than half ships, less skips, exactly half is split."""
    if percent is None:
        return None
    return Verdict.SHIP if percent > 50 else Verdict.SKIP if percent < 50 else Verdict.SPLIT


def panels_pick(left: Tool, right: Tool) -> Tool | None:
    """Return the tool the panel prefers: it ships, by the higher share, then by the higher mean score.

    None where neither ships, where the two are even, and where one has no verdict or, at the same share, no
    score to compare: nothing is preferred to what nobody has judged.
    """
    one, other = tally(left), tally(right)
    if one.percent is None or other.percent is None:
        return None
    if one.percent != other.percent:
        first, own = (left, one) if one.percent > other.percent else (right, other)
    elif one.mean_score is None or other.mean_score is None or one.mean_score == other.mean_score:
        return None
    else:
        first, own = (left, one) if one.mean_score > other.mean_score else (right, other)
    return first if own.verdict is Verdict.SHIP else None


def paired_takes(left: Tool, right: Tool, panel: Panel) -> list[tuple[str, Take | None, Take | None]]:
    """Return (reviewer, take on left, take on right) for everyone who spoke on either, in panel order."""
    return [
        (reviewer, take_of(left, reviewer), take_of(right, reviewer))
        for reviewer in panel.in_order(take.reviewer for tool in (left, right) for take in tool.takes)
    ]


def take_of(tool: Tool, reviewer: str) -> Take | None:
    """Return a reviewer's take on a tool, or None where there is no panel take."""
    return next((take for take in tool.takes if take.reviewer == reviewer), None)
