"""What an import left out: told to the caller, and kept as a CSV file that can be mended and imported."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from types import TracebackType

from subscribers.moving.cells import inert
from subscribers.moving.files import WholeFile

# A report is for people; a million broken rows need not be listed to be believed.
MOST_PROBLEMS = 100


class Rejects:
    """The rows that were left out: ``problems`` has the first hundred as ``file:line: reason``.

    With a ``path`` all of them are written there at the end, as ``line,reason`` and the cells of the row
    under the file's own header, safe for spreadsheets and readable by the owner only. Nothing is written when
    nothing was left out, or when the block raises.
    """

    def __init__(self, source: str, path: str | None) -> None:
        self.problems: list[str] = []
        self.header: Sequence[str] = ()
        self.count = 0
        self._source = source
        self._file = None if path is None else WholeFile(path)

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close(keep=kind is None)

    @property
    def path(self) -> str | None:
        """Where the rows are written, None if there is no such file."""
        return None if self._file is None or not self.count else self._file.path

    def add(self, line: int, reason: str, cells: Sequence[str]) -> None:
        """Keep a row that was left out."""
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(f"{self._source}:{line}: {reason}")
        if self._file is not None:
            writer = csv.writer(self._file.open(), lineterminator="\n")
            if self.count == 1:
                writer.writerow(["line", "reason", *map(inert, self.header)])
            writer.writerow([line, reason, *map(inert, cells)])
