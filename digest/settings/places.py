"""Finds a setting in the text of its file, which the TOML parser does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")

_KEY = re.compile(r"""\s*([\w-]+|"[^"]*"|'[^']*')\s*(?:\.[^=]*)?=""")


def line_of(file: Path, names: Sequence[str]) -> int | None:
    """Return the line (from 1) of the key that ``names`` lead to, or its table's; None if it is not told.

    Of two tables of one name, as ``[[panel.reviewers]]`` are, the first that has the key is meant.
    """
    try:
        lines = file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return None
    wanted = [name for name in names if not name.isdigit()]
    inside: list[str] = []
    table, depth = None, 0
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            inside = [part.strip().strip("\"'") for part in header[1].split(".")]
            if inside == wanted[: len(inside)] and len(inside) > depth:
                table, depth = number, len(inside)
        elif inside == wanted[: len(inside)] and _key(line) in wanted[len(inside) : len(inside) + 1]:
            return number
    return table


def _key(line: str) -> str:
    """Return the first part of the key a line sets, "" for any other line."""
    found = _KEY.match(line)
    return found[1].strip("\"'") if found else ""
