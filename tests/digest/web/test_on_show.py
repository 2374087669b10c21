"""Which tools have a page, and what a page says of an issue that went out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from digest.catalogue import store as catalogue
from digest.catalogue.values import Tool
from digest.db import Database
from digest.issues.values import IssueContent, Matchup, Sponsor
from digest.web.archive import listed_tools, open_tools
from digest.week import Week
from tests.digest.web.publishing import LANTERN, LOUPE, WENT_OUT, freeze_issue, publish, site
from tests.factories import PANEL, tool

TODAY = WENT_OUT.date()
SECRET = tool("Secret", 80, 80, embargoed_until=TODAY + timedelta(days=1))
BARRED = tool("Barred", 80, 80, excluded="a copy of Loupe")
DRAFT = tool("Draft", takes=())
OUT = tool("Out", 80, 80, embargoed_until=TODAY)
STATED = tool("Stated", takes=(), stated_percent=75)


@pytest.fixture
def client(database: Database) -> TestClient:
    """A site with an archive, and beside it tools that the desk keeps back."""
    publish(database)
    add(database, SECRET, BARRED, DRAFT, OUT, STATED)
    return TestClient(site(database), raise_server_exceptions=False, follow_redirects=False)


def add(database: Database, *tools: Tool) -> None:
    with database.writing() as session:
        for one in tools:
            catalogue.add_tool(session, one, "test", WENT_OUT)


def keep_back(database: Database, slug: str) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE tool SET excluded = 'withdrawn' WHERE slug = :slug"), {"slug": slug})


@pytest.mark.parametrize("slug", ["secret", "barred", "draft"])
def test_what_the_desk_keeps_back_has_no_page_anywhere(client: TestClient, slug: str) -> None:
    listed = html.fromstring(client.get("/tools/").text).xpath("//ul[@class='index']//a/@href")

    assert f"/tools/{slug}" not in listed
    for path in (f"/tools/{slug}", f"/compare/{slug}-vs-loupe", f"/compare/loupe-vs-{slug}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert slug.capitalize() not in answer.text


@pytest.mark.parametrize("slug", ["out", "stated"])
def test_a_tool_whose_day_has_come_or_of_which_a_share_is_stated_is_shown(
    client: TestClient, slug: str
) -> None:
    assert f"/tools/{slug}" in client.get("/tools/").text
    assert client.get(f"/tools/{slug}").status_code == 200
    assert client.get(f"/compare/{slug}-vs-loupe").status_code == 200


def test_a_category_of_nothing_but_drafts_is_not_there(client: TestClient, database: Database) -> None:
    add(database, tool("Early", takes=(), category="Early things"))

    assert client.get("/tools/?category=Early+things").status_code == 404


def test_what_an_issue_featured_keeps_its_pages_though_it_is_no_longer_listed(
    client: TestClient, database: Database
) -> None:
    keep_back(database, "loupe")

    assert "/tools/loupe" not in client.get("/tools/").text
    for path in ("/tools/loupe", "/compare/loupe-vs-lantern", "/issues/2026-W47", "/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Loupe" in answer.text


def test_a_tool_of_a_draft_issue_only_is_still_kept_back(client: TestClient, database: Database) -> None:
    keep_back(database, "sonar-vs-radar")
    assert client.get("/tools/sonar-vs-radar").status_code == 200

    with database.writing() as session:
        session.execute(text("UPDATE issue SET started_at = NULL WHERE week = '2026-W46'"))
    assert client.get("/tools/sonar-vs-radar").status_code == 404


def test_case_24_a_tools_own_page_is_linked_where_it_is_a_web_address(
    client: TestClient, database: Database
) -> None:
    add(
        database,
        tool("Linked", 80, link="https://linked.example/?a=1&b=2"),
        tool("Foul", 80, link="javascript:alert(1)"),
    )

    [link] = html.fromstring(client.get("/tools/linked").text).xpath("//a[starts-with(., 'Visit ')]")
    assert (link.text_content(), link.get("href")) == ("Visit Linked", "https://linked.example/?a=1&b=2")
    assert link.get("rel") == "noopener nofollow"
    foul = client.get("/tools/foul").text
    assert "Visit" not in foul
    assert "javascript" not in foul


FROZEN = IssueContent(Week(2026, 47), (Matchup(LOUPE, LANTERN),), "Loupe vs Lantern", "A preheader.", PANEL)


def reviewed(client: TestClient) -> str:
    page = html.fromstring(client.get("/compare/loupe-vs-lantern").text)
    return " ".join(page.xpath("string(//p[@class='kicker'])").split())


def test_a_comparison_names_the_issue_it_ran_in_and_tells_a_change_since(
    client: TestClient, database: Database
) -> None:
    assert reviewed(client) == "Reviewed in issue 2026-W47."
    with database.writing() as session:
        freeze_issue(session, "2026-W47", FROZEN)
    assert reviewed(client) == "Reviewed in issue 2026-W47."

    with database.writing() as session:
        session.execute(text("UPDATE tool SET tagline = 'Reads more now' WHERE slug = 'loupe'"))
    assert reviewed(client) == "Reviewed in issue 2026-W47; changed since."
    assert "Reads more now" in client.get("/compare/loupe-vs-lantern").text


def test_a_pair_that_never_ran_names_no_issue(client: TestClient) -> None:
    assert "Reviewed in" not in client.get("/compare/kiln-vs-lantern").text


def test_case_24_an_issue_shows_the_editors_words_and_its_sponsor_and_no_script(
    client: TestClient, database: Database
) -> None:
    sponsor = Sponsor(
        "Harbour", "From *[4 euros](https://harbour.example/price)*.", "https://harbour.example/"
    )
    intro = "Six **tools**.\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    with database.writing() as session:
        freeze_issue(session, "2026-W47", replace(FROZEN, intro=intro, sponsor=sponsor))

    page = html.fromstring(client.get("/issues/2026-W47").text)
    assert page.xpath("//div[@class='lede prose']/p[1]/strong/text()") == ["tools"]
    assert not page.xpath("//script | //a[starts-with(@href, 'javascript')]")
    [description] = page.xpath("//meta[@name='description']/@content")
    assert description.startswith("Six tools.")
    [block] = page.xpath("//aside[@class='sponsor']")
    assert " ".join(block.text_content().split()) == "Sponsored by Harbour From 4 euros. Visit Harbour"
    assert block.xpath(".//a/@href") == ["https://harbour.example/price", "https://harbour.example/"]
    assert set(block.xpath(".//a/@rel")) == {"sponsored noopener nofollow"}


def test_a_reviewer_has_a_disc_that_screen_readers_pass_over(client: TestClient, database: Database) -> None:
    add(database, tool("Guested", takes=(replace(LOUPE.takes[0], reviewer="Ana Ruiz"), LOUPE.takes[0])))

    discs = html.fromstring(client.get("/tools/guested").text).xpath("//*[@class='disc']")
    assert [disc.text_content() for disc in discs] == ["B", "AR"]
    assert {disc.get("aria-hidden") for disc in discs} == {"true"}
    assert discs[0].xpath("./circle/@fill") == ["#0b7285"]


def plan_of(database: Database, use: Callable[[Session], object]) -> list[str]:
    """Return SQLite's plan for what ``use`` asks."""
    steps: list[str] = []

    def explain(conn: object, cursor: Any, statement: str, parameters: object, *rest: object) -> None:
        del conn, rest
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in cursor.fetchall())

    with database.reading() as session:
        event.listen(database.engine, "before_cursor_execute", explain)
        use(session)
        event.remove(database.engine, "before_cursor_execute", explain)
    return steps


@pytest.mark.parametrize("after", [None, "loupe"])
@pytest.mark.parametrize(
    ("category", "index"),
    [(None, "ix_tool_published_on"), ("Developer Tools", "ix_tool_category_published_on_id")],
)
def test_a_page_of_tools_is_read_from_an_index_in_its_order(
    database: Database, category: str | None, index: str, after: str | None
) -> None:
    publish(database)
    steps = plan_of(database, lambda session: listed_tools(session, category, after, 50, today=TODAY))

    assert any(f"tool USING INDEX {index}" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step or step == "SCAN tool" for step in steps), steps


def test_whether_a_tool_has_a_page_is_found_without_reading_a_table(database: Database) -> None:
    steps = plan_of(database, lambda session: open_tools(session, [1, 2], TODAY))

    assert steps
    assert not any(step.startswith("SCAN") for step in steps), steps
