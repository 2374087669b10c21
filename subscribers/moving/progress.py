"""A bar that shows how far a file has been read; silent where nobody watches."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from subscribers.moving.importing import Progress


@contextmanager
def reading_bar(file: IO[bytes]) -> Iterator[Progress]:
    """Give the function that takes the bytes read so far. A pipe shows no end, so its bar only moves."""
    if not sys.stderr.isatty():
        yield lambda read: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=_size(file))
        yield lambda read: bar.update(task, completed=read)


def _size(file: IO[bytes]) -> int | None:
    found = os.fstat(file.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else None
