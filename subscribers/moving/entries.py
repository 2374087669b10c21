"""A row of a file as a reader, checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from digest.errors import BadInput
from subscribers.moving.formats import Clue, Layout, plain
from subscribers.moving.meanings import Meaning
from subscribers.moving.quick import address_of, moment_of, name_of
from subscribers.moving.rows import Refuse, Rows

# A file has a handful of words for a status; whoever has more is not to fill the memory with them.
_MOST_WORDS = 1000
# What databases write for a cell without a value.
_NOTHING = ("null", "none")


class Entry(NamedTuple):
    """One reader of a file. A tuple, since there are a million of them."""

    line: int
    display: str
    key: str
    name: str | None
    says: Meaning
    opted_in: datetime | None


class _Unconfirmed(BadInput):
    """The row is sound, but its reader never confirmed, or it does not say that they want mail."""


class Entries:
    """The readers of a file. Those that cannot be taken go to ``refuse`` with the reason.

    ``unconfirmed`` counts those among them who never agreed, as far as the file says.
    """

    def __init__(self, rows: Rows, layout: Layout, refuse: Refuse, now: datetime) -> None:
        self._rows, self._layout, self._refuse, self._now = rows, layout, refuse, now
        self._met: dict[tuple[str, ...], Meaning] = {}
        self.unconfirmed = 0

    def __iter__(self) -> Iterator[Entry]:
        rows, width, email = self._rows, self._layout.width, self._layout.email
        for cells in rows:
            try:
                if len(cells) != width:
                    cells = self._fitted(cells)
                display, key = address_of(cells[email])
                says = self._meaning(cells)
                entry = Entry(rows.line, display, key, self._name(cells), says, self._opted_in(cells))
            except BadInput as error:
                self.unconfirmed += isinstance(error, _Unconfirmed)
                self._refuse(rows.line, str(error), cells)
            else:
                yield entry

    def _fitted(self, cells: list[str]) -> list[str]:
        """Return a row with as many cells as the header has; what decides nothing may be left out at its end.

        A row that was cut off must not count as one that says nothing against mail.
        """
        width, least = self._layout.width, self._layout.least
        if any(cell.strip() for cell in cells[width:]):
            raise BadInput(f"{len(cells)} cells under a header of {width}")
        if len(cells) < least:
            what = self._rows.header[least - 1].strip()
            raise BadInput(f"the row ends after {len(cells)} of {width} cells, before its {what}")
        return cells[:width] + [""] * (width - len(cells))

    def _name(self, cells: Sequence[str]) -> str | None:
        places = self._layout.names
        if len(places) == 1:
            return name_of(cells[places[0]])
        return name_of(" ".join(part for place in places if (part := cells[place].strip())))

    def _meaning(self, cells: Sequence[str]) -> Meaning:
        clues = self._layout.clues
        said = tuple([cells[place] for place, _ in clues])
        known = self._met.get(said)
        if known is None:
            heard = [self._heard(clue, cell) for (_, clue), cell in zip(clues, said, strict=True)]
            known = max([self._layout.stands_for, *filter(None, heard)], key=lambda one: one.weight)
            if known.status is None:
                raise _Unconfirmed(known.why)
            if len(self._met) < _MOST_WORDS:
                self._met[said] = known
        return known

    def _opted_in(self, cells: Sequence[str]) -> datetime | None:
        for place in self._layout.opted_in:
            if cells[place]:
                return moment_of(cells[place], self._now)
        return None

    def _heard(self, clue: Clue, cell: str) -> Meaning | None:
        word = plain(cell)
        if not cell.strip() or word in _NOTHING:
            return clue.blank
        if clue.filled is not None:
            return clue.filled
        if word in clue.words:
            return clue.words[word]
        if clue.timed is not None and moment_of(cell, self._now) is not None:
            return clue.timed
        raise BadInput(
            f"there is no status {cell.strip()[:30]!r}; use {', '.join(clue.words)}, "
            "or name the column that tells it: --map status=COLUMN"
        )
