"""The web application put together, as the server runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.settings import Settings
from jobs.app import web_app
from tests.stock import NOW


@pytest.fixture
def client(database: Database, tmp_path: Path) -> TestClient:
    settings = Settings.model_validate({"database": {"url": f"sqlite:///{tmp_path / 'digest.db'}"}})
    return TestClient(web_app(settings, database, FixedClock(NOW)), follow_redirects=False)


@pytest.mark.parametrize("path", ["/tools", "/issues", "/compare", "/subscribe/", "/tools/x/", "/confirm/x/"])
def test_no_answer_leads_to_a_host_that_the_visitor_named(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})

    assert "evil.example" not in answer.headers.get("location", "") + answer.text
