"""Tells whether a file was saved since it was last looked at."""

from __future__ import annotations

from pathlib import Path

# Inode, time of the last change in nanoseconds, size: editors write in place or put a new file there.
State = tuple[int, int, int]


def state_of(file: Path) -> State | None:
    """Return what tells one state of a file from another; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
