"""Tools through the API, as a program meets them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.catalogue import store
from digest.catalogue.cleaning import is_visible, paragraph
from digest.catalogue.json import tool_json
from digest.catalogue.values import Community
from digest.db import Database
from tests.digest.web.api.busy import held
from tests.factories import REVIEWERS, tool
from tests.stock import NOW

LOUPE: dict[str, Any] = {
    "name": "Loupe 2B",
    "category": "Developer Tools",
    "takes": [{"reviewer": "Builder", "score": 88, "verdict": "ship", "text": "It reads receipts."}],
}


def stock(database: Database, *names: str, **values: Any) -> None:
    with database.writing() as session:
        for name in names:
            store.add_tool(session, tool(name, 88, 78, 82, 52, **values), "test", NOW)


def test_a_tool_is_added_and_got_as_the_command_line_prints_it(
    client: TestClient, database: Database
) -> None:
    added = client.post("tools", json=LOUPE)

    assert added.status_code == 201
    assert added.headers["location"] == "/api/v1/tools/loupe-2b"
    got = client.get(f"http://testserver{added.headers['location']}")
    assert got.json() == added.json()
    assert got.headers["etag"] == added.headers["etag"]
    assert got.headers["cache-control"] == "private, no-cache"
    with database.reading() as session:
        record = store.load_record(session, "loupe-2b")
    assert got.json() == tool_json(record.tool)
    assert got.json()["panel"] == {"ships": 1, "skips": 0, "unknown": 0, "percent": 100, "verdict": "ship"}
    assert got.json()["published_on"] == "2026-11-20"
    assert record.source == "api:website"


def test_head_says_what_get_would_without_the_body(client: TestClient) -> None:
    client.post("tools", json=LOUPE)
    got, head = client.get("tools/loupe-2b"), client.head("tools/loupe-2b")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["etag"] == got.headers["etag"]


def test_a_slug_that_is_taken_is_a_conflict(client: TestClient) -> None:
    client.post("tools", json=LOUPE)
    answer = client.post("tools", json={"name": "Loupe 2b"})

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("there is a tool loupe-2b already")


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_stored(client: TestClient) -> None:
    answer = client.post(
        "tools",
        json={
            "name": "Loupe",
            "taglin": "Sees",
            "published_on": "2029-01-01",
            "takes": [
                {"reviewer": "Bilder", "score": 101, "text": "x"},
                {"reviewer": "Skeptic", "text": " "},
            ],
        },
    )

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = {error["where"]: error["message"] for error in answer.json()["errors"]}
    assert said["published_on"] == "2029-01-01 is more than a year ahead"
    assert said["taglin"] == "there is no such key; did you mean tagline?"
    assert said["takes[0].reviewer"] == "there is no reviewer “Bilder”; did you mean Builder?"
    assert {"takes[0].score", "takes[1].text"} < set(said)
    assert client.get("tools").json()["tools"] == []


def test_a_reviewer_has_one_take(client: TestClient) -> None:
    answer = client.post("tools", json={**LOUPE, "takes": LOUPE["takes"] * 2})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"where": "takes", "message": "Builder has more than one take"}]


@pytest.mark.parametrize("values", [{"panel_percent": "75"}, {"pinned": 1}, {"name": 5}, {"takes": {}}])
def test_texts_and_numbers_are_not_taken_for_each_other(client: TestClient, values: dict[str, Any]) -> None:
    answer = client.post("tools", json={**LOUPE, **values})

    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == list(values)


def test_put_adds_then_replaces_and_keeps_what_was_said_before(
    client: TestClient, database: Database
) -> None:
    added = client.put("tools/loupe", json=LOUPE)
    replaced = client.put("tools/loupe", json={"name": "Loupe 3B", "category": "Vision"})

    assert (added.status_code, added.headers["location"]) == (201, "/api/v1/tools/loupe")
    assert replaced.status_code == 200
    assert (replaced.json()["name"], replaced.json()["takes"]) == ("Loupe 3B", [])
    # What is stored is not what was sent, byte for byte (RFC 9110, section 9.3.4).
    assert "etag" not in {**added.headers, **replaced.headers}


def test_put_keeps_what_others_decide_on_unless_it_is_said(client: TestClient) -> None:
    client.put("tools/loupe", json={**LOUPE, "excluded": "twice here", "embargoed_until": "2026-12-24"})

    assert client.put("tools/loupe", json=LOUPE).json()["excluded"] == "twice here"
    said = client.put("tools/loupe", json={**LOUPE, "excluded": None}).json()
    assert (said["excluded"], said["embargoed_until"]) == (None, "2026-12-24")


def test_what_was_got_can_be_put_back_and_changes_nothing(client: TestClient, database: Database) -> None:
    guest = replace(tool("x", 70).takes[0], reviewer="A guest from before")
    stock(
        database,
        "Loupe",
        stated_percent=75,
        takes=(*tool("x", None).takes, guest),
        community=Community(percent=61),
        excluded="twice here",
    )
    with database.reading() as session:
        before = store.load_record(session, "loupe")

    put = client.put("tools/loupe", json=client.get("tools/loupe").json())

    assert put.status_code == 200
    assert put.json()["panel"]["percent"] == 75
    with database.reading() as session:
        assert store.load_record(session, "loupe") == before


def test_another_slug_in_the_body_is_a_conflict(client: TestClient) -> None:
    assert client.put("tools/loupe", json={**LOUPE, "slug": "lens"}).status_code == 409


def test_compared_with_names_tools_that_are_there(client: TestClient) -> None:
    client.post("tools", json={"name": "Lens"})

    paired = client.post("tools", json={**LOUPE, "compared_with": ["lens"]})
    alone = client.post("tools", json={"name": "Lamp", "compared_with": ["lantern"]})

    assert paired.json()["compared_with"] == ["lens"]
    assert client.get("tools/lens").json()["compared_with"] == ["loupe-2b"]
    assert alone.status_code == 409
    assert client.get("tools/lamp").status_code == 404


def test_a_tool_is_removed_with_its_takes(client: TestClient) -> None:
    client.post("tools", json=LOUPE)

    assert client.delete("tools/loupe-2b").status_code == 204
    assert client.get("tools/loupe-2b").status_code == 404
    assert client.delete("tools/loupe-2b").status_code == 404
    assert client.post("tools", json=LOUPE).status_code == 201


def test_a_tool_that_stands_in_an_issue_stays(client: TestClient, issue_of_two: tuple[str, str]) -> None:
    answer = client.delete(f"tools/{issue_of_two[0]}")

    assert answer.status_code == 409
    assert "stands in an issue" in answer.json()["detail"]
    assert client.get(f"tools/{issue_of_two[0]}").status_code == 200


def test_tools_are_listed_by_slug_page_by_page(client: TestClient, database: Database) -> None:
    stock(database, "Anvil", "Bellows", "Chisel")

    first = client.get("tools", params={"limit": 2}).json()
    second = client.get("tools", params={"limit": 2, "after": first["next"]}).json()

    assert [tool["slug"] for tool in first["tools"]] == ["anvil", "bellows"]
    assert ([tool["slug"] for tool in second["tools"]], second["next"]) == (["chisel"], None)


def test_tools_are_listed_by_category_and_by_waiting(client: TestClient, database: Database) -> None:
    stock(database, "Anvil", category="Forging")
    client.post("tools", json=LOUPE)

    assert [tool["slug"] for tool in client.get("tools?category=Forging").json()["tools"]] == ["anvil"]
    assert [tool["slug"] for tool in client.get("tools?waiting=true").json()["tools"]] == ["loupe-2b"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=many", "waiting=perhaps", "after=%00", "category=%00"]
)
def test_a_parameter_that_cannot_be_meant_is_named(client: TestClient, query: str) -> None:
    answer = client.get(f"tools?{query}")

    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("slug", ["lens", "Lens", "%00", "a%2Fb", "x" * 101, "..%2f..%2fetc"])
def test_an_unknown_or_impossible_slug_is_not_found(client: TestClient, slug: str) -> None:
    answer = client.get(f"tools/{slug}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_of_two_who_add_one_slug_at_once_one_is_told_of_a_conflict(server: str, key: str) -> None:
    together = threading.Barrier(8)

    def add(number: int) -> int:
        together.wait()
        return httpx.post(
            f"{server}/api/v1/tools",
            json={**LOUPE, "tagline": f"number {number}"},
            headers={"Authorization": f"Bearer {key}"},
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(add, range(8)))

    assert statuses == [201, *[409] * 7]


def test_a_busy_database_is_no_fault_and_nothing_is_half_stored(
    client: TestClient, database: Database
) -> None:
    with held(database):
        answer = client.post("tools", json=LOUPE)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["detail"].endswith("nothing was changed, try again in a moment")
    assert client.get("tools").json()["tools"] == []


TEXT = st.text(min_size=1, max_size=60).map(paragraph).filter(is_visible)
DAYS = st.dates(date(2001, 1, 1), date(2027, 11, 1)).map(date.isoformat)
TAKES = st.fixed_dictionaries(
    {
        "reviewer": st.sampled_from(REVIEWERS),
        "score": st.none() | st.integers(0, 100),
        "verdict": st.sampled_from([None, "ship", "skip"]),
        "text": TEXT,
    }
)
TOOLS = st.fixed_dictionaries(
    {
        "name": TEXT,
        **dict.fromkeys(
            ("category", "tagline", "description", "pricing", "entry", "best_for", "excluded"),
            st.none() | TEXT,
        ),
        # Left out it would be made from the pricing.
        "price_tier": TEXT,
        "link": st.none() | st.just("https://example.com/?q=%20&r=ü#x"),
        "published_on": DAYS,
        "embargoed_until": st.none() | DAYS,
        "pinned": st.booleans(),
        "community": st.none()
        | st.fixed_dictionaries({"ships": st.integers(1, 2**31 - 1), "skips": st.integers(0, 2**31 - 1)}),
        "takes": st.lists(TAKES, unique_by=lambda take: take["reviewer"], max_size=5),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=TOOLS)
def test_whatever_is_put_is_got(client: TestClient, said: dict[str, Any]) -> None:
    assert client.put("tools/any", json=said).status_code in (200, 201)

    got = client.get("tools/any").json()

    in_order = sorted(said["takes"], key=lambda take: REVIEWERS.index(take["reviewer"]))
    assert {key: got[key] for key in said} == {**said, "takes": in_order}
    assert client.put("tools/any", json=got).json() == got
