"""The desk's word on a tool: pinned, embargoed, excluded. What the tool's source says is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.values import Tool

Mark = str | bool | date | None


def mark(session: Session, slug: str, marks: Mapping[str, Mark], now: datetime) -> Tool:
    """Put marks, as field of DESK → value, on a tool and return it; raise NotFound.

    The tool's source stays who it was, so that its file is still known for its file.
    """
    tool = store.load_tool(session, slug)
    [row] = store.rows_named(session, [], [slug])
    values: dict[str, Any] = dict(marks)
    marked = replace(tool, **values)
    if marked != tool:
        store.update_tool(row, marked, row.source, now)
    return marked
