"""Who meets whom: the best set of pairs as one maximum-weight matching. Pure.

The graph has an edge for every pair that is allowed; its weight says, in this order of importance, how many
new tools the pair covers, that no rival from the back catalogue is needed for it, that both are of one
category, and that a source set the two side by side. The steps between are so wide that many of a lesser
kind never outweigh one of a greater, so the matching is exact in that order. A seeded draw breaks ties.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, combinations, islice, repeat

from digest.catalogue.values import Tool, name_key
from digest.issues.values import Depth, Matchup
from digest.panel import tally

# Of the rivals that are equally fit, so many of the latest are offered to each new tool; more only cost time.
_RIVALS_EACH = 8
_DRAW = 1_000

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs of an issue, the lead first, and the new tools that found nobody to meet."""

    pairs: tuple[tuple[Tool, Tool], ...]
    unpaired: tuple[Tool, ...]


def pair_up(
    new: Sequence[Tool],
    incumbents: Sequence[Tool],
    *,
    met: Collection[Pair],
    compared: Collection[tuple[str, str]],
    seed: int = 0,
) -> Pairing:
    """Return the week's pairs: each new tool in at most one, a rival only for one left over.

    ``met`` are pairs that ran before and may not run again; ``compared`` are pairs that a source set
    side by side, as (left, right), and they stand that way round here too.
    Two listings of one name never meet. The same arguments give the same answer, in whatever order the
    tools come.
    """
    new = sorted(new, key=lambda tool: tool.slug)
    side_by_side = {frozenset(pair) for pair in compared}
    rivals = _rivals(new, incumbents, met, side_by_side)
    tools = [*new, *rivals]
    # Each step is wider than everything below it can add up to.
    compare = _DRAW * (len(tools) + 1)
    category = compare * (len(tools) + 1)
    no_rival = category * (len(tools) + 1)
    covers = no_rival * (len(tools) + 1)

    def weight(one: int, other: int) -> int:
        left, right = tools[one], tools[other]
        both_new = other < len(new)
        return (
            covers * (2 if both_new else 1)
            + no_rival * both_new
            + category * _same_category(left, right)
            + compare * (_pair(left, right) in side_by_side)
            + _draw(seed, left, right)
        )

    edges = [
        (one, other, weight(one, other))
        for one, other in combinations(range(len(tools)), 2)
        if one < len(new) and _may_meet(tools[one], tools[other], met)
    ]
    chosen = _matching(len(tools), edges)
    pairs = [_facing(tools[one], tools[other], compared) for one, other in chosen]
    pairs.sort(key=_lead_order)
    paired = {tool.slug for pair in pairs for tool in pair}
    return Pairing(tuple(pairs), tuple(tool for tool in new if tool.slug not in paired))


def with_depths(
    matchups: Sequence[Matchup], falling: Sequence[Depth] = (Depth.FULL, Depth.SHORT)
) -> tuple[Matchup, ...]:
    """Return the matchups with depth falling from the lead on: as ``falling`` says, the rest as stubs."""
    depths = chain(falling, repeat(Depth.STUB))
    return tuple(replace(one, depth=depth) for one, depth in zip(matchups, depths, strict=False))


def _matching(count: int, edges: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    # Imported here: it brings numpy along, which every other command can do without.
    import rustworkx

    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(count))
    graph.add_edges_from(list(edges))
    matching = rustworkx.max_weight_matching(graph, weight_fn=int)
    return sorted((min(pair), max(pair)) for pair in matching)


def _rivals(
    new: Sequence[Tool], incumbents: Sequence[Tool], met: Collection[Pair], compared: Collection[Pair]
) -> list[Tool]:
    """Return the incumbents worth offering: for each new tool the fittest few it may meet."""
    latest = sorted(incumbents, key=lambda tool: (str(tool.published_on), tool.slug), reverse=True)
    by_slug = {tool.slug: tool for tool in latest}
    by_category: dict[str | None, list[Tool]] = defaultdict(list)
    for tool in latest:
        by_category[_category(tool)].append(tool)
    compared_to: dict[str, list[Tool]] = defaultdict(list)
    for one, other in sorted(sorted(pair) for pair in compared if len(pair) == 2):
        for slug, rival in ((one, by_slug.get(other)), (other, by_slug.get(one))):
            if rival is not None:
                compared_to[slug].append(rival)
    offered: dict[str, Tool] = {}
    for tool in new:
        pools = (compared_to[tool.slug], by_category[_category(tool)], latest)
        for pool in pools:
            fit = islice((rival for rival in pool if _may_meet(tool, rival, met)), _RIVALS_EACH)
            offered.update((rival.slug, rival) for rival in fit)
    return sorted(offered.values(), key=lambda tool: tool.slug)


def _may_meet(left: Tool, right: Tool, met: Collection[Pair]) -> bool:
    return _pair(left, right) not in met and name_key(left.name) != name_key(right.name)


def _pair(left: Tool, right: Tool) -> Pair:
    return frozenset((left.slug, right.slug))


def _category(tool: Tool) -> str | None:
    return tool.category.casefold() if tool.category else None


def _same_category(left: Tool, right: Tool) -> bool:
    return left.category is not None and _category(left) == _category(right)


def _draw(seed: int, left: Tool, right: Tool) -> int:
    """Return 0 … _DRAW-1, the same for a pair in any order and on any machine."""
    words = "\0".join((str(seed), *sorted((left.slug, right.slug))))
    return int.from_bytes(sha256(words.encode()).digest()[:4]) % _DRAW


def _facing(one: Tool, other: Tool, compared: Collection[tuple[str, str]]) -> tuple[Tool, Tool]:
    """Return the two in reading order: as a source printed them, else by slug."""
    first, second = sorted((one, other), key=lambda tool: tool.slug)
    printed_so = (first.slug, second.slug) in compared
    if (second.slug, first.slug) in compared and not printed_so:
        return second, first
    return first, second


def _lead_order(pair: tuple[Tool, Tool]) -> tuple[float | str, ...]:
    """Sort key, the lead first: whoever has the most to say, by takes with a score, takes, and contrast."""
    tallies = [tally(tool) for tool in pair]
    scored = sum(take.score is not None for tool in pair for take in tool.takes)
    takes = sum(len(tool.takes) for tool in pair)
    contrast = abs((tallies[0].percent or 0) - (tallies[1].percent or 0))
    return (-scored, -takes, -contrast, pair[0].slug, pair[1].slug)
