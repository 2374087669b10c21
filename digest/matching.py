"""The best set of pairs as one maximum-weight matching. Pure.

A pair's weight is a number whose digits are, from the highest: how many new tools it places (a pinned one
counts more than all others together), whether it does so without a rival seen before, its points, and a
seeded draw. Each digit is wider than all lesser ones of a whole matching can add up to, so the matching is
exact in that order. Imports numpy and rustworkx, so import it where it is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import rustworkx
from numpy.typing import NDArray

from digest.weighing import Places, Scale, marked

# Up to so many new tools everybody may meet everybody; above, so many of the fittest each, for speed's sake.
EXACT_UP_TO = 500
PARTNERS_EACH = 16
_DRAW_BITS = 22


class _Edges(NamedTuple):
    """Possible pairs, as parallel arrays; ``one`` is a place among the new tools, ``other`` among all."""

    one: NDArray[np.intp]
    other: NDArray[np.intp]
    points: NDArray[np.int64]
    draw: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Where tools find their partners. Tools are places in the sequence that ``scale`` was made of.

    ``barred`` holds for a tool all it may not meet; ``pinned`` tools are placed before all others; ``lots``
    are from ``draw_lots``. More new tools than ``exact_up_to`` are matched among each one's fittest only.
    """

    scale: Scale
    barred: Mapping[int, Collection[int]]
    pinned: Collection[int]
    lots: NDArray[np.uint64]
    exact_up_to: int = EXACT_UP_TO

    def best_pairs(self, new: Places, rivals: Places) -> list[tuple[int, int, int]]:
        """Return the best pairs of new tools with each other and, for those left over, with rivals.

        A pair is (one, other, points); no tool is in two.
        """
        needed = self._rivals_needed(new)
        rivals = rivals if needed else []
        nodes = [*new, *rivals]
        both = (self._among(new), self._with_rivals(new, rivals, needed))
        edges = _Edges(*map(np.concatenate, zip(*both, strict=True)))
        cover = [len(new) + 1 if tool in self.pinned else 1 for tool in new]
        weights = _weights(edges, cover, len(rivals))
        # An edge holds its place in ``edges``.
        graph = rustworkx.PyGraph(multigraph=False)
        graph.add_nodes_from(nodes)
        graph.add_edges_from(
            list(zip(edges.one.tolist(), edges.other.tolist(), range(len(weights)), strict=True))
        )
        matching = rustworkx.max_weight_matching(graph, weight_fn=weights.__getitem__)
        return sorted(
            (nodes[min(pair)], nodes[max(pair)], int(edges.points[graph.get_edge_data(*pair)]))
            for pair in matching
        )

    def _among(self, new: Places) -> _Edges:
        fit, draw, allowed = self._compare(new, new)
        np.fill_diagonal(allowed, False)
        if len(new) > self.exact_up_to:
            wanted = _fittest(fit, draw, allowed, PARTNERS_EACH)
            # A chain through all of them, so that nobody is left over only for being nobody's favourite.
            allowed &= wanted | wanted.T | np.eye(len(new), k=1, dtype=bool)
        return self._edges(new, new, fit, draw, np.triu(allowed))

    def _with_rivals(self, new: Places, rivals: Places, needed: int) -> _Edges:
        fit, draw, allowed = self._compare(new, rivals)
        allowed = _fittest(fit, draw, allowed, needed)
        edges = self._edges(new, rivals, fit, draw, allowed)
        return edges._replace(other=edges.other + len(new))

    def _rivals_needed(self, new: Places) -> int:
        """Return how many rivals the best pairs can want, so that as many of each tool's fittest are enough.

        Of those that may meet all others at most one has a rival: two of them would meet one another.
        """
        here = set(new)
        choosy = sum(not here.isdisjoint(self.barred.get(tool, ())) for tool in new)
        return choosy + 1 if choosy else len(new) % 2

    def _compare(
        self, rows: Places, columns: Places
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]:
        fit = self.scale.fit(rows, columns)
        return fit, _draws(self.lots, rows, columns), ~marked(self.barred, rows, columns)

    def _edges(
        self,
        rows: Places,
        columns: Places,
        fit: NDArray[np.int32],
        draw: NDArray[np.int64],
        allowed: NDArray[np.bool_],
    ) -> _Edges:
        one, other = np.nonzero(allowed)
        points = fit[one, other].astype(np.int64) + self.scale.patience(rows, columns)[one, other]
        return _Edges(one, other, points, draw[one, other])


def draw_lots(slugs: Iterable[str], seed: int) -> NDArray[np.uint64]:
    """Return each tool's lot, from which a pair's draw is made: the same on any machine, in any company."""
    digests = (blake2b(f"{seed}\0{slug}".encode(), digest_size=8).digest() for slug in slugs)
    return np.fromiter((int.from_bytes(digest) for digest in digests), dtype=np.uint64)


def _draws(lots: NDArray[np.uint64], rows: Places, columns: Places) -> NDArray[np.int64]:
    """Return 0 … 2**_DRAW_BITS - 1 for each pair, the same whichever comes first."""
    mixed = lots[rows][:, None] + lots[columns]
    # The finaliser of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(64 - _DRAW_BITS)).astype(np.int64)


def _fittest(
    fit: NDArray[np.int32], draw: NDArray[np.int64], allowed: NDArray[np.bool_], count: int
) -> NDArray[np.bool_]:
    """Return which columns are among the ``count`` fittest of those that each row may meet."""
    if count >= allowed.shape[1]:
        return allowed
    rank = np.where(allowed, (fit.astype(np.int64) << _DRAW_BITS) + draw, -1)
    least = np.partition(rank, -count, axis=1)[:, -count, None]
    fittest: NDArray[np.bool_] = allowed & (rank >= least)
    return fittest


def _weights(edges: _Edges, cover: Sequence[int], rivals: int) -> list[int]:
    """Return the weight of every edge; ``cover`` is how much placing each new tool counts."""
    pairs = len(cover)
    point = pairs << _DRAW_BITS
    rival = point * (int(edges.points.max(initial=0)) * pairs + 1)
    # These need more than 64 bits, so they are Python's own numbers.
    worth = [rival * (pairs + 1) * count for count in cover] + [-rival] * rivals
    lesser = (edges.points * point + edges.draw).tolist()
    return [
        worth[one] + worth[other] + less
        for one, other, less in zip(edges.one.tolist(), edges.other.tolist(), lesser, strict=True)
    ]
