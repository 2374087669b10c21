"""A file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from tempfile import mkstemp
from typing import IO

from digest.errors import DigestError


class CannotWrite(DigestError):
    """The file cannot be written there."""


class WholeFile:
    """A text file (UTF-8) that appears under its name when it is closed and kept, complete, and not before.

    It holds addresses: only its owner may read it, and a process that is killed leaves nothing of it behind,
    since it has no name until it is whole (where the file system can do that, as all usual ones on Linux).
    Raises CannotWrite.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._folder = Path(path).parent
        self._file: IO[str] | None = None
        self._draft: Path | None = None

    def open(self) -> IO[str]:
        """Return the file to write to; the same one every time."""
        if self._file is None:
            with self._telling():
                self._file = os.fdopen(self._begin(), "w", encoding="utf-8", newline="")
        return self._file

    def close(self, *, keep: bool) -> None:
        """Put the file in its place, or throw away what was written; a file never opened is not made."""
        if self._file is None:
            return
        with self._telling():
            try:
                if keep:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                    self._name()
                self._file.close()
                if keep and self._draft is not None:
                    self._draft.replace(self.path)
            finally:
                if self._draft is not None:
                    self._draft.unlink(missing_ok=True)

    def _begin(self) -> int:
        try:
            return os.open(self._folder, os.O_TMPFILE | os.O_RDWR, 0o600)
        except OSError as error:
            # What a file system says that cannot (open(2)).
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT):
                raise
        number, name = mkstemp(dir=self._folder, prefix=".", suffix=".part")
        self._draft = Path(name)
        return number

    def _name(self) -> None:
        """Give a draft that has no name one, since a link cannot take the place of a file that is there."""
        if self._file is None or self._draft is not None:
            return
        draft = self._folder / f".{token_urlsafe(16)}.part"
        files = os.open("/proc/self/fd", os.O_RDONLY)
        try:
            os.link(str(self._file.fileno()), draft, src_dir_fd=files)
        finally:
            os.close(files)
        self._draft = draft

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotWrite(f"cannot write {self.path}: {error.strerror}") from None


@contextmanager
def whole_file(path: str) -> Iterator[IO[str]]:
    """Give a file to write to; when the block ends well it is there whole, else not at all."""
    file, done = WholeFile(path), False
    try:
        yield file.open()
        done = True
    finally:
        file.close(keep=done)
