"""Notices, outside the database, how far each issue's sending has come.

A database that is restored from a copy knows nothing of what was sent since, and would mail readers again.
Each step of a sending (start, every run, end) has a number, in the database and in a file beside it; a file
that is ahead of its database means that the database is an older copy.
"""

from __future__ import annotations

from pathlib import Path

from digest.db import Database
from digest.errors import WrongState
from digest.issues.rows import IssueRow


class Epochs:
    """Lines of week and number in ``<database>.epochs``; on a database server there is no such file."""

    def __init__(self, database: Database) -> None:
        file = database.file
        self._file: Path | None = file.with_name(file.name + ".epochs") if file else None

    def advance(self, issue: IssueRow) -> None:
        """Take the next step in the database; raise WrongState when the file is ahead of it.

        Call ``note`` once that is committed.
        """
        if self._file is not None and self._read().get(issue.week, 0) > issue.epoch:
            raise WrongState(
                f"issue {issue.week} was sent further than this database knows; it looks restored."
                f" Nothing is sent; to send all the same, delete the line {issue.week} in {self._file}"
            )
        issue.epoch += 1

    def note(self, week: str, epoch: int) -> None:
        """Write down a step that the database has; a crash before this only makes the check weaker."""
        if self._file is None:
            return
        known = self._read() | {week: epoch}
        draft = self._file.with_name(self._file.name + ".new")
        draft.write_text("".join(f"{name} {number}\n" for name, number in sorted(known.items())), "ascii")
        draft.replace(self._file)

    def _read(self) -> dict[str, int]:
        assert self._file is not None
        try:
            lines = self._file.read_text("ascii").splitlines()
        except FileNotFoundError:
            return {}
        return {week: int(number) for week, number in (line.split() for line in lines if line)}
