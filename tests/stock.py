"""Puts values straight into the tables, for tests that are about what comes after."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from digest.catalogue.rows import TakeRow, ToolRow
from digest.catalogue.values import Tool, name_key
from digest.clock import FixedClock
from subscribers.addresses import parse_address
from subscribers.joining import add_reader
from tests.factories import FRIDAY, tool

KEYS = ("a secret for tests only",)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def stock_tools(session: Session, *tools: Tool) -> None:
    """Store tools as an import would."""
    for one in tools:
        session.add(
            ToolRow(
                slug=one.slug,
                name=one.name,
                name_key=name_key(one.name),
                category=one.category,
                tagline=one.tagline,
                description=one.description,
                published_on=one.published_on or FRIDAY,
                source="test",
                imported_at=NOW,
                updated_at=NOW,
                takes=[
                    TakeRow(
                        position=place,
                        reviewer=take.reviewer,
                        score=take.score,
                        verdict=take.verdict,
                        text=take.text,
                    )
                    for place, take in enumerate(one.takes)
                ],
            )
        )
    session.flush()


def stock_pair(session: Session, left: str = "Loupe", right: str = "Lantern") -> None:
    """Store two tools that make a matchup."""
    stock_tools(session, tool(left, 88, 78, 82, 52), tool(right, 88, 82, 85, 79))


def stock_readers(session: Session, count: int) -> list[str]:
    """Store confirmed readers; return their addresses."""
    addresses = [f"reader{number:03d}@example.com" for number in range(count)]
    for address in addresses:
        add_reader(session, parse_address(address), name=None, clock=FixedClock(NOW), keys=KEYS)
    return addresses
