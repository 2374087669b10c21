"""A file of readers onto the list, piece by piece.

Each piece is a transaction of its own, so that nobody waits long for SQLite's one writer, a stopped import
has done whole pieces, and the same import begun again ends where it would have ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.db import Database
from digest.errors import BadInput
from subscribers.moving.entries import Entries, Entry
from subscribers.moving.formats import Layout, knows, recognise
from subscribers.moving.lines import Bytes, Lines
from subscribers.moving.rejects import Rejects
from subscribers.moving.rows import Rows
from subscribers.moving.seen import Seen
from subscribers.moving.storing import Sorted, put, sort
from subscribers.values import Status

PIECE = 10_000
# Rows are stored in the order of their addresses, as far as so many are looked at together: neighbours in the
# index of addresses are then written once and not a piece at a time, a tenth of the work for the disk.
_TOGETHER = 10
# What SQLite cannot hold while it sorts a piece in, it writes more than once (KiB).
_CACHE = 32_768

Progress = Callable[[int], None]


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of one file, or would become of them.

    ``added`` are new on the list, by status; ``known`` were there before and stay as they are; ``silenced``
    were there and the file says that they left; ``duplicates`` came before in the file. ``suppressed`` rows,
    ``unconfirmed`` ones (who never agreed) and ``broken`` ones were left out; ``problems`` says where and
    why, as ``file:line: reason``, for the first hundred, and ``rejects`` where all of them were written, if
    anywhere.
    """

    layout: Layout
    separator: str
    letters: str | None = None
    added: Counter[Status] = field(default_factory=Counter)
    known: int = 0
    silenced: int = 0
    duplicates: int = 0
    suppressed: int = 0
    unconfirmed: int = 0
    broken: int = 0
    problems: Sequence[str] = ()
    rejects: str | None = None

    @property
    def used(self) -> int:
        """How many rows there was something to learn from."""
        return self.added.total() + self.known + self.silenced + self.duplicates + self.suppressed

    @property
    def left_out(self) -> int:
        """How many rows were left out."""
        return self.suppressed + self.unconfirmed + self.broken

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs, in the same words."""
        return {
            "format": self.layout.format.name,
            "letters": self.letters,
            "separator": self.separator,
            "columns": {word: column or None for word, column in self.layout.columns.items()},
            "unread": list(self.layout.unread),
            "added": {status.value: self.added[status] for status in sorted(self.added)},
            "known": self.known,
            "silenced": self.silenced,
            "duplicates": self.duplicates,
            "suppressed": self.suppressed,
            "unconfirmed": self.unconfirmed,
            "broken": self.broken,
            "problems": list(self.problems),
            "rejects": self.rejects,
        }


def import_file(
    database: Database,
    file: Bytes,
    source: str,
    *,
    clock: Clock,
    keys: Sequence[str],
    chosen: Mapping[str, str] | None = None,
    rejects: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda read: None,
) -> ImportReport:
    """Put the readers of another service's export, or of a plain list, on the list; tell what became of them.

    ``chosen`` names columns by our word (``formats.FIELDS``) where the header's own names are not known. A
    row without a status is confirmed: the operator vouches for the file. No mail is sent. With ``dry_run``
    nothing is stored and the counts are the same. Rows that were left out are written to ``rejects``.
    ``progress`` is called with the number of bytes read so far.

    Raises BadInput with ``source`` and line for what is not such a file, before anything is stored, and at
    the end if not one row could be used.
    """
    now = clock.now()
    with Rejects(source, rejects) as left_out, closing(Seen()) as seen:
        lines = Lines(file)
        rows = Rows(lines, source, lambda cells: knows(cells, chosen or {}), left_out.add)
        layout = recognise(rows.header, source, rows.header_line, chosen or {})
        left_out.header = rows.header
        report = ImportReport(layout, rows.separator)
        entries = Entries(rows, layout, left_out.add, now)
        for piece in _pieces(iter(entries)):
            met = seen.meet([entry.key for entry in piece])
            with _transaction(database, dry_run) as session:
                found = sort(session, piece, met, keys=keys, rehearsing=dry_run)
                if dry_run:
                    added = Counter(entry.says.status or Status.PENDING for entry in found.fresh)
                else:
                    added = put(session, found, origin=layout.format.name, keys=keys, now=now)
            _count(report, found, added)
            for entry, reason in found.suppressed:
                # Without its cells: what was erased must not come back as a copy in another file.
                left_out.add(entry.line, f"this address is suppressed ({reason})", ())
            progress(lines.read)
        report.unconfirmed = entries.unconfirmed
        report.broken = left_out.count - report.suppressed - report.unconfirmed
        report.letters, report.problems, report.rejects = lines.letters, left_out.problems, left_out.path
    if not report.used:
        raise BadInput(_nothing(report), source=source)
    return report


def _pieces(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries piece by piece; those of a small file in its order, else by address.

    Between two pieces the file is read on: that is when others have their turn to write.
    """
    window = list(islice(entries, _TOGETHER * PIECE))
    while window:
        if len(window) > PIECE:
            window.sort(key=attrgetter("key"))
        coming: list[Entry] = []
        while window:
            yield window[:PIECE]
            del window[:PIECE]
            coming += islice(entries, PIECE)
        window = coming


@contextmanager
def _transaction(database: Database, dry_run: bool) -> Iterator[Session]:
    with database.reading() if dry_run else database.writing() as session:
        # Without its hint PostgreSQL reads the whole list for every piece, as if a disk had a head to move.
        hint = f"PRAGMA cache_size=-{_CACHE}" if database.is_sqlite else "SET LOCAL random_page_cost = 1.1"
        session.connection().exec_driver_sql(hint)
        yield session


def _count(report: ImportReport, found: Sorted, added: Counter[Status]) -> None:
    report.added += added
    # Between sorting and storing, PostgreSQL may have let a sign-up in.
    report.known += found.known + len(found.fresh) - added.total()
    report.silenced += found.silenced
    report.duplicates += found.duplicates
    report.suppressed += len(found.suppressed)


def _nothing(report: ImportReport) -> str:
    if not report.left_out:
        return "there are no readers under the header, so nothing was imported"
    first = report.problems[0].partition(": ")[2] if report.problems else ""
    return f"not one of {report.left_out:,} rows could be used, so nothing was imported; the first: {first}"
