"""Who may ask, and what of it is kept."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from digest.catalogue.keys import listed_keys, revoke_key
from digest.clock import FixedClock
from digest.db import Database
from tests.digest.web.api.busy import held
from tests.stock import NOW


def last_use(database: Database) -> object:
    with database.reading() as session:
        return next(listed_keys(session)).used_at


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_nothing_is_said_without_a_key_not_even_for_reading(stranger: TestClient, method: str) -> None:
    answer = stranger.request(method, "/api/v1/tools")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("shown", ["Basic dXNlcjpwYXNz", "Bearer", "wv_00000000_x"])
def test_what_is_no_bearer_token_counts_as_none(stranger: TestClient, shown: str) -> None:
    answer = stranger.get("/api/v1/tools", headers={"Authorization": shown})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("change", [lambda key: key[:-1], lambda key: key + "x", lambda key: key.swapcase()])
def test_a_wrong_key_is_an_invalid_token(stranger: TestClient, key: str, change: object) -> None:
    assert callable(change)
    answer = stranger.get("/api/v1/tools", headers={"Authorization": f"Bearer {change(key)}"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_revoked_key_opens_nothing_from_then_on(client: TestClient, database: Database) -> None:
    assert client.get("tools").status_code == 200
    with database.writing() as session:
        revoke_key(session, "website", NOW)

    answer = client.get("tools")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_key_in_the_address_is_not_looked_at(stranger: TestClient, key: str) -> None:
    assert stranger.get(f"/api/v1/tools?key={key}&access_token={key}").status_code == 401


def test_the_use_of_a_key_is_noted_once_a_minute(
    client: TestClient, database: Database, clock: FixedClock
) -> None:
    client.get("tools")
    clock.at = NOW + timedelta(seconds=30)
    client.get("tools")
    assert last_use(database) == NOW

    clock.at = NOW + timedelta(seconds=60)
    client.get("tools")
    assert last_use(database) == clock.at


def test_reading_goes_on_while_somebody_writes(
    client: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with held(database):
        answer = client.get("tools")

    assert answer.status_code == 200
    assert "the use of key website was not noted: OperationalError" in caplog.messages
    assert last_use(database) is None


def test_no_log_ever_holds_a_key(client: TestClient, key: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.get("tools")
    client.post("tools", json={"name": ""})
    assert key not in caplog.text


def test_no_other_site_may_ask_through_a_browser_and_no_cookie_is_set(client: TestClient) -> None:
    answer = client.get("tools", headers={"Origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "set-cookie" not in answer.headers
