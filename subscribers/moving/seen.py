"""Which addresses of a file have come before in it, without keeping the file in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

_MET = "SELECT hash FROM seen WHERE hash IN (SELECT value FROM json_each(?))"
_MEET = "INSERT OR IGNORE INTO seen SELECT value FROM json_each(?)"


class Seen:
    """The addresses met so far, as 64-bit hashes in a private file that SQLite makes and removes by itself.

    Memory stays the same however many come. Among a million addresses the chance that any two share a hash is
    1 in 37 million, so whoever relies on an answer asks the list as well.
    """

    def __init__(self) -> None:
        # An empty name is a temporary database that goes to disk when it outgrows its cache.
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
            self._database.execute(f"PRAGMA {pragma}").close()
        self._database.execute("CREATE TABLE seen (hash INTEGER PRIMARY KEY)")

    def close(self) -> None:
        """Remove the file."""
        self._database.close()

    def meet(self, keys: Sequence[str]) -> list[bool]:
        """Return for each of these address keys whether it came before, in this call or an earlier one."""
        # Python's own hash: keyed anew for every process, and known to every string already.
        hashes = [hash(key) for key in keys]
        listed = json.dumps(hashes)
        met = {value for (value,) in self._database.execute(_MET, [listed])}
        answers = []
        for value in hashes:
            answers.append(value in met)
            met.add(value)
        self._database.execute(_MEET, [listed])
        return answers
