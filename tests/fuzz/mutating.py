"""Inputs that nobody would write: valid ones bent and broken, and noise. A seed always gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

# Where readers stumble: ends of ranges, breaks of lines, what looks like nothing, half of a character.
_ODD = (
    *(
        b"",
        b"\0",
        b"\n",
        b"\r\n",
        b"\t",
        b" ",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xff",
    ),
    *(
        b"-1",
        b"0",
        b"101",
        b"1e999",
        b"NaN",
        b"9" * 400,
        b"0x10",
        b"2026-02-30",
        b"9999-12-31",
        b"\xd9\xa7\xd9\xa5%",
    ),
    *(sign.encode() for sign in "\u200b\u202e\u2028\u00a0\u0130ßﬀ\u0301👩\u200d💻\ufeff\U0010ffff—“”%·"),
    *(
        b'"',
        b"'",
        b"<",
        b">",
        b"&",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"%s",
        b"{{ 7*7 }}",
    ),
)
_LONGEST = 100_000
_HUGE = 2_500_000


class Mutator:
    """Makes inputs of one kind out of ``samples`` that are valid and ``tokens`` that mean something there."""

    def __init__(self, random: Random, samples: Sequence[bytes], tokens: Sequence[bytes]) -> None:
        self._random = random
        self._samples = samples
        self._tokens = (*tokens, *_ODD)
        self._changes = (
            self._flip,
            self._insert,
            self._insert,
            self._delete,
            self._double,
            self._cut,
            self._splice,
            self._swap_lines,
            self._lose_line,
            self._other_number,
            self._nest,
        )

    def __call__(self) -> bytes:
        """Return the next input."""
        chance = self._random.random()
        if chance < 0.05:
            return self._noise()
        if chance < 0.0505:
            return self._repeated(self._random.randrange(_LONGEST, _HUGE))
        data = self._random.choice(self._samples)
        # Mostly a change or two: what is broken in ten places is refused at the first.
        for _ in range(min(10, 1 + int(self._random.expovariate(0.7)))):
            data = self._random.choice(self._changes)(data)
        return data

    def _place(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def _slice(self, data: bytes, longest: int = 200) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + self._random.randint(1, longest))

    def _noise(self) -> bytes:
        kind = self._random.randrange(3)
        if kind == 0:
            return self._random.randbytes(self._random.randrange(300))
        if kind == 1:
            return b"".join(self._random.choices(self._tokens, k=self._random.randrange(60)))
        return self._repeated(self._random.randrange(_LONGEST))

    def _repeated(self, size: int) -> bytes:
        unit = b"".join(self._random.choices(self._tokens, k=self._random.randint(1, 3))) or b" "
        return unit * (size // len(unit))

    def _flip(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + bytes([self._random.randrange(256)]) + data[place + 1 :]

    def _insert(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + self._random.choice(self._tokens) + data[place:]

    def _delete(self, data: bytes) -> bytes:
        start, end = self._slice(data)
        return data[:start] + data[end:]

    def _double(self, data: bytes) -> bytes:
        start, end = self._slice(data)
        return data[:end] + data[start:end] * self._random.randint(1, 3) + data[end:]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._samples)
        return data[: self._place(data)] + other[self._place(other) :]

    def _swap_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        one, other = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return b"\n".join(lines)

    def _lose_line(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        del lines[self._random.randrange(len(lines))]
        return b"\n".join(lines)

    def _other_number(self, data: bytes) -> bytes:
        digits = [place for place, byte in enumerate(data) if 0x30 <= byte <= 0x39]
        if not digits:
            return data
        place = self._random.choice(digits)
        return data[:place] + self._random.choice((b"", b"-", b"9" * 30, b".5", b"e9")) + data[place + 1 :]

    def _nest(self, data: bytes) -> bytes:
        place = self._place(data)
        deep = self._random.choice(self._tokens) * self._random.choice((10, 300, 5_000))
        return data[:place] + deep[:_LONGEST] + data[place:]
