"""The reference as a page."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient
from markupsafe import escape


def test_the_page_lists_every_operation_with_an_example_to_paste(stranger: TestClient) -> None:
    page = stranger.get("/api/docs")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    document = stranger.get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} http://127.0.0.1:8000/api{path}</code>" in page.text
            assert f'<h2 id="{operation["operationId"]}">{escape(operation["summary"])}</h2>' in page.text
    assert page.text.count("Authorization: Bearer $KEY") == 10


def test_the_page_shows_the_keys_of_a_body_and_what_they_hold(stranger: TestClient) -> None:
    page = stranger.get("/api/docs").text

    shown = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert " name string, required slug string or null Left out: made from the name. " in shown
    assert " takes[].score integer 0–100 or null " in shown
    assert " published_on date or null " in shown
    assert " takes[].reviewer Builder, Skeptic, Futurist, Founder, Creator, required " in shown


def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script(stranger: TestClient) -> None:
    page = stranger.get("/api/docs")

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="(?!/|#|data:,)', page.text)
