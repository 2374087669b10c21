from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.values import Community, Take, Tool
from digest.db import Database
from digest.errors import NotFound
from tests.pagetext import lantern, loupe

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = date(2026, 11, 17)


def add(session: Session, *tools: Tool) -> list[int]:
    rows = [store.add_tool(session, replace(tool, published_on=DAY), "page.txt", NOW) for tool in tools]
    session.flush()
    return [row.id for row in rows]


def numbered(count: int) -> list[Tool]:
    return [replace(lantern(), name=f"Lamp {number:03}", slug=f"lamp-{number:03}") for number in range(count)]


def test_a_tool_comes_back_as_it_was_stored(session: Session) -> None:
    tool = lantern(community=Community(78, 50), published_on=DAY)
    add(session, tool)
    session.expire_all()
    assert store.load_tool(session, "lantern") == tool


def test_a_tool_that_is_not_there_is_named(session: Session) -> None:
    with pytest.raises(NotFound, match="there is no tool lamp; digest catalogue list shows them all"):
        store.load_tool(session, "lamp")


def test_tools_are_found_by_id_and_slug_and_mapped_either_way(session: Session) -> None:
    one, other = add(session, lantern(), loupe())
    assert store.slugs_by_id(session, [one, other, 99]) == {one: "lantern", other: "loupe"}
    assert store.ids_by_slug(session, ["loupe", "lamp"]) == {"loupe": other}
    assert [tool.slug for tool in store.load_tools(session, ids=[other], slugs=["lantern", "loupe"])] == [
        "lantern",
        "loupe",
    ]
    assert store.load_tools(session) == []


def test_comparisons_keep_their_order_and_both_tools_know_of_them(session: Session) -> None:
    one, other = add(session, lantern(), loupe())
    assert store.add_comparisons(session, [(other, one, "a.txt"), (other, one, "b.txt")]) == 1
    session.flush()
    assert store.add_comparisons(session, [(other, one, "c.txt")]) == 0
    assert store.compared_pairs(session) == {("loupe", "lantern")}
    assert store.load_tool(session, "lantern").compared_with == ("loupe",)
    assert store.load_tool(session, "loupe").compared_with == ("lantern",)
    assert store.sources(session) == ["a.txt", "page.txt"]


def test_pages_go_through_all_tools_once(session: Session) -> None:
    add(session, *numbered(7))
    slugs: list[str] = []
    while page := store.listing_page(session, slugs[-1] if slugs else None, 3):
        assert len(page) <= 3
        slugs += [tool.slug for tool in page]
    assert slugs == [f"lamp-{number:03}" for number in range(7)]


def test_many_tools_take_a_handful_of_queries(database: Database) -> None:
    with database.writing() as session:
        ids = add(session, *numbered(60))
        store.add_comparisons(session, [(one, other, "p") for one, other in pairwise(ids)])
    statements: list[str] = []
    with database.reading() as session:
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        tools = store.load_tools(session, ids=ids)
    assert len(tools) == 60
    assert sum(statement.startswith("SELECT") for statement in statements) <= 4


def test_a_take_is_rewritten_in_place_when_its_reviewer_stays(session: Session) -> None:
    tool = lantern(published_on=DAY)
    add(session, tool)
    [row] = store.rows_named(session, [], ["lantern"])
    swapped = replace(
        tool,
        takes=(
            Take("Builder", tool.takes[1].text),
            Take("Skeptic", tool.takes[0].text),
            Take("Guest", "Hm."),
        ),
    )
    store.update_tool(row, swapped, "other.txt", NOW)
    session.flush()
    session.expire_all()
    assert store.load_tool(session, "lantern") == swapped


def test_pages_and_names_are_found_by_index(session: Session) -> None:
    def plan(query: str) -> str:
        return " ".join(
            str(row) for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
        )

    assert "INDEX" in plan("SELECT * FROM tool WHERE slug > 'a' ORDER BY slug LIMIT 10")
    assert "ix_tool_name_key" in plan("SELECT * FROM tool WHERE name_key IN ('a', 'b')")
