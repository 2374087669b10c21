"""Headers, bodies and logs, over a real application."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from digest.settings import Settings
from digest.web.pages import Pages
from digest.web.problems import add_problem_pages
from digest.web.security import TOKEN_PATHS, TokenFilter, hide_tokens_in_access_log, protect, without_tokens


def guarded(*, https: bool = False) -> TestClient:
    app = FastAPI()

    @app.get("/{rest:path}")
    def look() -> str:
        return "here"

    @app.post("/{rest:path}")
    async def act(request: Request) -> int:
        return len(await request.body())

    add_problem_pages(app, Pages.of(Settings()))
    protect(app, https=https, most_body_bytes=1_000)
    return TestClient(app, raise_server_exceptions=False)


def test_every_answer_carries_the_strict_headers() -> None:
    headers = guarded().get("/").headers

    policy = headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_https_is_made_to_stay_only_where_it_is_used() -> None:
    assert "strict-transport-security" not in guarded().get("/").headers
    assert guarded(https=True).get("/").headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("room", TOKEN_PATHS)
def test_pages_behind_a_token_are_never_stored(room: str) -> None:
    assert guarded().get(f"/{room}/abc").headers["cache-control"] == "no-store"


def test_answers_to_forms_are_never_stored_and_public_pages_may_be() -> None:
    assert guarded().post("/subscribe").headers["cache-control"] == "no-store"
    assert "cache-control" not in guarded().get("/issues/").headers


def test_a_body_is_read_up_to_the_bound_and_not_beyond() -> None:
    client = guarded()

    assert client.post("/", content=b"x" * 1_000).text == "1000"
    too_large = client.post("/", content=b"x" * 1_001)
    assert too_large.status_code == 413
    assert "larger than this page takes" in too_large.text


def test_a_body_that_does_not_announce_its_length_is_bounded_too() -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 600, b"x" * 600)

    assert guarded().post("/", content=pieces()).status_code == 413


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("/confirm/s3cret", "/confirm/…"),
        ("/unsubscribe/s3cret.x-y?a=s3cret", "/unsubscribe/…"),
        ("/digest/preferences/s3cret/s3cret", "/digest/preferences/…"),
        ("GET /vote/s3cret HTTP/1.1", "GET /vote/… HTTP/1.1"),
        ("/Unsubscribe/s3cret", "/Unsubscribe/…"),
        ("/issues/2026-W47", "/issues/2026-W47"),
    ],
)
def test_tokens_are_taken_out_of_a_line(line: str, logged: str) -> None:
    assert without_tokens(line) == logged


def test_uvicorns_access_log_never_holds_a_token(caplog: pytest.LogCaptureFixture) -> None:
    access = logging.getLogger("uvicorn.access")
    hide_tokens_in_access_log()
    hide_tokens_in_access_log()
    # Uvicorn sets its loggers up when it is configured; the filter has to outlive that.
    uvicorn.Config(FastAPI())
    access.addHandler(caplog.handler)
    try:
        access.info('%s - "%s %s HTTP/%s" %d', "192.0.2.1:5", "GET", "/confirm/s3cret", "1.1", 200)
    finally:
        access.removeHandler(caplog.handler)

    assert sum(isinstance(known, TokenFilter) for known in access.filters) == 1
    assert caplog.messages[-1] == '192.0.2.1:5 - "GET /confirm/… HTTP/1.1" 200'
