"""How the inline text of one block parts into lines: a score beside a name, a label beside its figure. Pure.

On the page a style sheet sets such spans apart; in the markup only their edges do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digest.catalogue.cleaning import is_visible, paragraph
from digest.catalogue.pages.cards import CARD_LABELS
from digest.catalogue.pages.decision import ROW_LABELS, TABLE
from digest.catalogue.pages.figures import score_end
from digest.catalogue.pages.lines import NO_TAKE

_CARD_LABELS = {label.casefold() for label in CARD_LABELS}
_ROW_LABELS = {label.casefold() for label in (TABLE, *ROW_LABELS)}
_PERCENT = re.compile(r"(\d{1,3}\s?%|[—–-])\s*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is to be seen of the text between two tags: where it begins and ends in the whole."""

    index: int
    start: int
    end: int


def parted(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines in ``texts``, the texts between the tags of one block, mostly one line.

    Each comes with the index of the text in which it begins. Only what the reader takes for a line of its own
    is parted: a score with its verdict, "No panel take", the foot of a card, a row of the table.
    """
    pieces = list(_pieces(texts)) if len(texts) > 1 else []
    whole = "".join(texts)
    if len(pieces) < 2:
        yield pieces[0].index if pieces else 0, whole
        return
    cuts = _cuts(whole, pieces)
    ends = sorted({pieces[0].start, *cuts, len(whole)})
    begun = iter(pieces)
    for start, end in pairwise(ends):
        if is_visible(whole[start:end]):
            yield next(piece.index for piece in begun if piece.end > start), whole[start:end]


def is_card_label(text: str) -> bool:
    """Whether the text is what stands below a figure on a card."""
    return paragraph(text).casefold() in _CARD_LABELS


def _pieces(texts: Sequence[str]) -> Iterator[_Piece]:
    at = 0
    for index, text in enumerate(texts):
        if is_visible(text):
            yield _Piece(index, at + len(text) - len(text.lstrip()), at + len(text.rstrip()))
        at += len(text)


def _cuts(whole: str, pieces: Sequence[_Piece]) -> Iterable[int]:
    """Return the places in ``whole`` where one line ends and another begins."""
    first, last = (paragraph(whole[piece.start : piece.end]) for piece in (pieces[0], pieces[-1]))
    if is_card_label(last):
        return _card_cuts(whole, pieces)
    if len(pieces) == 3 and first.casefold() in _ROW_LABELS:
        return [piece.start for piece in pieces]
    return _cell_cuts(whole, pieces)


def _cell_cuts(whole: str, pieces: Sequence[_Piece]) -> Iterator[int]:
    """Yield where scores, and "No panel take", begin and end that begin and end with a piece."""
    ends = {piece.end for piece in pieces}
    for piece in pieces:
        no_take = piece.start + len(NO_TAKE)
        is_no_take = whole[piece.start : no_take].casefold() == NO_TAKE.casefold()
        end = no_take if is_no_take else score_end(whole, piece.start)
        if end in ends:
            yield from (piece.start, end)


def _card_cuts(whole: str, pieces: Sequence[_Piece]) -> Iterator[int]:
    """Yield where labels begin and end, and percentages before them begin: before these is the verdict."""
    starts = {piece.start for piece in pieces}
    for piece in pieces:
        if not is_card_label(whole[piece.start : piece.end]):
            continue
        yield from (piece.start, piece.end)
        before = max(0, piece.start - 10)
        percent = _PERCENT.search(whole[before : piece.start])
        if percent and before + percent.start() in starts:
            yield before + percent.start()
