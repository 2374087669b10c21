"""The decision table of the labelled layout: rows of a label and two values."""

from __future__ import annotations

from dataclasses import dataclass

from digest.catalogue.pages.lines import Line, PageText
from digest.catalogue.values import name_key

TABLE = "Decision"
ROW_LABELS = ("Panel verdict", "Community", "Pricing", "Best for", "Category")

Cells = tuple[Line | None, Line | None]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """The rows by label in lower case; a cell is None where nothing is stated."""

    rows: dict[str, Cells]
    warnings: tuple[str, ...] = ()

    def cell(self, label: str, side: int) -> Line | None:
        """Return one cell, ``side`` 0 for left; a row the page does not have states nothing."""
        return self.rows.get(label.casefold(), (None, None))[side]


def read_decision(page: PageText, start: int, end: int, names: tuple[str, str]) -> DecisionTable:
    """Return the table whose head, both names, begins at ``start``.

    Raises BadInput with the line where the names are not those of the cards or a row is not as expected.
    """
    for place, name in enumerate(names, start):
        if place >= end or name_key(page.lines[place].text) != name_key(name):
            raise page.refusal(f"expected “{name}” in the table's head, found {page.found(place)}", place)
    rows: dict[str, Cells] = {}
    warnings = []
    at = start + 2
    while at < end:
        label = page.lines[at]
        if not _is_label(page, at) or label.text.casefold() in rows:
            raise page.refusal(f"expected {', '.join(ROW_LABELS)} once each, found {page.found(at)}", at)
        after = _row_end(page, at, end)
        cells = page.lines[at + 1 : after]
        if len(cells) == 1:
            warnings.append(
                f"{page.source}:{label.number}: {label.text} has one value for two tools; "
                "whose it is the page does not say, so it is left out"
            )
        both = len(cells) == 2
        rows[label.text.casefold()] = (_stated(cells[0]), _stated(cells[1])) if both else (None, None)
        at = after
    return DecisionTable(rows, tuple(warnings))


def _row_end(page: PageText, at: int, end: int) -> int:
    """Return where the row at ``at`` ends. Two values are tried first: one of them may read like a label."""
    for after in (at + 3, at + 1, at + 2):
        if after == end or (after < end and _is_label(page, after)):
            return after
    return at + 3


def _is_label(page: PageText, place: int) -> bool:
    return any(page.lines[place].says(label) for label in ROW_LABELS)


def _stated(line: Line) -> Line | None:
    return line if line.stated else None
