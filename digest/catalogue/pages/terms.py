"""A card's figures written as a list or table of terms: ``<dt>Entry</dt><dd>Free</dd>``. Pure.

There the label comes first; the text form, and so the reader, has it below its figure.
"""

from __future__ import annotations

from digest.catalogue.pages.lines import Line
from digest.catalogue.pages.runs import is_card_label

_TERMS = {"dt", "th"}
_VALUES = {"dd", "td"}
_GROUPS = {"div", "dl", "tr"}
TERM_TAGS = _TERMS | _VALUES | _GROUPS


class Terms:
    """Follows those elements of a page that are in ``TERM_TAGS``, and mends the order of its ``lines``.

    A label that has one value is put behind it; one that has two is a row of the decision table, and stays.
    """

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._term_at = 0
        self._label_at: int | None = None
        self._values = 0
        self._in_values = 0

    def enter(self, tag: str) -> None:
        """Take note of an element that begins."""
        if tag in _TERMS:
            self._settle()
            self._term_at = len(self._lines)
        elif tag in _VALUES:
            self._values += 1
            self._in_values += 1

    def leave(self, tag: str) -> None:
        """Take note of an element that ends, its lines being there."""
        if tag in _TERMS:
            is_label = self._term_at + 1 == len(self._lines) and is_card_label(self._lines[-1].text)
            self._label_at = self._term_at if is_label else None
            self._values = 0
        elif tag in _VALUES:
            self._in_values -= 1
        elif tag in _GROUPS and not self._in_values:
            self._settle()

    def _settle(self) -> None:
        if self._label_at is not None and self._values == 1:
            self._lines.append(self._lines.pop(self._label_at))
        self._label_at = None
