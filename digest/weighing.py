"""What a pair of tools is worth: a sum of named points. Pure.

``PARTS`` is the whole table; docs/matchups.md explains it to an editor. A pair's points depend on the two
tools alone and on the day, never on who else is there, so that a week's pairs stay put when others join.
Imports numpy and rapidfuzz, so import it where it is needed and not at a command's start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from digest.catalogue.values import Tool
from digest.likeness import likeness, stems
from digest.panel import tally

Places = list[int]
Matrix = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """One reason for a pair; ``points`` is the most it gives, for patience what each week gives."""

    name: str
    points: int
    meaning: str


CATEGORY = Part("category", 60, "both are of one category")
COMPARED = Part("compared", 40, "a source set the two side by side")
LIKENESS = Part("likeness", 60, "they say the same of themselves, in full from half of the words on")
TIER = Part("tier", 15, "both are of one price tier")
CONTRAST = Part("contrast", 20, "the panels disagree, a point for every 5 percentage points between them")
FRESHNESS = Part("freshness", 28, "they came out lately, a point less for every day since the older one did")
STANDING = Part("standing", 20, "a rival seen before is strong, a point for every 5 % of its panel that ship")
PATIENCE = Part("patience", 3, "a new one has waited, so much for every whole week since it came in")
PARTS = (CATEGORY, COMPARED, LIKENESS, TIER, CONTRAST, FRESHNESS, STANDING, PATIENCE)

_ALIKE_ENOUGH = 0.5
_UNKNOWN = -1


class Scale:
    """Weighs pairs of tools. It knows each tool by its place in the sequence it was given."""

    def __init__(
        self,
        tools: Sequence[Tool],
        *,
        seen: Collection[str] = (),
        compared: Iterable[tuple[str, str]] = (),
        since: Mapping[str, date] | None = None,
        as_of: date,
    ) -> None:
        """Take the tools, the slugs ``seen`` in an issue before, and the pairs that a source ``compared``.

        ``since`` has, by slug, the day a tool came in; one that is not there waits only since ``as_of``.
        """
        shares = [tally(tool).percent for tool in tools]
        before = np.array([tool.slug in seen for tool in tools], dtype=bool)
        self._stems = [stems(tool) for tool in tools]
        self._category = _codes(tool.category for tool in tools)
        self._tier = _codes(tool.price_tier for tool in tools)
        self._percent = _numbers(_UNKNOWN if share is None else share for share in shares)
        self._day = _numbers((tool.published_on or as_of).toordinal() for tool in tools)
        self._standing = np.where(before, np.maximum(self._percent, 0) * STANDING.points // 100, 0)
        came_in = _numbers((since or {}).get(tool.slug, as_of).toordinal() for tool in tools)
        self._age = np.maximum(as_of.toordinal() - self._day, 0)
        weeks = np.maximum(as_of.toordinal() - came_in, 0) // 7
        self._patience = np.where(before, 0, PATIENCE.points * weeks)
        self._compared = neighbours([tool.slug for tool in tools], compared)
        self._fitting: tuple[tuple[Part, Callable[[Places, Places], Matrix]], ...] = (
            (CATEGORY, self._same_category),
            (COMPARED, self._side_by_side),
            (LIKENESS, self._likeness),
            (TIER, self._same_tier),
            (CONTRAST, self._contrast),
            (FRESHNESS, self._freshness),
            (STANDING, lambda rows, columns: self._standing[rows][:, None] + self._standing[columns]),
        )

    def fit(self, rows: Places, columns: Places) -> Matrix:
        """Return how well each of ``rows`` suits each of ``columns``: all points but those for patience."""
        total = np.zeros((len(rows), len(columns)), dtype=np.int32)
        for _, points in self._fitting:
            total += points(rows, columns)
        return total

    def patience(self, rows: Places, columns: Places) -> Matrix:
        """Return the points each pair has for having waited."""
        return self._patience[rows][:, None] + self._patience[columns]

    def parts(self, one: int, other: int) -> tuple[tuple[str, int], ...]:
        """Return (name, points) of every part that gives a pair any, in the order of ``PARTS``."""
        every = (*self._fitting, (PATIENCE, self.patience))
        points = [(part.name, int(matrix([one], [other])[0, 0])) for part, matrix in every]
        return tuple((name, number) for name, number in points if number)

    def _same_category(self, rows: Places, columns: Places) -> Matrix:
        return _given(_equal(self._category, rows, columns), CATEGORY)

    def _same_tier(self, rows: Places, columns: Places) -> Matrix:
        return _given(_equal(self._tier, rows, columns), TIER)

    def _side_by_side(self, rows: Places, columns: Places) -> Matrix:
        return _given(marked(self._compared, rows, columns), COMPARED)

    def _likeness(self, rows: Places, columns: Places) -> Matrix:
        alike = likeness([self._stems[row] for row in rows], [self._stems[column] for column in columns])
        points: Matrix = np.rint(np.minimum(alike / _ALIKE_ENOUGH, 1) * LIKENESS.points).astype(np.int32)
        return points

    def _contrast(self, rows: Places, columns: Places) -> Matrix:
        one, other = self._percent[rows][:, None], self._percent[columns]
        known = (one != _UNKNOWN) & (other != _UNKNOWN)
        return np.where(known, np.abs(one - other) * CONTRAST.points // 100, 0)

    def _freshness(self, rows: Places, columns: Places) -> Matrix:
        older = np.maximum(self._age[rows][:, None], self._age[columns])
        points: Matrix = np.maximum(FRESHNESS.points - older, 0)
        return points


def neighbours(slugs: Sequence[str], pairs: Iterable[Iterable[str]]) -> dict[int, list[int]]:
    """Return, by place in ``slugs``, the places of all that a tool makes a pair with."""
    place = {slug: at for at, slug in enumerate(slugs)}
    found: dict[int, list[int]] = {}
    for pair in pairs:
        known = [place[slug] for slug in pair if slug in place]
        if len(known) == 2:
            one, other = known
            found.setdefault(one, []).append(other)
            found.setdefault(other, []).append(one)
    return found


def marked(neighbours: Mapping[int, Iterable[int]], rows: Places, columns: Places) -> NDArray[np.bool_]:
    """Return which of ``rows`` are neighbours of which of ``columns``."""
    marks = np.zeros((len(rows), len(columns)), dtype=bool)
    place = {tool: at for at, tool in enumerate(columns)}
    for at, tool in enumerate(rows):
        marks[at, [place[other] for other in neighbours.get(tool, ()) if other in place]] = True
    return marks


def _codes(words: Iterable[str | None]) -> NDArray[np.int32]:
    """Return a number for each word, the same for the same word in any case."""
    known: dict[str, int] = {}
    return _numbers(known.setdefault(word.casefold(), len(known)) if word else _UNKNOWN for word in words)


def _numbers(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)


def _given(where: NDArray[np.bool_], part: Part) -> Matrix:
    return np.where(where, np.int32(part.points), np.int32(0))


def _equal(codes: NDArray[np.int32], rows: Places, columns: Places) -> NDArray[np.bool_]:
    one, other = codes[rows][:, None], codes[columns]
    equal: NDArray[np.bool_] = (one == other) & (one != _UNKNOWN)
    return equal
