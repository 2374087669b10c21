"""The list as a file: CSV for spreadsheets and other services, JSON Lines for programs. Both stream."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import IO

from subscribers.moving.cells import inert
from subscribers.values import Reader

COLUMNS = ("email", "name", "status")


def write_csv(readers: Iterable[Reader], file: IO[str]) -> None:
    """Write readers as CSV; a cell that a spreadsheet would run as a formula gets a ``'`` in front."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (inert(reader.email), inert(reader.name or ""), reader.status.value) for reader in readers
    )


def write_jsonl(readers: Iterable[Reader], file: IO[str]) -> None:
    """Write readers as JSON, one a line, in the words of the JSON interface."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    file.writelines(f"{encode(reader.as_json())}\n" for reader in readers)
