"""CSV as other programs write it, row by row; a broken row is told of and costs no other row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from digest.errors import BadInput
from subscribers.moving.lines import LONGEST, BadLine, Lines

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# A cell may hold line ends, but one that goes on and on is a quote that nobody closed.
_MOST_LINES = 100

# What is told of a row that was left out: its first line, why, and its cells as far as they are known.
Refuse = Callable[[int, str, Sequence[str]], None]


class _NeverClosed(Exception):
    """A quoted cell goes on longer than any real one."""


class Rows:
    """The rows of a CSV file under its header (RFC 4180, and what is common beside it).

    Iterating gives each row's cells; blank rows are passed over. ``line`` is where the latest row began. A
    row that cannot be read goes to ``refuse``, and reading goes on with the line after its first.
    Raises BadInput with ``source`` for a file that has no header.
    """

    def __init__(
        self, lines: Lines, source: str, knows: Callable[[Sequence[str]], bool], refuse: Refuse
    ) -> None:
        self._lines, self._refuse = lines, refuse
        self.line = 0
        first = _first(lines, source)
        declared = first.strip().lower().removeprefix("sep=")
        if first.lower().startswith("sep=") and declared in SEPARATORS:
            # Excel's own first line, which is no header.
            first = _first(lines, source)
        self.separator = _separator(first, knows)
        try:
            [self.header] = csv.reader([first], delimiter=self.separator, strict=True)
        except csv.Error as error:
            raise BadInput(f"this is not CSV: {error}", source=source, line=lines.number) from None
        self.header_line = lines.number
        self._feed = _Feed(lines)
        self._reader = csv.reader(self._feed, delimiter=self.separator, strict=True)

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> list[str]:
        pulled = self._feed.pulled
        while True:
            pulled.clear()
            try:
                cells = next(self._reader)
            except BadLine as error:
                self._give_up("a quoted cell is never closed")
                self._refuse(self._lines.number, str(error), ())
            except (csv.Error, _NeverClosed) as error:
                self._give_up(str(error))
            else:
                if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
                    self.line = pulled[0][0]
                    return cells

    def _give_up(self, reason: str) -> None:
        """Tell of the row at hand, if one has begun, and read its further lines once more as rows."""
        if self._feed.pulled:
            line, text = self._feed.pulled[0]
            self._feed.give_back()
            self._refuse(line, f"this is not CSV: {reason}", (text.rstrip("\n"),))


class _Feed:
    """The lines that the CSV reader asks for; those of the row at hand, with their numbers, are ``pulled``.

    An iterator of its own since it has to survive its exceptions, which a generator does not.
    """

    def __init__(self, lines: Lines) -> None:
        self.pulled: list[tuple[int, str]] = []
        self._lines = lines
        self._again: deque[tuple[int, str]] = deque()
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self._again:
            number, line = self._again.popleft()
        else:
            line = next(self._lines)
            number = self._lines.number
        pulled = self.pulled
        if pulled:
            self._size += len(line)
        else:
            self._size = len(line)
        pulled.append((number, line))
        if self._size > LONGEST or len(pulled) > _MOST_LINES:
            raise _NeverClosed("a quoted cell is never closed")
        return line

    def give_back(self) -> None:
        """Have all but the first of the pulled lines come once more."""
        self._again.extendleft(reversed(self.pulled[1:]))


def _first(lines: Lines, source: str) -> str:
    """Return the first line that is not blank."""
    try:
        for line in islice(lines, 1000):
            if line.strip():
                return line
    except BadLine as error:
        raise BadInput(str(error), source=source, line=lines.number) from None
    raise BadInput("the file is empty; its first line must name the columns", source=source)


def _separator(header: str, knows: Callable[[Sequence[str]], bool]) -> str:
    def weigh(separator: str) -> tuple[bool, int]:
        cells = next(csv.reader([header], delimiter=separator))
        return knows(cells), len(cells)

    return max(SEPARATORS, key=weigh)
