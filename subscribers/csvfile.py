"""The plain readers' CSV, ``email,name,status``: in with every row checked, out safe for spreadsheets.

Both stream: neither a file nor the list is ever whole in memory.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Protocol

from sqlalchemy.orm import Session

from digest.clock import Clock
from digest.errors import BadInput
from subscribers import store
from subscribers.addresses import Address, address_hash, address_hashes, clean_name, parse_address
from subscribers.values import REASON_FOR, SILENT, Reader, Status

COLUMNS = ("email", "name", "status")
# A report is for people; a million broken rows need not be listed to be believed.
MOST_PROBLEMS = 100
_BATCH = 1000
_LONGEST_LINE = 65_536
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ByteLines(Protocol):
    """A binary file, as far as an import reads it: line by line, each with a bound."""

    def readline(self, size: int, /) -> bytes:
        """Return the next line, or as much of it as ``size`` allows; nothing at the end."""


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of one file.

    ``added`` are new on the list; ``known`` were there before and stay as they are; ``silenced`` were there
    and the file says that they left; ``duplicates`` came twice in the file. ``suppressed`` and ``broken``
    rows were left out; ``problems`` says where and why, as ``file:line: reason``, for the first hundred.
    """

    added: int = 0
    known: int = 0
    silenced: int = 0
    duplicates: int = 0
    suppressed: int = 0
    broken: int = 0
    problems: list[str] = field(default_factory=list)

    def complain(self, problem: str) -> None:
        """Note the reason why a row was left out."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    address: Address
    name: str | None
    status: Status


def import_csv(
    session: Session, file: ByteLines, source: str, *, clock: Clock, keys: Sequence[str]
) -> ImportReport:
    """Put the readers of a UTF-8 CSV file on the list and return what became of its rows.

    The header names the columns, in any order and case; only ``email`` must be there. A row without a status
    is confirmed: the operator vouches for the file. An import may silence a reader, never wake one: who is on
    the list already keeps their status unless the file says unsubscribed, bounced or complained. No mail is
    sent, not even to the pending.

    Raises BadInput with ``source`` and line for what is not such a file; let the transaction roll back then.
    """
    report, now = ImportReport(), clock.now()
    newest_before = store.last_id(session)
    for batch in _batches(_entries(file, source, report)):
        _store(session, batch, source, report, keys=keys, now=now, newest_before=newest_before)
    return report


def _batches(entries: Iterator[_Entry]) -> Iterator[list[_Entry]]:
    """Yield the entries as they come, as many at a time as are in memory at once."""
    while batch := list(islice(entries, _BATCH)):
        yield batch


def write_csv(readers: Iterable[Reader], file: IO[str]) -> None:
    """Write readers as CSV; a cell that a spreadsheet would run as a formula gets a ``'`` in front."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for reader in readers:
        writer.writerow([_inert(cell) for cell in (reader.email, reader.name or "", reader.status.value)])


def _entries(file: ByteLines, source: str, report: ImportReport) -> Iterator[_Entry]:
    rows = _rows(file, source)
    try:
        line, header = next(rows)
    except StopIteration:
        raise BadInput("the file is empty; its first line must name the columns", source=source) from None
    positions = _positions(header, source, line)
    for line, cells in rows:
        try:
            if len(cells) > len(header):
                raise BadInput(f"{len(cells)} cells under a header of {len(header)}")
            value = {name: cells[at] for name, at in positions.items() if at < len(cells)}
            yield _Entry(
                line,
                parse_address(_typed(value.get("email", ""))),
                clean_name(_typed(value.get("name", ""))),
                _status(value.get("status", "")),
            )
        except BadInput as error:
            report.broken += 1
            report.complain(f"{source}:{line}: {error}")


def _rows(file: ByteLines, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of every row that is not blank."""
    reader = csv.reader(_lines(file, source), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(f"this is not CSV: {error}", source=source, line=line) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _lines(file: ByteLines, source: str) -> Iterator[str]:
    for number, raw in enumerate(_raw_lines(file), start=1):
        if len(raw) > _LONGEST_LINE or b"\0" in raw:
            raise BadInput("this is not a text file with lines", source=source, line=number)
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadInput("this is not UTF-8; save the file as UTF-8", source=source, line=number) from None


def _raw_lines(file: ByteLines) -> Iterator[bytes]:
    r"""Yield the lines with their ends: ``\n``, ``\r\n`` or a bare ``\r``; one too long comes in pieces."""
    rest = b""
    while read := file.readline(_LONGEST_LINE + 1):
        lines = (rest + read).splitlines(keepends=True)
        is_whole = lines[-1].endswith(b"\n") or len(lines[-1]) > _LONGEST_LINE
        # A \r at the very end may be the first half of \r\n.
        rest = b"" if is_whole else lines.pop()
        yield from lines
    if rest:
        yield rest


def _positions(header: list[str], source: str, line: int) -> dict[str, int]:
    names = [cell.strip().lower().replace("-", "") for cell in header]
    positions = {name: names.index(name) for name in COLUMNS if name in names}
    if "email" not in positions:
        separators = [sign for sign in (";", "\t") if any(sign in cell for cell in header)]
        hint = "separate the columns with commas" if separators else "name the columns: email,name,status"
        raise BadInput(f"there is no column email in the first line; {hint}", source=source, line=line)
    for name in positions:
        if names.count(name) > 1:
            raise BadInput(f"there are two columns {name}", source=source, line=line)
    return positions


def _status(text: str) -> Status:
    word = text.strip().lower()
    try:
        return Status(word) if word else Status.CONFIRMED
    except ValueError:
        raise BadInput(f"there is no status {word[:30]!r}; use {', '.join(Status)}") from None


def _store(
    session: Session,
    batch: Sequence[_Entry],
    source: str,
    report: ImportReport,
    *,
    keys: Sequence[str],
    now: datetime,
    newest_before: int,
) -> None:
    entries = _without_suppressed(session, _without_doubles(batch, report), source, report, keys)
    there = store.statuses(session, entries)
    fresh, leaving = [], defaultdict(list)
    for key, entry in entries.items():
        if key not in there:
            report.added += 1
            fresh.append(store.new_reader(entry.address, entry.name, entry.status, consent="import", now=now))
        elif entry.status in SILENT and there[key][1] not in SILENT:
            report.silenced += 1
            leaving[entry.status].append(key)
        elif there[key][0] > newest_before:
            report.duplicates += 1
        else:
            report.known += 1
    store.insert_readers(session, fresh)
    for status, gone in leaving.items():
        store.silence(session, gone, status, now)
    for status, reason in REASON_FOR.items():
        marked = [key for key, entry in entries.items() if entry.status is status]
        store.add_suppressions(session, [address_hash(keys[0].encode(), key) for key in marked], reason, now)


def _without_doubles(batch: Sequence[_Entry], report: ImportReport) -> dict[str, _Entry]:
    """Return the entries by address key; of two for one reader the first, or the one that silences."""
    entries: dict[str, _Entry] = {}
    for entry in batch:
        first = entries.setdefault(entry.address.key, entry)
        if first is not entry:
            report.duplicates += 1
            if entry.status in SILENT and first.status not in SILENT:
                entries[entry.address.key] = entry
    return entries


def _without_suppressed(
    session: Session, entries: dict[str, _Entry], source: str, report: ImportReport, keys: Sequence[str]
) -> dict[str, _Entry]:
    hashes = {key: address_hashes(keys, key) for key in entries}
    suppressed = store.suppressions(session, [value for values in hashes.values() for value in values])
    allowed = {}
    for key, entry in entries.items():
        reasons = [suppressed[value].reason for value in hashes[key] if value in suppressed]
        if reasons:
            report.suppressed += 1
            report.complain(f"{source}:{entry.line}: this address is suppressed ({reasons[0]})")
        else:
            allowed[key] = entry
    return allowed


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _typed(cell: str) -> str:
    """Return a cell as it was before ``_inert``, so that an export can be imported again."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
