"""How long readers wait at the door while an issue starts: freezing an audience of many segments."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import insert

from digest.db import Database
from digest.issues.rows import IssueRow
from jobs.deliveries.audience import freeze_audience
from jobs.deliveries.hours import first_try
from jobs.migrations import upgrade
from subscribers.audience import audience_select, hours, segments
from subscribers.rows import SubscriberRow

READERS, SEGMENTS = 100_000, 50
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ZONES = sorted(available_timezones())


def reader(number: int) -> dict[str, object]:
    """A reader: one of SEGMENTS, every third with an hour, half of those in a zone of their own."""
    address = f"reader{number}@example.com"
    return {
        "public_id": str(number),
        "address": address,
        "address_key": address,
        "status": "confirmed",
        "joined_at": NOW,
        "language": "de" if number % 2 else "en",
        "interests": f"Category {number % SEGMENTS // 2:02d}",
        "every_weeks": 4 if number % 10 == 0 else 1,
        "hour": number % 24 if number % 3 == 0 else None,
        "zone": ZONES[number % len(ZONES)] if number % 2 else None,
    }


def fill(database: Database) -> int:
    """Store the readers and an issue; return its id."""
    upgrade(database)
    with database.writing() as session:
        session.execute(insert(SubscriberRow), [reader(number) for number in range(READERS)])
        issue = IssueRow(newsletter="weekly", week="2026-W47", status="sending", seed=1, built_at=NOW)
        session.add(issue)
        session.flush()
        return issue.id


def measure(database: Database) -> None:
    issue_id, start = fill(database), perf_counter()
    with database.writing() as session:
        chosen, due = segments(session, NOW, 0), hours(session, NOW, 0)
        editions = {one: number for number, one in enumerate(chosen, start=1)}
        times = {one: first_try(NOW, *one, ZoneInfo("UTC")) for one in due}
        known = perf_counter()
        readers = freeze_audience(session, issue_id, audience_select(NOW, 0), NOW, editions, times)
    end = perf_counter()
    print(
        f"{readers:,} deliveries, {len(chosen)} segments, {len(due):,} hours: "
        f"choices {known - start:.2f} s, deliveries {end - known:.2f} s"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Database(sys.argv[1]))
    else:
        with TemporaryDirectory() as folder:
            measure(Database(f"sqlite:///{Path(folder, 'bench.db')}"))
