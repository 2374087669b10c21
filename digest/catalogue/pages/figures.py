"""The small phrases in which a page prints figures: percentages, scores, counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.catalogue.values import Verdict

_SEPARATOR = r"\s*[·•|–—-]\s*"
_PERCENT = re.compile(r"(\d{1,3})\s*%", re.ASCII)
# Loose on purpose: what looks like a score is one, so that a wrong one is refused and not taken for text.
_SCORE = re.compile(rf"(\S+?)\s*/\s*100(?:{_SEPARATOR}(.{{0,20}}))?")
_WHOLE_SCORE = re.compile(rf"\d{{1,3}}\s*/\s*100{_SEPARATOR}(?:ship|skip)", re.ASCII | re.IGNORECASE)
_COUNTS = re.compile(
    rf"(?:(\w+){_SEPARATOR})?(\d{{1,9}})\s*ships?\s*/\s*(\d{{1,9}})\s*skips?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Counts:
    """``3 ship / 1 skip``, with the verdict in front of it, in lower case, if there was one."""

    ships: int
    skips: int
    word: str | None = None

    @property
    def percent(self) -> int | None:
        """The share that ships, 0-100; None without a vote."""
        total = self.ships + self.skips
        return (200 * self.ships + total) // (2 * total) if total else None


def percent_in(text: str) -> int | None:
    """Return 0-100 from ``75%``; None if the text is anything else."""
    match = _PERCENT.fullmatch(text)
    return int(match[1]) if match and int(match[1]) <= 100 else None


def counts_in(text: str) -> Counts | None:
    """Return the counts from ``Ship · 3 ship / 1 skip`` or ``12 ship / 3 skip``; None for anything else."""
    match = _COUNTS.fullmatch(text)
    if not match:
        return None
    return Counts(int(match[2]), int(match[3]), match[1].casefold() if match[1] else None)


def looks_like_score(text: str) -> bool:
    """Whether the text is a score line, right or wrong."""
    return _SCORE.fullmatch(text) is not None


def score_end(text: str, start: int) -> int | None:
    """Return where the score with its verdict ends that begins at ``start`` of a longer text, if one does."""
    match = _WHOLE_SCORE.match(text, start)
    return match.end() if match else None


def score_in(text: str) -> tuple[int, Verdict]:
    """Return score and verdict from ``88/100 · ship``; raise ValueError saying what was expected instead."""
    match = _SCORE.fullmatch(text)
    if not match:
        raise ValueError(f"expected a score like 88/100 · ship, found “{text[:40]}”")
    if not re.fullmatch(r"\d{1,3}", match[1], re.ASCII) or int(match[1]) > 100:
        raise ValueError(f"expected a score from 0 to 100, found “{match[1]}”")
    try:
        verdict = Verdict((match[2] or "").strip().casefold())
    except ValueError:
        verdict = Verdict.SPLIT
    if verdict is Verdict.SPLIT:
        raise ValueError(f"expected ship or skip after the score, found “{match[2] or ''}”")
    return int(match[1]), verdict
