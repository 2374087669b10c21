"""How alike two tools are: the share of words that their taglines and descriptions have in common. Pure.

It looks at one pair only, never at how rare a word is elsewhere, so that no other tool changes the answer.
Imports numpy and rapidfuzz, so import it where it is needed and not at a command's start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from digest.catalogue.values import Tool

# Words are compared by their beginning, so that "transcribes" and "transcripts" are one.
_STEM = 5
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    _WORD.findall(
        """
        a about after all also an and any are as at be but by can does each every for from get has have how
        in into is it its like made make makes more most new no not of off on one only or other our out own
        over so some than that the their them then they this to up use used uses using via was way we what
        when where which who will with without you your
        """
    )
)


def stems(tool: Tool) -> list[str]:
    """Return what is compared of a tool: its words but the commonest, cut short, once each, sorted."""
    text = f"{tool.tagline or ''} {tool.description or ''}".casefold()
    return sorted({word[:_STEM] for word in _WORD.findall(text) if word not in _COMMON})


def likeness(rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """Return how like each row's ``stems`` are to each column's, from 0 (no word shared) to 1 (all).

    It is Dice's coefficient, twice the shared words over the words of both: for sorted words without
    repetition that is the normalised Indel similarity, which rapidfuzz has for whole matrices.
    Whoever has no words is like nobody.
    """
    if not rows or not columns:
        return np.zeros((len(rows), len(columns)), dtype=np.float32)
    alike: NDArray[np.float32] = cdist(rows, columns, scorer=Indel.normalized_similarity, dtype=np.float32)
    # Two empty texts count as equal there.
    alike[[not words for words in rows]] = 0
    return alike
