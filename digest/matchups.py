"""Who meets whom: the best pairs inside each category, then of those left over. Pure.

First every category finds its own best pairs, and whoever is left over there meets the best incumbent of the
category. No other category has a say in that, so that a tool more in one changes nothing in the others. Only
who finds nobody at home meets a tool of another category: another one left over, or else an incumbent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, repeat
from types import MappingProxyType

from digest.catalogue.values import Tool
from digest.issues.values import Depth, Matchup
from digest.panel import tally
from digest.selection import Candidates

Pair = frozenset[str]
_NO_DAYS: Mapping[str, date] = MappingProxyType({})
# (one, other, points); tools by their place.
_Meeting = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Paired:
    """Two tools that meet, in reading order; ``forced`` when an editor says so."""

    left: Tool
    right: Tool
    forced: bool = False

    @property
    def slugs(self) -> Pair:
        """Both slugs, in no order."""
        return frozenset((self.left.slug, self.right.slug))


@dataclass(frozen=True, slots=True)
class Pairing:
    """Every pair that could be made, those an issue takes first in front; and who found nobody to meet."""

    pairs: tuple[Paired, ...]
    unpaired: tuple[Tool, ...]


def pair_up(
    who: Candidates,
    *,
    barred: Iterable[Collection[str]] = (),
    compared: Collection[tuple[str, str]] = (),
    since: Mapping[str, date] = _NO_DAYS,
    as_of: date,
    seed: int = 0,
) -> Pairing:
    """Return the pairs: the editor's own, then each other new tool in at most one.

    ``barred`` are pairs of slugs that may not run, because they ran before or an editor says so; the editor's
    own pairs run all the same. ``compared`` are pairs that a source set side by side, as (left, right), and
    they stand that way round here too. ``since`` has, by slug, the day from which a new tool waits. An
    incumbent meets only somebody left over, and one at most.
    In front are the editor's pairs, then those with a pinned tool, then by weight. The same arguments give
    the same answer, in whatever order the tools come; ``seed`` decides between equally good pairs.
    """
    # Imported here: numpy and rustworkx take a while, and every other command does without them.
    from digest.matching import Table, draw_lots
    from digest.weighing import Scale, neighbours

    new = sorted(who.new, key=_slug)
    tools = [*new, *sorted(who.incumbents, key=_slug)]
    slugs = [tool.slug for tool in tools]
    scale = Scale(tools, seen=who.seen, compared=compared, since=since, as_of=as_of)
    table = Table(
        scale,
        barred=neighbours(slugs, barred),
        pinned={place for place, tool in enumerate(new) if tool.slug in who.pinned},
        lots=draw_lots(slugs, seed),
    )
    found = _in_two_rounds(tools, len(new), table.best_pairs)
    weighed = [(Paired(*_facing(tools[one], tools[other], compared)), points) for one, other, points in found]
    weighed.sort(key=lambda item: (not item[0].slugs & who.pinned, -item[1], item[0].left.slug))
    met = {place for pair in found for place in pair[:2]}
    return Pairing(
        (*(Paired(*pair, forced=True) for pair in who.forced), *(pair for pair, _ in weighed)),
        tuple(tool for place, tool in enumerate(new) if place not in met),
    )


def explain(
    pairs: Sequence[Paired],
    *,
    seen: Collection[str],
    compared: Iterable[tuple[str, str]],
    since: Mapping[str, date] = _NO_DAYS,
    as_of: date,
) -> list[tuple[tuple[str, int], ...]]:
    """Return for each pair the (part, points) that speak for it, see ``digest.weighing.PARTS``."""
    from digest.weighing import Scale

    tools = list({tool.slug: tool for pair in pairs for tool in (pair.left, pair.right)}.values())
    place = {tool.slug: at for at, tool in enumerate(tools)}
    scale = Scale(tools, seen=seen, compared=compared, since=since, as_of=as_of)
    return [scale.parts(place[pair.left.slug], place[pair.right.slug]) for pair in pairs]


def with_depths(
    matchups: Sequence[Matchup], falling: Sequence[Depth] = (Depth.FULL, Depth.SHORT)
) -> tuple[Matchup, ...]:
    """Return the matchups with depth falling from the lead on: as ``falling`` says, the rest as stubs."""
    depths = chain(falling, repeat(Depth.STUB))
    return tuple(replace(one, depth=depth) for one, depth in zip(matchups, depths, strict=False))


def lead_order(pair: Paired) -> tuple[float | str, ...]:
    """Sort key, the lead first: whoever has the most to say, by takes with a score, takes, and contrast."""
    sides = (pair.left, pair.right)
    scored = sum(take.score is not None for tool in sides for take in tool.takes)
    takes = sum(len(tool.takes) for tool in sides)
    contrast = abs((tally(pair.left).percent or 0) - (tally(pair.right).percent or 0))
    return (-scored, -takes, -contrast, pair.left.slug, pair.right.slug)


def _in_two_rounds(
    tools: Sequence[Tool], new: int, best_pairs: Callable[[list[int], list[int]], list[_Meeting]]
) -> list[_Meeting]:
    """Return who meets whom, by place in ``tools``: the first ``new`` are new tools, the rest incumbents."""
    groups: defaultdict[str | None, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, tool in enumerate(tools):
        group = groups[tool.category.casefold() if tool.category else None]
        group[place >= new].append(place)
    found = [pair for mine, rivals in groups.values() if mine for pair in best_pairs(mine, rivals)]
    met = {place for pair in found for place in pair[:2]}
    left_over = [place for place in range(new) if place not in met]
    if not left_over:
        return found
    return found + best_pairs(left_over, [place for place in range(new, len(tools)) if place not in met])


def _slug(tool: Tool) -> str:
    return tool.slug


def _facing(one: Tool, other: Tool, compared: Collection[tuple[str, str]]) -> tuple[Tool, Tool]:
    """Return the two in reading order: as a source printed them, else by slug."""
    first, second = sorted((one, other), key=_slug)
    printed_so = (first.slug, second.slug) in compared
    if (second.slug, first.slug) in compared and not printed_so:
        return second, first
    return first, second
