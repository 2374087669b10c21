"""Remembers, outside the database, which weeks this installation has begun to send.

A database that is restored from yesterday's copy knows nothing of today's send-out, and would mail the whole
list again. The note beside the file survives the restoring and makes the sender ask first.
"""

from __future__ import annotations

from pathlib import Path

from digest.db import Database
from digest.errors import WrongState
from digest.week import Week


class StartedWeeks:
    """The weeks begun, one per line in ``<database>.started``; on a database server there is no such file."""

    def __init__(self, database: Database) -> None:
        file = database.file
        self._file: Path | None = file.with_name(file.name + ".started") if file else None

    def refuse_again(self, week: Week) -> None:
        """Raise WrongState when a week that the database calls fresh was begun before."""
        if self._file is not None and str(week) in self._read():
            raise WrongState(
                f"issue {week} was sent from here before, but this database does not know it: it looks like "
                f"a restored copy. Nothing is sent; to send it again, delete the line {week} in {self._file}"
            )

    def add(self, week: Week) -> None:
        """Note that a week was begun; to be called once the database has it."""
        if self._file is not None and str(week) not in self._read():
            with self._file.open("a", encoding="ascii") as file:
                file.write(f"{week}\n")

    def _read(self) -> list[str]:
        assert self._file is not None
        try:
            return self._file.read_text("ascii").split()
        except FileNotFoundError:
            return []
