"""The preview's answers, asked as a browser would ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from digest.clock import FixedClock
from digest.db import Database
from digest.preview.app import preview_app
from digest.preview.source import PreviewSource
from digest.settings import Settings
from digest.week import Week
from jobs.sendout import SendOut
from tests.factories import DESK
from tests.stock import NOW, stock_pair


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with database.writing() as session:
        stock_pair(session)
    work = SendOut.of(Settings(), database, FixedClock(NOW))
    week = Week.parse("2026-W47")
    source = PreviewSource(
        database, work.renderer, work.sample_message, FixedClock(NOW), week=week, desk=DESK
    )
    app = preview_app(source, title="A week", own_templates=None, catalogue=None, stop=threading.Event())
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/issue.html",
        "/issue.eml",
        "/view/text",
        "/view/html",
        "/view/nothing",
        "/preview.css",
        "/preview.js",
        "/gone",
    ],
)
def test_every_answer_is_taken_for_what_it_says_it_is(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_frame_and_the_email_in_it_keep_policies_of_their_own(client: TestClient) -> None:
    page, email = (client.get(path).headers["content-security-policy"] for path in ("/", "/issue.html"))

    assert "script-src 'self'" in page
    assert "script-src" not in email
    assert "frame-ancestors 'self'" in email


def test_a_refused_host_is_answered_with_the_same_headers(client: TestClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["x-content-type-options"]) == (400, "nosniff")
