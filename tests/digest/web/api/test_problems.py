"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest.errors import DigestError, TransportError
from digest.web.api.problems import add_problem_answers


def failing_with(error: Exception) -> TestClient:
    app = FastAPI()

    @app.get("/")
    def fail() -> None:
        raise error

    add_problem_answers(app, app.routes)
    return TestClient(app, raise_server_exceptions=False)


def test_unknown_paths_are_not_found_as_json_and_need_no_key(stranger: TestClient) -> None:
    for path in ("/api/", "/api/v2/tools", "/api/v1/tools/", "/api/%0A"):
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "nothing is here; GET /api/openapi.json says what is where",
            "errors": [],
        }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "tools", "GET, HEAD, POST"),
        ("OPTIONS", "tools/loupe", "DELETE, GET, HEAD, PUT"),
        ("POST", "tools/loupe/takes/Builder", "DELETE, GET, HEAD, PUT"),
        ("POST", "http://testserver/api/docs", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_for_a_place_is_told_which_are(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("error", [TransportError("hunter2", permanent=True), RuntimeError("hunter2")])
def test_any_other_error_says_nothing_of_its_cause(error: DigestError) -> None:
    answer = failing_with(error).get("/")

    assert answer.status_code == 500
    assert answer.json()["detail"] == "something went wrong; it is our fault, and it is noted"
    assert "hunter2" not in answer.text


def test_problems_are_never_stored_by_a_cache(client: TestClient) -> None:
    assert client.get("tools/lens").headers["cache-control"] == "no-store"
