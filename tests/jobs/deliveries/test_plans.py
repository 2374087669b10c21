"""Freezing an audience reads no table from end to end. SQLite's words on a plan, so on SQLite alone."""

from __future__ import annotations

import sqlite3

from sqlalchemy import event

from tests.jobs.deliveries.test_audience import NOW, frozen
from tests.jobs.mailing import Mailing


def test_freezing_finds_readers_and_their_choices_by_index(mailing: Mailing) -> None:
    plans: list[str] = []

    def explain(cursor: sqlite3.Cursor, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if statement.startswith("INSERT INTO delivery"):
            found = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in found)

    event.listen(mailing.database.engine, "do_execute", explain)
    frozen(mailing, {("de", ""): 1}, {(1, None): NOW}, turn=0)
    plan = "\n".join(plans)
    assert "SEARCH subscriber USING INDEX ix_subscriber_status" in plan
    assert "SEARCH chosen_edition" in plan
    assert "SEARCH chosen_time" in plan
    assert "SCAN" not in plan
