"""The web application put together, as the server runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from digest.catalogue.keys import create_key
from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from tests.stock import NOW


@pytest.fixture
def client(database: Database, tmp_path: Path) -> TestClient:
    settings = Settings.model_validate({"database": {"url": f"sqlite:///{tmp_path / 'digest.db'}"}})
    return TestClient(web_app(settings, database, FixedClock(NOW)), follow_redirects=False)


def test_the_api_answers_in_json_and_the_pages_in_html(client: TestClient, database: Database) -> None:
    with database.writing() as session:
        key, _ = create_key(session, "website", NOW)
    headers = {"Authorization": f"Bearer {key}"}

    added = client.post("/api/v1/tools", json={"name": "Loupe"}, headers=headers)

    assert (added.status_code, added.headers["location"]) == (201, "/api/v1/tools/loupe")
    assert client.get("/api/v1/tools/loupe", headers=headers).json()["name"] == "Loupe"
    assert client.get("/api/nowhere").headers["content-type"] == "application/problem+json"
    assert client.get("/nowhere").headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>API</h1>" in client.get("/api/docs").text


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json", "/api/v1/tools"])
def test_the_api_carries_the_strict_headers_too(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/tools", "/issues", "/compare", "/subscribe/", "/tools/x/", "/confirm/x/"])
def test_no_answer_leads_to_a_host_that_the_visitor_named(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})

    assert "evil.example" not in answer.headers.get("location", "") + answer.text
