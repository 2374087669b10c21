"""Cells of a CSV file that a spreadsheet will open: none may run as a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def inert(cell: str) -> str:
    """Return the cell with a ``'`` in front if a spreadsheet would run it (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def typed(cell: str) -> str:
    """Return a cell as it was before ``inert``, so that what was exported can be imported again."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
