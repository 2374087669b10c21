"""What other rooms keep of a reader, and the categories a reader may choose among."""

from __future__ import annotations

from sqlalchemy import text

from digest.db import Database
from jobs.keeping import categories, deliveries_of, kept_elsewhere
from tests.factories import tool
from tests.stock import stock_tools


def test_the_categories_are_those_of_the_tools_once_each_in_order(database: Database) -> None:
    with database.writing() as session:
        assert list(categories(session)) == []
        named = (("A", "Code"), ("B", "Chat"), ("C", "Code"), ("D", None))
        stock_tools(session, *(tool(name, category=category) for name, category in named))
        assert list(categories(session)) == ["Chat", "Code"]


def test_of_nobody_nothing_is_kept(database: Database) -> None:
    with database.reading() as session:
        assert kept_elsewhere(session, "nobody", 0) == {"votes": [], "saved": [], "deliveries": []}


def test_a_readers_deliveries_are_found_by_index(database: Database) -> None:
    query = deliveries_of(7, [1, 2, 3]).compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        plan = [str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH delivery USING INDEX")
    assert "issue_id=? AND reader_id=?" in plan[0]
