"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest.errors import DigestError


class CannotWrite(DigestError):
    """The file cannot be written there."""


class WholeFile:
    """A text file (UTF-8) that appears under its name when it is closed and kept, complete, and not before.

    It is readable by its owner only, since it holds addresses. Raises CannotWrite.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._draft = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.part")
        self._file: IO[str] | None = None

    def open(self) -> IO[str]:
        """Return the file to write to; the same one every time."""
        if self._file is None:
            try:
                self._draft.touch(mode=0o600)
                self._file = self._draft.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise CannotWrite(f"cannot write {self.path}: {error.strerror}") from None
        return self._file

    def close(self, *, keep: bool) -> None:
        """Put the file in its place, or throw away what was written; a file never opened is not made."""
        if self._file is None:
            return
        try:
            if keep:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if keep:
                self._draft.replace(self.path)
        except OSError as error:
            raise CannotWrite(f"cannot write {self.path}: {error.strerror}") from None
        finally:
            self._draft.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str) -> Iterator[IO[str]]:
    """Give a file to write to; when the block ends well it is there whole, else not at all."""
    file, done = WholeFile(path), False
    try:
        yield file.open()
        done = True
    finally:
        file.close(keep=done)
