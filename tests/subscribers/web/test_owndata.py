"""Seeing all that is kept, taking it along, and being erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Verdict
from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from digest.votes.store import cast, save
from jobs.app import web_app
from subscribers import store
from subscribers.addresses import address_hashes
from subscribers.rows import SubscriberRow
from subscribers.tokens import Purpose, Tokens
from tests.stock import stock_pair
from tests.subscribers.conftest import KEYS

RowOf = Callable[..., SubscriberRow | None]


@pytest.fixture
def site(database: Database, clock: FixedClock) -> TestClient:
    app = web_app(Settings.model_validate({"web": {"secret_key": KEYS[0]}}), database, clock)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def path(database: Database, clock: FixedClock, add: Callable[..., str], tokens: Tokens) -> str:
    """The preferences of a reader who has voted, saved a tool and asked for another address."""
    reader = add(name="Ann")
    with database.writing() as session:
        stock_pair(session)
        tool_id = session.scalars(select(ToolRow.id).where(ToolRow.slug == "loupe")).one()
        cast(session, reader, tool_id, Verdict.SHIP)
        save(session, reader, tool_id, clock.now())
    return f"/preferences/{tokens.sign(Purpose.PREFERENCES, reader)}"


def test_the_page_shows_all_of_it_with_addresses_masked(site: TestClient, path: str) -> None:
    site.post(path, data={"address": "ask", "email": "new@example.org"})
    page = site.get(f"{path}/data")
    assert page.status_code == 200
    for shown in ("Ann", "r•••@example.com", "n•••@example.org", "ship", "loupe"):
        assert shown in page.text
    for hidden in ("reader@example.com", "new@example.org"):
        assert hidden not in page.text


def test_the_page_speaks_of_days_in_words_and_in_the_readers_language(site: TestClient, path: str) -> None:
    page = site.get(f"{path}/data").text
    assert "<dt>Came</dt>" in page
    assert "+00:00" not in page
    choices = {"choices": "save", "every_weeks": "4", "hour": "7", "zone": "Tokyo", "language": "de"}
    assert site.post(path, data=choices).status_code == 200
    page = site.get(f"{path}/data").text
    assert "Uhrzeiten gelten für Asia/Tokyo." in page
    for said in (
        "<dt>Gekommen</dt>",
        "<bdi>bestätigt</bdi>",
        "<bdi>Jede vierte Woche</bdi>",
        "<bdi>07:00</bdi>",
    ):
        assert said in page
    for stored in ("joined at", "confirmed", "every weeks", "+00:00"):
        assert stored not in page


def test_the_file_holds_all_of_it_in_full(site: TestClient, path: str) -> None:
    site.post(path, data={"address": "ask", "email": "new@example.org"})
    site.post(path, data={"name": "Zoë"})
    answer = site.post(f"{path}/data")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    found = json.loads(answer.content)
    assert found["reader"]["email"] == "reader@example.com"
    assert (found["reader"]["name"], found["reader"]["every_weeks"]) == ("Zoë", 1)
    assert found["votes"] == [{"tool": "loupe", "verdict": "ship"}]
    assert found["saved"][0]["tool"] == "loupe"
    assert found["address_changes"][0]["address"] == "new@example.org"
    assert found["events"][-1]["what"] == "chose"
    assert found["deliveries"] == []


def test_the_file_does_not_tell_whether_a_new_address_is_on_the_list(
    site: TestClient, path: str, add: Callable[..., str]
) -> None:
    add("taken@example.org")
    files = []
    for email in ("taken@example.org", "tree@example.org"):
        site.post(path, data={"address": "ask", "email": email})
        files.append(site.post(f"{path}/data").text.replace(email, ""))
    assert files[0] == files[1]


def test_erasing_takes_two_steps_and_leaves_a_hash_only(
    site: TestClient, path: str, database: Database, row_of: RowOf
) -> None:
    page = site.get(f"{path}/erase")
    assert "r•••@example.com" in page.text
    assert row_of() is not None
    done = site.post(f"{path}/erase")
    assert done.status_code == 200
    assert "You are erased" in done.text
    assert row_of() is None
    assert "if the address can be subscribed, a link comes by mail" in site.get(path).text
    with database.reading() as session:
        hashes = address_hashes(KEYS, "reader@example.com")
        assert [row.reason for row in store.suppressions(session, hashes).values()] == ["erased"]
    for room in ("", "/data", "/erase"):
        assert site.get(f"{path}{room}").status_code == 410
        assert site.post(f"{path}{room}", data={"name": "x"}).status_code == 410


def test_case_25_nothing_of_an_erased_address_is_left_in_the_file(
    site: TestClient, path: str, database: Database
) -> None:
    site.post(path, data={"address": "ask", "email": "elsewhere@example.org"})
    site.post(f"{path}/erase")
    name = database.engine.url.database
    assert name is not None
    kept = b"".join(file.read_bytes() for file in Path(name).parent.glob(f"{Path(name).name}*"))
    assert kept
    assert b"reader@example.com" not in kept
    assert b"elsewhere@example.org" not in kept
