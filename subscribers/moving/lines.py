"""A file of bytes as lines of text: UTF-8, UTF-16 or Windows-1252, told apart and never mixed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST = 65_536
_BLOCK = 65_536
_UNDECODED = re.compile("[\udc80-\udcff]")
_WINDOWS = "Windows-1252"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Bytes(Protocol):
    """A binary file, as far as an import reads it."""

    def read(self, size: int, /) -> bytes:
        """Return the next ``size`` bytes, fewer only at the end."""


class BadLine(Exception):
    """A line that cannot be read; the file goes on after it."""


class Lines:
    r"""The lines of a file, each ending in ``\n`` whatever the file has (``\r\n``, a bare ``\r``).

    ``letters`` says how letters outside ASCII are read, as far as any came: None, UTF-8, UTF-16 or
    Windows-1252. ``number`` is the last line given, from 1; ``read`` counts the bytes taken from the file.
    Only a part of the file is in memory at any time. Taking the next line raises BadLine for one that is too
    long, has a NUL, or is in another encoding than those before it.
    """

    def __init__(self, file: Bytes) -> None:
        head = file.read(_BLOCK)
        encoding = _encoding(head)
        self._raw = _Replayed(head, file)
        self._text = io.TextIOWrapper(
            io.BufferedReader(self._raw, _BLOCK),
            encoding,
            errors="replace" if encoding.startswith("utf-16") else "surrogateescape",
            newline=None,
        )
        self.letters: str | None = "UTF-16" if encoding.startswith("utf-16") else None
        self.number = 0

    @property
    def read(self) -> int:
        return self._raw.count

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST:
            while (rest := self._text.readline(LONGEST)) and not rest.endswith("\n"):
                pass
            raise BadLine(f"the line has more than {LONGEST:,} characters")
        if "\0" in line:
            raise BadLine("the line has a NUL character; this is not text")
        return line if line.isascii() else self._decoded(line)

    def _decoded(self, line: str) -> str:
        """Return a line with letters outside ASCII; all of them in a file must be of one encoding."""
        if self.letters == "UTF-16":
            if "\ufffd" in line:
                raise BadLine("the line is not UTF-16, as the file's first bytes say")
            return line
        if not _UNDECODED.search(line):
            if self.letters == _WINDOWS:
                raise BadLine(
                    "the line is UTF-8, but lines before it are Windows-1252; save the file as UTF-8"
                )
            self.letters = "UTF-8"
            return line
        if self.letters == "UTF-8":
            raise BadLine("the line is not UTF-8, but lines before it are; save the file as UTF-8")
        try:
            text = line.encode("utf-8", "surrogateescape").decode("cp1252")
        except UnicodeDecodeError:
            raise BadLine("the line is neither UTF-8 nor Windows-1252; save the file as UTF-8") from None
        self.letters = _WINDOWS
        return text


def _encoding(head: bytes) -> str:
    """Return the codec for a file that begins so. Where UTF-16 has no mark, its zero bytes tell."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = (head[first:200:2].count(0) for first in (0, 1))
    many = len(head[:200]) // 4
    if not even and odd > many:
        return "utf-16-le"
    return "utf-16-be" if not odd and even > many else "utf-8"


class _Replayed(io.RawIOBase):
    """A file from which the first bytes were already taken; counts what is read."""

    def __init__(self, head: bytes, rest: Bytes) -> None:
        self._head, self._rest, self.count = head, rest, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        taken = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(view) :]
        view[: len(taken)] = taken
        self.count += len(taken)
        return len(taken)
