"""Text cut and set so that it stays whole: excerpts, names in either writing direction, numbers. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TO_TEN = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TEENS = (
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_NUMBERS = (*_TO_TEN, *_TEENS, "twenty")
_SENTENCE_END = re.compile(r"(?<!\b\w)[.!?…]['\")\]’”]*(?=\s)|[。！？]")
_RIGHT_TO_LEFT = {"R", "AL", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI"}


def excerpt(text: str, limit: int) -> str:
    """Return ``text`` if it has at most ``limit`` characters, else its beginning and "…", within the limit.

    The cut comes after a sentence if that keeps more than half, else after a word, else between two
    characters as a reader sees them: never inside an emoji sequence or before a combining mark.
    """
    if len(text) <= limit:
        return text
    sentence = max((match.end() for match in _SENTENCE_END.finditer(text, 0, limit - 2)), default=0)
    if sentence > limit // 2:
        return f"{text[:sentence]} …"
    space = max((match.start() for match in re.finditer(r"\s", text[:limit])), default=0)
    cut = space if space > limit // 2 else _character_end(text, limit - 1)
    return text[:cut].rstrip(" ,;:–—-(") + "…"


def number(count: int) -> str:
    """Return a count as a person writes it: in words to twenty, then in figures."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def counted(count: int, what: str) -> str:
    """Return "1 reader", or "1,200 readers": in figures, for ``what`` that takes an s."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def part_of(count: int, whole: int) -> str:
    """Return "three of four", or "3 of 44": both in words or both in figures."""
    if whole < len(_NUMBERS):
        return f"{number(count)} of {number(whole)}"
    return f"{count:,} of {whole:,}"


def initials(name: str, most: int = 2) -> str:
    """Return the first letters of a name's first and last word in capitals, "·" where it has none.

    With ``most=1`` that of the first word alone.
    """
    letters = [next(filter(str.isalnum, word)) for word in name.split() if any(map(str.isalnum, word))]
    kept = letters[:1] if most == 1 else letters[:1] + letters[1:][-1:]
    return "".join(letter.upper()[:1] for letter in kept) or "·"


def isolated(name: str) -> str:
    """Return ``name`` so that right-to-left letters in it leave the words around it in place.

    Wrapped in U+2068 and U+2069 (Unicode TR 9, 2.4.2), where it has such letters or overrides; else as it is.
    """
    directions = {unicodedata.bidirectional(char) for char in name}
    return f"\u2068{name}\u2069" if directions & _RIGHT_TO_LEFT else name


def _character_end(text: str, cut: int) -> int:
    """Return the last place at or before ``cut`` where one visible character ends and the next begins."""
    while 0 < cut < len(text) and _joined(text, cut):
        cut -= 1
    return cut


def _joined(text: str, place: int) -> bool:
    """Whether the characters before and after ``place`` belong together (after Unicode TR 29, 3.1.1)."""
    before, after = text[place - 1], text[place]
    if after in "\u200c\u200d" or before == "\u200d" or unicodedata.category(after).startswith("M"):
        return True
    if 0x1F3FB <= ord(after) <= 0x1F3FF or 0xE0020 <= ord(after) <= 0xE007F:
        return True
    if not _is_flag_half(before) or not _is_flag_half(after):
        return False
    start = place
    while start and _is_flag_half(text[start - 1]):
        start -= 1
    return (place - start) % 2 == 1


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def first_twice(words: Iterable[str]) -> str | None:
    """Return the first word that has been there before, or None; in time that grows with the words alone."""
    met: set[str] = set()
    for word in words:
        if word in met:
            return word
        met.add(word)
    return None
